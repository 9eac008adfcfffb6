//! The mails of a mailing, counted by what became of them.

use std::collections::HashMap;

use diesel::{dsl::count_star, prelude::*};
use serde::Serialize;
use uuid::Uuid;

use super::state::State;
use crate::{mail, outbox::Kind, reminder::rule::Reason, schema::outbox};

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
    pub waiting: i64,
}

/// Counts the mails of some mailings; one without mails is not among them.
pub(super) fn count_mails(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> QueryResult<HashMap<Uuid, Counts>> {
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
    pub(super) fn shown(self, state: State) -> Self {
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
