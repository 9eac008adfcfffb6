//! Mailings as rows: what cannot be is an error here, not a surprise later.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, result::Error as QueryError};
use serde_json::Value;
use uuid::Uuid;

use super::{draft::Content, state::State, who::Who};
use crate::schema::{blast_approvals, blast_recipients, blasts};

/// A mailing as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub id: Uuid,
    pub content: Content,
    pub state: State,
    pub author: String,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
}

/// An approval that is valid.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = blast_approvals)]
pub struct ValidApproval {
    pub id: i64,
    pub blast_id: Uuid,
    pub content_hash: String,
    pub approved_by: String,
    pub approved_at: DateTime<Utc>,
}

/// A row of `blasts`.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = blasts)]
pub struct BlastRow {
    id: Uuid,
    name: String,
    subject: String,
    body: String,
    selection: Value,
    per_second: Option<f64>,
    send_at: Option<DateTime<Utc>>,
    remind: Option<bool>,
    state: State,
    author: String,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
}

impl BlastRow {
    pub fn decode(self) -> QueryResult<Stored> {
        let who: Who = serde_json::from_value(self.selection).map_err(|error| {
            QueryError::DeserializationError(format!("blasts.selection: {error}").into())
        })?;
        Ok(Stored {
            id: self.id,
            content: Content {
                name: self.name,
                subject: self.subject,
                body: self.body,
                who,
                per_second: self.per_second,
                send_at: self.send_at,
                remind: self.remind,
            },
            state: self.state,
            author: self.author,
            created_at: self.created_at,
            started_at: self.started_at,
        })
    }
}

/// The columns that somebody writes.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = blasts, treat_none_as_null = true)]
pub struct BlastColumns<'a> {
    name: &'a str,
    subject: &'a str,
    body: &'a str,
    selection: Value,
    per_second: Option<f64>,
    send_at: Option<DateTime<Utc>>,
    remind: Option<bool>,
    author: &'a str,
}

impl<'a> BlastColumns<'a> {
    pub fn new(content: &'a Content, author: &'a str) -> QueryResult<Self> {
        let selection = serde_json::to_value(&content.who)
            .map_err(|error| QueryError::SerializationError(error.into()))?;
        Ok(Self {
            name: &content.name,
            subject: &content.subject,
            body: &content.body,
            selection,
            per_second: content.per_second,
            send_at: content.send_at,
            remind: content.remind,
            author,
        })
    }
}

pub fn read(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Stored>> {
    let row = blasts::table.find(id).select(BlastRow::as_select());
    row.first(connection)
        .optional()?
        .map(BlastRow::decode)
        .transpose()
}

/// Locks a mailing until the transaction ends: two who act on it take turns, so that it is started once
/// and an approval is never given for what somebody changes at the same moment. It is the first row that
/// is locked; the orders and mails of it follow, so that no two wait for each other.
pub fn lock(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Stored>> {
    let row = blasts::table
        .find(id)
        .select(BlastRow::as_select())
        .for_update();
    row.first(connection)
        .optional()?
        .map(BlastRow::decode)
        .transpose()
}

pub fn set_state(connection: &mut PgConnection, id: Uuid, state: State) -> QueryResult<()> {
    diesel::update(blasts::table.find(id))
        .set(blasts::state.eq(state))
        .execute(connection)
        .map(drop)
}

pub fn approvals(connection: &mut PgConnection, ids: &[Uuid]) -> QueryResult<Vec<ValidApproval>> {
    blast_approvals::table
        .filter(blast_approvals::blast_id.eq_any(ids))
        .filter(blast_approvals::voided_at.is_null())
        .select(ValidApproval::as_select())
        .load(connection)
}

/// Voids the approval, if there is one: it has no recipients any more.
pub fn void(connection: &mut PgConnection, id: Uuid, at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(blast_approvals::table)
        .filter(blast_approvals::blast_id.eq(id))
        .filter(blast_approvals::voided_at.is_null())
        .set(blast_approvals::voided_at.eq(at))
        .execute(connection)?;
    diesel::delete(blast_recipients::table.filter(blast_recipients::blast_id.eq(id)))
        .execute(connection)
        .map(drop)
}
