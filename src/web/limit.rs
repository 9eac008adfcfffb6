//! How often one caller may be wrong, and how often the log says so.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{caller_address::Caller, recent::Recent};

/// Callers of one limit that are remembered, some 50 bytes each.
const CALLERS: usize = 10_000;
/// One line of the log in so long.
const LINE: TimeDelta = TimeDelta::minutes(1);

/// So many at once, and then one in a while, for each caller: a bucket of tokens that fills up again. It
/// is kept as the moment at which it is full.
#[derive(Debug)]
pub struct Limit {
    /// One comes back in so long.
    every: TimeDelta,
    /// All of them come back in so long.
    all: TimeDelta,
    full_at: Mutex<Recent<Caller, DateTime<Utc>>>,
}

/// It is one too many; after so many seconds another may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// At least one.
    pub retry_after_seconds: u32,
}

impl Limit {
    /// `at_once` for each caller, and another one `every` so often.
    pub fn new(at_once: i32, every: TimeDelta) -> Self {
        Self {
            every,
            all: every * at_once,
            full_at: Mutex::new(Recent::new(CALLERS)),
        }
    }

    /// Counts one of this caller. Whoever cannot be told apart is not counted. One that is too many is not
    /// counted either, so that whoever goes on gets through as often as the limit says.
    ///
    /// # Errors
    /// It is one too many.
    pub fn count(&self, caller: Option<Caller>, now: DateTime<Utc>) -> Result<(), TooMany> {
        let Some(caller) = caller else {
            return Ok(());
        };
        let mut callers = self.lock();
        let full_at = callers.entry(caller, || now);
        // Never more than an empty bucket, also after the clock was put back.
        *full_at = (*full_at).clamp(now, now + self.all);
        *full_at = self.after_one_more(*full_at, now)?;
        Ok(())
    }

    /// Whether one more would be too many.
    pub fn is_reached(&self, caller: Option<Caller>, now: DateTime<Utc>) -> bool {
        caller.is_some_and(|caller| {
            let full_at = *self.lock().entry(caller, || now);
            self.after_one_more(full_at, now).is_err()
        })
    }

    fn after_one_more(
        &self,
        full_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, TooMany> {
        let then = full_at.max(now) + self.every;
        let over = then - (now + self.all);
        if over <= TimeDelta::zero() {
            return Ok(then);
        }
        let seconds = u32::try_from(over.num_milliseconds()).unwrap_or(u32::MAX);
        Err(TooMany {
            retry_after_seconds: seconds.div_ceil(1_000).max(1),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Recent<Caller, DateTime<Utc>>> {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line of the log that is written once a minute, however often there is reason for it.
#[derive(Debug, Default)]
pub struct Sampled(Mutex<Option<Line>>);

#[derive(Debug)]
struct Line {
    at: DateTime<Utc>,
    /// How many have come since.
    more: u64,
}

impl Sampled {
    /// Counts one. Of how many, with this one, a line is to be written now, if it is.
    pub fn count(&self, now: DateTime<Utc>) -> Option<u64> {
        let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = match line.as_mut() {
            Some(line) if line.at <= now && now - line.at < LINE => {
                line.more += 1;
                return None;
            }
            Some(line) => line.more,
            None => 0,
        };
        *line = Some(Line { at: now, more: 0 });
        Some(untold + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller_address::TrustedProxies;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn caller(address: &str) -> Option<Caller> {
        TrustedProxies::default().caller(address.parse().expect(address), &[])
    }

    fn passed(limit: &Limit, caller: Option<Caller>, now: DateTime<Utc>, tries: u32) -> u32 {
        let tries = (0..tries).filter(|_| limit.count(caller, now).is_ok());
        u32::try_from(tries.count()).unwrap()
    }

    #[test]
    fn so_many_at_once_and_then_one_in_a_while_for_each_caller() {
        let limit = Limit::new(5, TimeDelta::seconds(2));
        let (one, other) = (caller("203.0.113.1"), caller("203.0.113.2"));
        assert_eq!(passed(&limit, one, at(100), 50), 5);
        assert!(limit.is_reached(one, at(101)) && !limit.is_reached(other, at(101)));
        assert_eq!(
            limit.count(one, at(101)),
            Err(TooMany {
                retry_after_seconds: 1
            })
        );
        assert_eq!(passed(&limit, one, at(102), 50), 1);
        assert_eq!(passed(&limit, other, at(102), 50), 5);
        assert_eq!(passed(&limit, one, at(106), 50), 2);
        assert_eq!(passed(&limit, one, at(1_000), 50), 5, "all of them again");
    }

    #[test]
    fn whoever_cannot_be_told_apart_is_not_counted() {
        let limit = Limit::new(1, TimeDelta::seconds(2));
        assert_eq!(passed(&limit, None, at(0), 50), 50);
        assert!(!limit.is_reached(None, at(0)));
    }

    #[test]
    fn a_clock_that_was_put_back_locks_nobody_out() {
        let limit = Limit::new(5, TimeDelta::seconds(2));
        let one = caller("203.0.113.1");
        assert_eq!(passed(&limit, one, at(1_000_000), 50), 5);
        assert_eq!(passed(&limit, one, at(0), 50), 0);
        assert_eq!(
            limit.count(one, at(0)),
            Err(TooMany {
                retry_after_seconds: 2
            })
        );
        assert_eq!(passed(&limit, one, at(2), 50), 1, "as after five");
    }

    #[test]
    fn the_log_has_one_line_a_minute_with_all_that_came_since() {
        let line = Sampled::default();
        assert_eq!(line.count(at(0)), Some(1));
        for second in 1..60 {
            assert_eq!(line.count(at(second)), None);
        }
        assert_eq!(line.count(at(60)), Some(60));
        assert_eq!(line.count(at(61)), None);
        assert_eq!(line.count(at(0)), Some(2), "the clock was put back");
    }
}
