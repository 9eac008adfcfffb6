//! When Stripe was last asked how an order stands: the pages that ask are open to everybody who has the
//! link, and some reload themselves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::recent::Recent;

/// What Stripe said is as good as new for so long: a webhook takes as long.
pub const WINDOW: TimeDelta = TimeDelta::seconds(3);
/// So often it is asked again at once, if it does not answer: a payer waits.
const FAILURES: u32 = 3;
/// Orders that are remembered: more than are paid within the window.
const ORDERS: usize = 10_000;

/// The looks of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Looks(Arc<Mutex<Recent<Uuid, Last>>>);

#[derive(Debug, Clone, Copy)]
struct Last {
    at: DateTime<Utc>,
    /// How many in a row were in vain.
    failed: u32,
}

/// Whether to ask Stripe about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Yes; it counts as asked from now on.
    Ask,
    /// It was asked a moment ago, or is being asked.
    JustAsked,
    /// It was asked a moment ago and did not answer.
    NoAnswer,
}

impl Default for Looks {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Recent::new(ORDERS))))
    }
}

impl Looks {
    /// Whether to ask about `order` now. A clock that was put back lets everybody ask.
    pub fn begin(&self, order: Uuid, now: DateTime<Utc>) -> Look {
        let mut looks = self.lock();
        let last = looks.entry(order, || Last {
            at: DateTime::<Utc>::MIN_UTC,
            failed: 0,
        });
        let is_recent = last.at <= now && now - last.at < WINDOW;
        match last.failed {
            0 if is_recent => return Look::JustAsked,
            FAILURES.. if is_recent => return Look::NoAnswer,
            _ => {}
        }
        last.at = now;
        Look::Ask
    }

    /// What became of it.
    pub fn end(&self, order: Uuid, now: DateTime<Utc>, answered: bool) {
        let mut looks = self.lock();
        let last = looks.entry(order, || Last { at: now, failed: 0 });
        last.failed = match answered {
            true => 0,
            false => last.failed.saturating_add(1),
        };
    }

    fn lock(&self) -> MutexGuard<'_, Recent<Uuid, Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::milliseconds(milliseconds)
    }

    #[test]
    fn stripe_is_asked_once_within_the_window_by_whoever_comes() {
        let (looks, order) = (Looks::default(), Uuid::nil());
        assert_eq!(looks.begin(order, at(0)), Look::Ask);
        assert_eq!(
            looks.begin(order, at(0)),
            Look::JustAsked,
            "while it is asked"
        );
        looks.end(order, at(100), true);
        for _ in 0..600 {
            assert_eq!(looks.begin(order, at(2_999)), Look::JustAsked);
        }
        assert_eq!(
            looks.begin(Uuid::max(), at(2_999)),
            Look::Ask,
            "another order"
        );
        assert_eq!(looks.begin(order, at(3_000)), Look::Ask);
    }

    #[test]
    fn an_answer_that_did_not_come_is_asked_for_again_but_not_without_end() {
        let (looks, order) = (Looks::default(), Uuid::nil());
        for _ in 0..3 {
            assert_eq!(looks.begin(order, at(0)), Look::Ask);
            looks.end(order, at(0), false);
        }
        assert_eq!(looks.begin(order, at(2_000)), Look::NoAnswer);
        assert_eq!(looks.begin(order, at(3_000)), Look::Ask);
        assert_eq!(looks.begin(order, at(3_000)), Look::NoAnswer);
        looks.end(order, at(3_000), true);
        assert_eq!(looks.begin(order, at(3_000)), Look::JustAsked);
    }

    #[test]
    fn a_clock_that_was_put_back_keeps_nobody_waiting() {
        let (looks, order) = (Looks::default(), Uuid::nil());
        assert_eq!(looks.begin(order, at(3_600_000)), Look::Ask);
        looks.end(order, at(3_600_000), true);
        assert_eq!(looks.begin(order, at(0)), Look::Ask);
    }
}
