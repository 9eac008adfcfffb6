//! A mailing as the API and the commands show it, with its mails counted by what became of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{dsl, prelude::*};
use serde::Serialize;
use uuid::Uuid;

use super::{
    counts::{Counts, count_mails},
    preflight::{self, Check},
    recall::{self, Progress},
    row::{self, BlastRow, Stored, ValidApproval},
    state::State,
    stop::PausedBy,
    who::Who,
};
use crate::{
    foreign_text::has_controls,
    mail::{Mailer, Wave},
    outbox::{self, Waiting},
    schema::blasts,
};

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
    /// Whom it is for.
    #[serde(flatten)]
    pub who: Who,
    /// Mails a second.
    pub per_second: Option<f64>,
    /// Not before this time.
    pub send_at: Option<DateTime<Utc>>,
    /// What becomes of its orders' reminders at the start.
    pub remind: Option<bool>,
    /// So many mails go first; none: all of them.
    pub first_wave: u32,
    /// Where it stands.
    pub state: State,
    /// Which mails it sends, from its start on.
    pub wave: Option<Wave>,
    /// Since when its first mails have an outcome, as long as the others wait.
    #[serde(skip)]
    pub wave_over_at: Option<DateTime<Utc>>,
    /// What has paused it, and what to do, as a sentence.
    pub paused_because: Option<String>,
    /// The same in a word.
    #[serde(skip)]
    pub paused_by: Option<PausedBy>,
    /// Who wrote it, or changed it last.
    pub author: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was started.
    pub started_at: Option<DateTime<Utc>>,
    /// Who has approved it as it is.
    pub approval: Option<Approval>,
    /// What its last pre-flight found out.
    pub checks: Vec<Check>,
    /// What became of its mails.
    pub counts: Counts,
    /// How far its recall is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recall: Option<Progress>,
    /// Which mailing it corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Uuid>,
    /// Why its mails wait, if that is not its own doing: all mail waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
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
pub fn list(
    connection: &mut PgConnection,
    before: Option<Uuid>,
    limit: i64,
) -> QueryResult<Vec<Blast>> {
    let mut query = blasts::table
        .select(BlastRow::as_select())
        .order(blasts::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(blasts::id.lt(before));
    }
    let rows: Vec<BlastRow> = query.load(connection)?;
    let stored: QueryResult<Vec<Stored>> = rows.into_iter().map(BlastRow::decode).collect();
    shown(connection, stored?)
}

/// One mailing.
pub fn find(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Blast>> {
    let stored = row::read(connection, id)?;
    Ok(shown(connection, stored.into_iter().collect())?.pop())
}

/// What a mailing is called, and where it stands.
pub fn name_and_state(
    connection: &mut PgConnection,
    id: Uuid,
) -> QueryResult<Option<(String, State)>> {
    blasts::table
        .find(id)
        .select((blasts::name, blasts::state))
        .first(connection)
        .optional()
}

/// These mailings, in no order; one that is not there is not among them.
pub(super) fn these(connection: &mut PgConnection, ids: &[Uuid]) -> QueryResult<Vec<Blast>> {
    let rows: Vec<BlastRow> = blasts::table
        .filter(blasts::id.eq_any(ids))
        .select(BlastRow::as_select())
        .load(connection)?;
    let stored: QueryResult<Vec<Stored>> = rows.into_iter().map(BlastRow::decode).collect();
    shown(connection, stored?)
}

/// One mailing, locked until the transaction ends.
pub fn find_and_lock(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Blast>> {
    let stored = row::lock(connection, id)?;
    Ok(shown(connection, stored.into_iter().collect())?.pop())
}

/// One mailing, with why all mail waits if mails of it are on their way.
pub fn find_with_waiting(
    connection: &mut PgConnection,
    id: Uuid,
    mailer: &Mailer,
    now: DateTime<Utc>,
) -> QueryResult<Option<Blast>> {
    let mut found: Vec<Blast> = find(connection, id)?.into_iter().collect();
    add_waiting(connection, &mut found, mailer, now)?;
    Ok(found.pop())
}

/// Adds why all mail waits to those whose mails are on their way.
pub(super) fn add_waiting(
    connection: &mut PgConnection,
    blasts: &mut [Blast],
    mailer: &Mailer,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let is_on_its_way = |blast: &Blast| blast.state == State::Sending && blast.counts.queued > 0;
    if blasts.iter().any(is_on_its_way) {
        let waiting = outbox::waiting(connection, Some(mailer), now)?;
        let on_their_way = blasts.iter_mut().filter(|blast| is_on_its_way(blast));
        on_their_way.for_each(|blast| blast.waiting.clone_from(&waiting));
    }
    Ok(())
}

/// Whether there is one with this id.
pub fn exists(connection: &mut PgConnection, id: Uuid) -> QueryResult<bool> {
    diesel::select(dsl::exists(blasts::table.find(id))).get_result(connection)
}

/// The mailings that somebody may mean: the one with this id, or those with this name, newest first, since a
/// name may be given twice.
pub fn called(connection: &mut PgConnection, said: &str) -> QueryResult<Vec<Uuid>> {
    let said = said.trim();
    if let Ok(id) = said.parse::<Uuid>() {
        let found = blasts::table.find(id).select(blasts::id);
        return found.load(connection);
    }
    // No name has one, and PostgreSQL takes no NUL.
    if has_controls(said) {
        return Ok(Vec::new());
    }
    blasts::table
        .filter(blasts::name.eq(said))
        .order(blasts::id.desc())
        .select(blasts::id)
        .load(connection)
}

fn shown(connection: &mut PgConnection, stored: Vec<Stored>) -> QueryResult<Vec<Blast>> {
    let ids: Vec<Uuid> = stored.iter().map(|blast| blast.id).collect();
    let counts = count_mails(connection, &ids)?;
    let approvals = row::approvals(connection, &ids)?.into_iter();
    let mut approvals: HashMap<Uuid, ValidApproval> = approvals
        .map(|approval| (approval.blast_id, approval))
        .collect();
    let mut recalls = recall::of(connection, &stored)?;
    let mut checks = preflight::checks(connection, &ids)?;
    let blasts = stored.into_iter().map(|stored| {
        let checks = checks.remove(&stored.id).unwrap_or_default();
        let counts = counts.get(&stored.id).copied().unwrap_or_default();
        let approval = approvals.remove(&stored.id);
        let recall = recalls.remove(&stored.id);
        Blast {
            checks,
            recall,
            ..Blast::new(stored, approval, counts)
        }
    });
    Ok(blasts.collect())
}

impl Blast {
    fn new(stored: Stored, approval: Option<ValidApproval>, counts: Counts) -> Self {
        let (state, wave) = (stored.state.shown(counts.queued), stored.shown_wave());
        let content = stored.content;
        Self {
            id: stored.id,
            name: content.name,
            subject: content.subject,
            body: content.body,
            who: content.who,
            per_second: content.per_second,
            send_at: content.send_at,
            remind: content.remind,
            first_wave: content.first_wave,
            state,
            wave,
            wave_over_at: stored.wave_over_at,
            paused_because: stored.paused.paused_because,
            paused_by: stored.paused.paused_by,
            author: stored.author,
            created_at: stored.created_at,
            started_at: stored.started_at,
            approval: approval.map(|approval| Approval {
                content_hash: approval.content_hash,
                approved_by: approval.approved_by,
                approved_at: approval.approved_at,
            }),
            checks: Vec::new(),
            counts: counts.shown(state),
            recall: None,
            corrects: stored.corrects,
            waiting: None,
        }
    }
}
