//! When each mail of a mailing is due: one after the other at its pace, so that a single link that somebody
//! sends meanwhile does not stand behind all of them. Pure.

use chrono::{DateTime, Duration, Utc};

use super::draft::Content;

/// Mails a second that can be reckoned with: with fewer, PostgreSQL's division overflows. One mail in
/// thirty years waits for the ten that count as never, as does any that was asked for more slowly.
const SLOWEST: f64 = 1e-9;
/// Ten years, in seconds, are as good as never, and can still be added to a time.
pub(super) const NEVER: u32 = 315_360_000;

/// The times of a mailing's mails, each in its turn.
#[derive(Debug)]
pub(super) struct Turns {
    from: DateTime<Utc>,
    per_second: f64,
    given: u32,
}

impl Turns {
    /// From now on, or from the mailing's own time; `mailer` is the pace of all mail.
    pub fn new(content: &Content, mailer: f64, now: DateTime<Utc>) -> Self {
        Self {
            from: from(content, now),
            per_second: rate(content.per_second, mailer),
            given: 0,
        }
    }

    /// The same behind so many others.
    pub fn behind(mut self, others: usize) -> Self {
        self.given = self
            .given
            .saturating_add(u32::try_from(others).unwrap_or(u32::MAX));
        self
    }

    /// When the next mail is due.
    pub fn next(&mut self) -> DateTime<Utc> {
        let wait = (f64::from(self.given) / self.per_second).min(f64::from(NEVER));
        self.given = self.given.saturating_add(1);
        let wait = Duration::microseconds((wait * 1e6).round() as i64);
        self.from.checked_add_signed(wait).unwrap_or(self.from)
    }
}

/// When the first one is due.
pub(super) fn from(content: &Content, now: DateTime<Utc>) -> DateTime<Utc> {
    content.send_at.map_or(now, |at| at.max(now))
}

/// Mails a second: what was asked for, but not more than the shop's mail can take.
pub(super) fn rate(per_second: Option<f64>, mailer: f64) -> f64 {
    let wanted = per_second.map_or(mailer, |wanted| wanted.min(mailer));
    wanted.max(SLOWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailing_is_never_faster_than_the_mail() {
        assert_eq!(rate(None, 10.0), 10.0);
        assert_eq!(rate(Some(0.5), 10.0), 0.5);
        assert_eq!(rate(Some(500.0), 10.0), 10.0);
        assert_eq!(rate(Some(5e-324), 10.0), SLOWEST);
    }

    #[test]
    fn each_mail_waits_for_those_before_it_and_none_for_ever() {
        let from = DateTime::UNIX_EPOCH;
        let waits = |per_second| {
            let mut turns = Turns {
                from,
                per_second,
                given: 0,
            };
            [(); 3].map(|()| (turns.next() - from).num_microseconds())
        };
        assert_eq!(waits(2.0), [0, 500_000, 1_000_000].map(Some));
        assert_eq!(waits(3.0), [0, 333_333, 666_667].map(Some));
        let never = i64::from(NEVER) * 1_000_000;
        assert_eq!(waits(SLOWEST), [0, never, never].map(Some));
    }
}
