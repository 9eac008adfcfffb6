//! How far a mailing is: its mails, counted by what became of them.

use std::collections::HashMap;

use diesel::{dsl::count_star, prelude::*};
use serde::Serialize;
use uuid::Uuid;

use super::state::State;
use crate::{outbox::Kind, reminder::rule::Reason, schema::outbox};

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

/// Counts the mails of some mailings; one without mails is not among them.
pub fn of(connection: &mut PgConnection, ids: &[Uuid]) -> QueryResult<HashMap<Uuid, Counts>> {
    let rows: Vec<(Option<Uuid>, String, Option<String>, i64)> = outbox::table
        .filter(outbox::blast_id.eq_any(ids))
        .filter(outbox::kind.eq(Kind::Blast.name()))
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
            counts
                .entry(id)
                .or_default()
                .add(&state, reason.as_deref(), mails);
        }
    }
    Ok(counts)
}

impl Counts {
    fn add(&mut self, state: &str, reason: Option<&str>, mails: i64) {
        self.total += mails;
        if state == "queued" {
            self.waiting += mails;
        }
        *match state {
            "queued" | "sending" => &mut self.queued,
            "sent" => &mut self.sent,
            "bounced" => &mut self.bounced,
            "suppressed" => &mut self.suppressed,
            "unknown" => &mut self.unknown,
            "cancelled" if reason.is_some_and(is_paid) => &mut self.skipped_paid,
            "cancelled" => &mut self.cancelled,
            _ => &mut self.failed,
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

fn is_paid(reason: &str) -> bool {
    [Reason::Paid, Reason::Processing, Reason::SettledOffline]
        .iter()
        .any(|paid| paid.name() == reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mail_is_counted_once() {
        let mut counts = Counts::default();
        for state in crate::outbox::State::ALL.map(crate::outbox::State::name) {
            counts.add(state, None, 1);
        }
        for reason in [
            "paid",
            "processing",
            "settled_offline",
            "cancelled",
            "no_email",
        ] {
            counts.add("cancelled", Some(reason), 10);
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
