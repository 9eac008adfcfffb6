//! A mailing as the API and the commands show it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use super::{
    counts::{self, Counts},
    row::{self, Row, Stored, ValidApproval},
    selection::Selection,
    state::State,
};
use crate::schema::blasts;

/// The JSON of a mailing.
#[derive(Debug, Clone, Serialize)]
pub struct Blast {
    /// Ours, for ever.
    pub id: Uuid,
    /// What the shop calls it.
    pub name: String,
    /// The subject's template.
    pub subject: String,
    /// The body's template.
    pub body: String,
    /// Which orders it is about.
    #[serde(flatten)]
    pub selection: Selection,
    /// Mails a second.
    pub per_second: Option<f64>,
    /// Not before this time.
    pub send_at: Option<DateTime<Utc>>,
    /// What becomes of its orders' reminders at the start.
    pub remind: Option<bool>,
    /// Where it stands.
    pub state: State,
    /// Who wrote it, or changed it last.
    pub author: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was started.
    pub started_at: Option<DateTime<Utc>>,
    /// Who has approved it as it is.
    pub approval: Option<Approval>,
    /// What became of its mails.
    pub counts: Counts,
}

/// Who approved what.
#[derive(Debug, Clone, Serialize)]
pub struct Approval {
    /// The hash of words, recipients and amounts.
    pub content_hash: String,
    /// `api:NAME`, or `command line`.
    pub approved_by: String,
    /// When.
    pub approved_at: DateTime<Utc>,
}

/// A page of mailings, newest first; `before` is where the page before ended.
///
/// # Errors
/// What PostgreSQL says.
pub fn list(
    connection: &mut PgConnection,
    before: Option<Uuid>,
    limit: i64,
) -> QueryResult<Vec<Blast>> {
    let mut query = blasts::table
        .select(Row::as_select())
        .order(blasts::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(blasts::id.lt(before));
    }
    let rows: Vec<Row> = query.load(connection)?;
    let stored: QueryResult<Vec<Stored>> = rows.into_iter().map(Row::decode).collect();
    shown(connection, stored?)
}

/// One mailing.
///
/// # Errors
/// What PostgreSQL says.
pub fn find(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Blast>> {
    let stored = row::read(connection, id)?;
    Ok(shown(connection, stored.into_iter().collect())?.pop())
}

/// The mailings with this name, newest first: a name may be given twice.
///
/// # Errors
/// What PostgreSQL says.
pub fn named(connection: &mut PgConnection, name: &str) -> QueryResult<Vec<Uuid>> {
    blasts::table
        .filter(blasts::name.eq(name))
        .order(blasts::id.desc())
        .select(blasts::id)
        .load(connection)
}

fn shown(connection: &mut PgConnection, stored: Vec<Stored>) -> QueryResult<Vec<Blast>> {
    let ids: Vec<Uuid> = stored.iter().map(|blast| blast.id).collect();
    let counts = counts::of(connection, &ids)?;
    let approvals = row::approvals(connection, &ids)?.into_iter();
    let mut approvals: HashMap<Uuid, ValidApproval> = approvals
        .map(|approval| (approval.blast_id, approval))
        .collect();
    let blasts = stored.into_iter().map(|stored| {
        let counts = counts.get(&stored.id).copied().unwrap_or_default();
        let approval = approvals.remove(&stored.id);
        Blast::of(stored, approval, counts)
    });
    Ok(blasts.collect())
}

impl Blast {
    fn of(stored: Stored, approval: Option<ValidApproval>, counts: Counts) -> Self {
        let content = stored.content;
        let state = stored.state.shown(counts.queued);
        Self {
            id: stored.id,
            name: content.name,
            subject: content.subject,
            body: content.body,
            selection: content.selection,
            per_second: content.per_second,
            send_at: content.send_at,
            remind: content.remind,
            state,
            author: stored.author,
            created_at: stored.created_at,
            started_at: stored.started_at,
            approval: approval.map(|approval| Approval {
                content_hash: approval.content_hash,
                approved_by: approval.approved_by,
                approved_at: approval.approved_at,
            }),
            counts: counts.shown(state),
        }
    }
}
