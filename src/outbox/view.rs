//! The outbox as people see it, and what they can do: send one again, or drop it.

use chrono::{DateTime, Utc};
use diesel::{Connection, prelude::*};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::Kind;
use crate::{
    activity::Doing,
    activity::{self, Level},
    reminder::{self, rule::Reason},
    schema::{blasts, outbox, outbox_orders},
};

/// The states of a mail.
pub const STATES: [&str; 8] = [
    "queued",
    "sending",
    "sent",
    "unknown",
    "bounced",
    "failed",
    "cancelled",
    "suppressed",
];
/// In which of them a person may send it again or drop it.
const OPEN_TO_PEOPLE: [&str; 4] = ["queued", "failed", "bounced", "unknown"];

/// A mail as the API shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Mail {
    /// Ours, for ever.
    pub id: Uuid,
    /// `blast`, `link`, `reminder`, `test` or `alert`.
    pub kind: String,
    /// The first order that it is about.
    pub order_id: Option<Uuid>,
    /// The mailing that it belongs to.
    pub blast_id: Option<Uuid>,
    /// Whom it goes to, until that is erased.
    pub to: Option<String>,
    /// A reminder has none before it is due.
    pub subject: Option<String>,
    /// One of [`STATES`].
    pub state: String,
    /// Why it was cancelled: a word of the reminders'.
    pub reason: Option<String>,
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
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
struct Row {
    id: Uuid,
    kind: String,
    blast_id: Option<Uuid>,
    address: Option<String>,
    subject: Option<String>,
    state: String,
    skip_reason: Option<String>,
    attempts: i32,
    last_error: Option<String>,
    message_id: String,
    created_at: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
    sent_at: Option<DateTime<Utc>>,
}

/// What is looked for in a list.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    /// A state by its name.
    pub state: Option<String>,
    /// A kind by its name.
    pub kind: Option<String>,
    /// About one order.
    pub order: Option<Uuid>,
    /// Of one mailing.
    pub blast: Option<Uuid>,
    /// Only those before this id: where the page before ended.
    pub before: Option<Uuid>,
}

/// A page of mails, newest first.
///
/// # Errors
/// What PostgreSQL says.
pub fn list(connection: &mut PgConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<Mail>> {
    let mut query = outbox::table
        .select(Row::as_select())
        .order(outbox::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(state) = &filter.state {
        query = query.filter(outbox::state.eq(state));
    }
    if let Some(kind) = &filter.kind {
        query = query.filter(outbox::kind.eq(kind));
    }
    if let Some(blast) = filter.blast {
        query = query.filter(outbox::blast_id.eq(blast));
    }
    if let Some(order) = filter.order {
        let about = outbox_orders::table
            .filter(outbox_orders::order_id.eq(order))
            .select(outbox_orders::mail_id);
        query = query.filter(outbox::id.eq_any(about));
    }
    if let Some(before) = filter.before {
        query = query.filter(outbox::id.lt(before));
    }
    let rows = query.load(connection)?;
    with_orders(connection, rows)
}

/// One mail.
///
/// # Errors
/// What PostgreSQL says.
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
///
/// # Errors
/// What PostgreSQL says.
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

/// What became of a person's wish.
#[derive(Debug, Clone)]
pub enum Asked {
    /// It was done.
    Done(Box<Mail>),
    /// The mail is not in a state for it.
    NotNow(String),
    /// There is no such mail.
    NoMail,
}

/// Sends a mail now: one that waits, failed or came back, and one of which nobody knows, since a
/// person said so. Its old claim is void from here on. Every gate is asked again when it is claimed.
///
/// # Errors
/// What PostgreSQL says.
pub fn retry(connection: &mut PgConnection, id: Uuid, doing: &Doing) -> QueryResult<Asked> {
    if of_a_cancelled_mailing(connection, id)? {
        return Ok(Asked::NotNow(
            "its mailing is cancelled; send the order's link instead".to_owned(),
        ));
    }
    decide(
        connection,
        id,
        doing,
        "mail to be sent again",
        |connection| {
            diesel::sql_query(
            "UPDATE outbox SET state = 'queued', attempts = 0, claim_id = NULL, due_at = NULL, last_error = NULL, \
                 queued_at = clock_timestamp(), not_before = clock_timestamp() WHERE id = $1",
        )
        .bind::<diesel::sql_types::Uuid, _>(id)
        .execute(connection)?;
            diesel::sql_query("SELECT pg_notify($1, '')")
                .bind::<diesel::sql_types::Text, _>(super::CHANNEL)
                .execute(connection)
                .map(drop)
        },
    )
}

fn of_a_cancelled_mailing(connection: &mut PgConnection, id: Uuid) -> QueryResult<bool> {
    let cancelled = outbox::table
        .inner_join(blasts::table)
        .filter(outbox::id.eq(id).and(outbox::kind.eq(Kind::Blast.name())))
        .filter(blasts::state.eq_any(["cancelled", "recalled"]));
    diesel::select(diesel::dsl::exists(cancelled)).get_result(connection)
}

/// Drops a mail that has not been sent: it is cancelled.
///
/// # Errors
/// What PostgreSQL says.
pub fn give_up(connection: &mut PgConnection, id: Uuid, doing: &Doing) -> QueryResult<Asked> {
    decide(connection, id, doing, "mail dropped", |connection| {
        diesel::update(outbox::table.find(id))
            .set((
                outbox::state.eq("cancelled"),
                outbox::claim_id.eq(None::<Uuid>),
            ))
            .execute(connection)?;
        Ok(())
    })
}

fn decide(
    connection: &mut PgConnection,
    id: Uuid,
    doing: &Doing,
    what: &str,
    change: impl Fn(&mut PgConnection) -> QueryResult<()>,
) -> QueryResult<Asked> {
    connection.transaction(|connection| {
        let found: Option<(String, String, bool)> = outbox::table
            .find(id)
            .select((outbox::state, outbox::kind, outbox::handed_over))
            .for_update()
            .first(connection)
            .optional()?;
        let Some((state, kind, handed_over)) = found else {
            return Ok(Asked::NoMail);
        };
        if !OPEN_TO_PEOPLE.contains(&state.as_str()) {
            return Ok(Asked::NotNow(format!(
                "the mail is {state}; only one that is queued, failed, bounced or unknown can be sent again or dropped"
            )));
        }
        change(connection)?;
        let Some(mail) = find(connection, id)? else {
            return Ok(Asked::NoMail);
        };
        // Of a reminder that came back, or that a server may have, the decision stays: it was the one.
        let was_the_one = handed_over || state == "bounced";
        if kind == Kind::Reminder.name() && mail.state == "cancelled" && !was_the_one {
            reminder::skipped_after_all(connection, id, Reason::ReminderDisabled)?;
        }
        let line = activity::Line {
            at: doing.at,
            order_id: mail.order_id,
            category: activity::Category::Mail,
            level: Level::Info,
            actor: doing.actor.clone(),
            what: format!("{what}: {kind}"),
            detail: json!({ "mail": id, "was": state, "note": doing.note }),
        };
        activity::record(connection, line)?;
        Ok(Asked::Done(Box::new(mail)))
    })
}
