//! Mailings as rows: what cannot be is an error here, not a surprise later.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, result::Error as QueryError};
use serde_json::Value;
use uuid::Uuid;

use super::{draft::Content, state::State, stop::PausedBy, two::Hand, who::Who};
use crate::mail::Wave;
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
    /// Which mails it sends; nothing before its start.
    pub wave: Option<Wave>,
    /// Since when its first mails have an outcome, as long as the others wait.
    pub wave_over_at: Option<DateTime<Utc>>,
    pub paused: Paused,
    pub known: Known,
    /// Who wrote it: a token, a person or a system user.
    pub author_key: Option<String>,
    pub recalled: Recalled,
    /// Which mailing it corrects.
    pub corrects: Option<Uuid>,
}

/// Why a mailing is paused.
#[derive(Debug, Clone, PartialEq, Eq, Default, Queryable, Selectable)]
#[diesel(table_name = blasts)]
pub struct Paused {
    pub paused_by: Option<PausedBy>,
    pub paused_because: Option<String>,
}

/// What a person knew of when they let a mailing go on that had stopped itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Queryable, Selectable)]
#[diesel(table_name = blasts)]
pub struct Known {
    #[diesel(column_name = known_bounces)]
    pub bounces: i64,
    #[diesel(column_name = known_handed_over)]
    pub handed_over: i64,
    #[diesel(column_name = known_until)]
    pub until: Option<DateTime<Utc>>,
}

/// What payers read of a mailing that was recalled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Queryable, Selectable)]
#[diesel(table_name = blasts)]
pub struct Recalled {
    pub recall_note: Option<String>,
    pub recalled_at: Option<DateTime<Utc>>,
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
    pub approver_key: Option<String>,
}

impl ValidApproval {
    /// Who gave it. An older version wrote the name alone.
    pub fn approver(&self) -> Hand {
        let key = self.approver_key.as_deref().unwrap_or(&self.approved_by);
        Hand::kept(key, &self.approved_by)
    }
}

impl Stored {
    /// Who wrote it, as it is compared. An older version wrote the name alone.
    pub fn author(&self) -> Hand {
        Hand::kept(
            self.author_key.as_deref().unwrap_or(&self.author),
            &self.author,
        )
    }

    /// Which mails it sends, from its start on. An older version starts without a wave.
    pub fn shown_wave(&self) -> Option<Wave> {
        self.wave.or(self.started_at.map(|_| Wave::Rest))
    }
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
    first_wave: i32,
    wave: Option<Wave>,
    wave_over_at: Option<DateTime<Utc>>,
    author_key: Option<String>,
    corrects: Option<Uuid>,
    #[diesel(embed)]
    paused: Paused,
    #[diesel(embed)]
    known: Known,
    #[diesel(embed)]
    recalled: Recalled,
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
                first_wave: u32::try_from(self.first_wave).unwrap_or(0),
            },
            wave: self.wave,
            wave_over_at: self.wave_over_at,
            paused: self.paused,
            known: self.known,
            author_key: self.author_key,
            recalled: self.recalled,
            corrects: self.corrects,
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
    first_wave: i32,
    author: &'a str,
    author_key: &'a str,
}

impl<'a> BlastColumns<'a> {
    pub fn new(content: &'a Content, author: &'a Hand) -> QueryResult<Self> {
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
            first_wave: i32::try_from(content.first_wave).unwrap_or(i32::MAX),
            author: &author.shown,
            author_key: &author.key,
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

/// The same, unless somebody has it locked.
pub fn lock_unless_taken(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Stored>> {
    let row = blasts::table
        .find(id)
        .select(BlastRow::as_select())
        .for_update()
        .skip_locked();
    row.first(connection)
        .optional()?
        .map(BlastRow::decode)
        .transpose()
}

/// Writes down why a mailing is paused from now on.
pub fn set_paused(
    connection: &mut PgConnection,
    id: Uuid,
    why: PausedBy,
    because: &str,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(blasts::table.find(id))
        .set((
            blasts::paused_by.eq(why),
            blasts::paused_because.eq(because),
            blasts::paused_at.eq(at),
        ))
        .execute(connection)
        .map(drop)
}

/// It is not paused any more, or for good.
pub fn set_not_paused(connection: &mut PgConnection, id: Uuid) -> QueryResult<()> {
    diesel::update(blasts::table.find(id))
        .set((
            blasts::paused_by.eq(None::<PausedBy>),
            blasts::paused_because.eq(None::<String>),
            blasts::paused_at.eq(None::<DateTime<Utc>>),
            blasts::wave_over_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(connection)
        .map(drop)
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
