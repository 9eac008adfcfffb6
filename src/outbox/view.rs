//! The outbox as people see it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use super::{Kind, State};
use crate::{
    db::{Counts, count_each, for_its_values},
    reminder::rule::Reason,
    schema::{outbox, outbox_orders},
};

/// A mail as the API shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Mail {
    /// Ours, for ever.
    pub id: Uuid,
    /// The name of a [`Kind`], or of one that only a newer version knows.
    pub kind: String,
    /// The first order that it is about.
    pub order_id: Option<Uuid>,
    /// The mailing that it belongs to.
    pub blast_id: Option<Uuid>,
    /// Whom it goes to, until that is erased.
    pub to: Option<String>,
    /// A reminder has none before it is due.
    pub subject: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Why it was cancelled.
    pub reason: Option<Reason>,
    /// How often it was tried.
    pub attempts: i32,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// `<…@…>`
    pub message_id: String,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When it is due, if not at once.
    pub due_at: Option<DateTime<Utc>>,
    /// When the mail server took it.
    pub sent_at: Option<DateTime<Utc>>,
    /// Nobody knows whether they have it, and somebody let it be.
    #[serde(skip)]
    pub was_let_be: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
struct Row {
    id: Uuid,
    kind: String,
    blast_id: Option<Uuid>,
    address: Option<String>,
    subject: Option<String>,
    state: State,
    skip_reason: Option<Reason>,
    attempts: i32,
    last_error: Option<String>,
    message_id: String,
    created_at: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
    sent_at: Option<DateTime<Utc>>,
    handed_over: bool,
}

/// What is looked for in a list.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    /// In this state.
    pub state: Option<State>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// About one order.
    pub order: Option<Uuid>,
    /// Of one mailing.
    pub blast: Option<Uuid>,
    /// Only those before this id: where the page before ended.
    pub before: Option<Uuid>,
}

/// A page of mails, newest first.
pub fn list(connection: &mut PgConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<Mail>> {
    let mut query = outbox::table
        .select(Row::as_select())
        .order(outbox::id.desc())
        .limit(limit)
        .filter(for_its_values())
        .into_boxed();
    if let Some(state) = filter.state {
        query = query.filter(outbox::state.eq(state));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(outbox::kind.eq(kind));
    }
    if let Some(blast) = filter.blast {
        query = query.filter(outbox::blast_id.eq(blast));
    }
    if let Some(order) = filter.order {
        // Looked up first: they are few, and in a join PostgreSQL may read the newest mails until it has
        // passed over all of them.
        let about: Vec<Uuid> = outbox_orders::table
            .filter(outbox_orders::order_id.eq(order))
            .select(outbox_orders::mail_id)
            .load(connection)?;
        query = query.filter(outbox::id.eq_any(about));
    }
    if let Some(before) = filter.before {
        query = query.filter(outbox::id.lt(before));
    }
    let rows = query.load(connection)?;
    with_orders(connection, rows)
}

/// How many mails stand in each state; of each, `most` are counted at most.
pub fn counts(connection: &mut PgConnection, most: i64) -> QueryResult<Counts<State>> {
    count_each(connection, ("outbox", "state"), &State::ALL, most)
}

/// One mail.
pub fn find(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Mail>> {
    let row = outbox::table
        .find(id)
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    Ok(with_orders(connection, row.into_iter().collect())?.pop())
}

/// What a mail says, for whoever has to look at it.
#[derive(Debug, Clone, Serialize)]
pub struct Whole {
    /// Its row.
    #[serde(flatten)]
    pub mail: Mail,
    /// A reminder has none before it is due.
    pub body: Option<String>,
}

/// One mail with what it says.
pub fn read(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Whole>> {
    let Some(mail) = find(connection, id)? else {
        return Ok(None);
    };
    let body = outbox::table.find(id).select(outbox::body);
    Ok(Some(Whole {
        mail,
        body: body.first(connection)?,
    }))
}

fn with_orders(connection: &mut PgConnection, rows: Vec<Row>) -> QueryResult<Vec<Mail>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let about: Vec<(Uuid, Uuid)> = outbox_orders::table
        .filter(outbox_orders::mail_id.eq_any(ids))
        .order((outbox_orders::mail_id, outbox_orders::order_id))
        .select((outbox_orders::mail_id, outbox_orders::order_id))
        .load(connection)?;
    let order_of = |mail| about.iter().find(|(id, _)| *id == mail);
    let mails = rows.into_iter().map(|row| Mail {
        order_id: order_of(row.id).map(|(_, order)| *order),
        was_let_be: row.state.was_let_be(row.handed_over, row.sent_at.is_some()),
        id: row.id,
        kind: row.kind,
        blast_id: row.blast_id,
        to: row.address,
        subject: row.subject,
        state: row.state,
        reason: row.skip_reason,
        attempts: row.attempts,
        last_error: row.last_error,
        message_id: row.message_id,
        created_at: row.created_at,
        due_at: row.due_at,
        sent_at: row.sent_at,
    });
    Ok(mails.collect())
}
