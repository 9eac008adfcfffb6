//! A mailing as the API and the commands show it, with its mails counted by what became of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{dsl::count_star, prelude::*};
use serde::Serialize;
use uuid::Uuid;

use super::{
    preflight::{self, Check},
    recall::{self, Progress},
    row::{self, BlastRow, Stored, ValidApproval},
    state::State,
    who::Who,
};
use crate::{
    mail::{self, Mailer, Wave},
    outbox::{self as mails, Kind, Waiting},
    reminder::rule::Reason,
    schema::{blasts, outbox},
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
    /// What has paused it, and what to do, as a sentence.
    pub paused_because: Option<String>,
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

/// The mails of a mailing. All but `total` add up to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Every mail, from the start on.
    pub total: i64,
    /// Still to go, or in hand.
    pub queued: i64,
    /// Taken by the mail server.
    pub sent: i64,
    /// Given up: too many tries, or the order was changed after the approval.
    pub failed: i64,
    /// Refused by the recipient's server.
    pub bounced: i64,
    /// To addresses that are not written to.
    pub suppressed: i64,
    /// Nobody can know whether they were sent.
    pub unknown: i64,
    /// Not sent since the order was paid, settled or on its way.
    pub skipped_paid: i64,
    /// Not sent for another reason.
    pub cancelled: i64,
    /// Those of `queued` that are not in hand.
    #[serde(skip)]
    waiting: i64,
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

/// One mailing, with why all mail waits if mails of it are on their way.
pub fn find_with_waiting(
    connection: &mut PgConnection,
    id: Uuid,
    mailer: &Mailer,
    now: DateTime<Utc>,
) -> QueryResult<Option<Blast>> {
    let Some(mut blast) = find(connection, id)? else {
        return Ok(None);
    };
    if blast.state == State::Sending && blast.counts.queued > 0 {
        blast.waiting = mails::waiting(connection, Some(mailer), now)?;
    }
    Ok(Some(blast))
}

/// The mailings with this name, newest first: a name may be given twice.
pub fn named(connection: &mut PgConnection, name: &str) -> QueryResult<Vec<Uuid>> {
    blasts::table
        .filter(blasts::name.eq(name))
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
        let content = stored.content;
        let state = stored.state.shown(counts.queued);
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
            // An older version starts without.
            wave: stored.wave.or(stored.started_at.map(|_| Wave::Rest)),
            paused_because: stored.paused.paused_because,
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

/// Counts the mails of some mailings; one without mails is not among them.
fn count_mails(connection: &mut PgConnection, ids: &[Uuid]) -> QueryResult<HashMap<Uuid, Counts>> {
    let rows: Vec<(Option<Uuid>, mail::State, Option<Reason>, i64)> = outbox::table
        .filter(outbox::blast_id.eq_any(ids))
        .filter(outbox::kind.eq(Kind::Blast))
        .group_by((outbox::blast_id, outbox::state, outbox::skip_reason))
        .select((
            outbox::blast_id,
            outbox::state,
            outbox::skip_reason,
            count_star(),
        ))
        .load(connection)?;
    let mut counts: HashMap<Uuid, Counts> = HashMap::new();
    for (id, state, reason, mails) in rows {
        if let Some(id) = id {
            counts.entry(id).or_default().add(state, reason, mails);
        }
    }
    Ok(counts)
}

impl Counts {
    fn add(&mut self, state: mail::State, reason: Option<Reason>, mails: i64) {
        use mail::State as Mail;
        self.total += mails;
        if state == Mail::Queued {
            self.waiting += mails;
        }
        *match state {
            Mail::Queued | Mail::Sending => &mut self.queued,
            Mail::Sent => &mut self.sent,
            Mail::Bounced => &mut self.bounced,
            Mail::Suppressed => &mut self.suppressed,
            Mail::Unknown => &mut self.unknown,
            Mail::Cancelled if reason.is_some_and(is_paid) => &mut self.skipped_paid,
            Mail::Cancelled => &mut self.cancelled,
            Mail::Failed => &mut self.failed,
        } += mails;
    }

    /// As people see them. One that came back to the queue after the mailing was cancelled, since the
    /// server had asked to try later, stays there and is never sent.
    fn shown(self, state: State) -> Self {
        match state {
            State::Cancelled | State::Recalled => Self {
                queued: self.queued - self.waiting,
                cancelled: self.cancelled + self.waiting,
                waiting: 0,
                ..self
            },
            State::Draft | State::Approved | State::Sending | State::Paused | State::Done => self,
        }
    }
}

fn is_paid(reason: Reason) -> bool {
    [Reason::Paid, Reason::Processing, Reason::SettledOffline].contains(&reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mail_is_counted_once() {
        let mut counts = Counts::default();
        for state in mail::State::ALL {
            counts.add(state, None, 1);
        }
        for reason in [
            Reason::Paid,
            Reason::Processing,
            Reason::SettledOffline,
            Reason::Cancelled,
            Reason::NoEmail,
        ] {
            counts.add(mail::State::Cancelled, Some(reason), 10);
        }
        let expected = Counts {
            total: 58,
            queued: 2,
            sent: 1,
            failed: 1,
            bounced: 1,
            suppressed: 1,
            unknown: 1,
            skipped_paid: 30,
            cancelled: 21,
            waiting: 1,
        };
        assert_eq!(counts, expected);
    }

    #[test]
    fn what_waits_in_a_cancelled_mailing_is_cancelled() {
        let counts = Counts {
            total: 4,
            queued: 3,
            waiting: 2,
            sent: 1,
            ..Counts::default()
        };
        let shown = counts.shown(State::Cancelled);
        assert_eq!(
            (shown.queued, shown.cancelled, shown.sent),
            (1, 2, 1),
            "one is in hand"
        );
        assert_eq!(counts.shown(State::Paused), counts);
    }
}
