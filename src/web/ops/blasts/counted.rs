//! The mails of a mailing in numbers that add up. Pure.

use crate::{blast::Counts, overview::Mailing, web::ops::orders::sum::in_words};

/// How far its mails are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Far {
    /// A mail server has them, or may.
    pub out: i64,
    /// Of so many that go, or went.
    pub of: i64,
    /// Nothing more becomes of them by itself.
    pub through: i64,
}

/// Without those that nobody wants any more.
pub fn far(counts: &Counts) -> Far {
    let out = counts.sent + counts.bounced + counts.unknown;
    Far {
        out,
        of: out + counts.queued + counts.failed,
        through: out + counts.failed,
    }
}

/// What is owed of a mailing's orders.
pub fn owed(led: &Mailing) -> String {
    match led.unpaid {
        0 => "nothing".to_owned(),
        _ => in_words(&led.owed()),
    }
}

/// `134 + 2 + 1 = 137`; nothing where there is one part.
pub fn sum(parts: &[i64]) -> String {
    let parts: Vec<i64> = parts.iter().copied().filter(|part| *part > 0).collect();
    if parts.len() < 2 {
        return String::new();
    }
    let said: Vec<String> = parts.iter().map(ToString::to_string).collect();
    format!("{} = {}", said.join(" + "), parts.iter().sum::<i64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_wanted_any_more_is_not_waited_for() {
        let counts = Counts {
            total: 141,
            queued: 4,
            sent: 130,
            bounced: 2,
            unknown: 1,
            failed: 1,
            suppressed: 2,
            skipped_paid: 1,
            ..Counts::default()
        };
        let far = far(&counts);
        assert_eq!((far.out, far.of, far.through), (133, 138, 134));
    }

    #[test]
    fn a_sum_adds_up_and_one_part_is_none() {
        assert_eq!(sum(&[134, 2, 0, 1]), "134 + 2 + 1 = 137");
        assert_eq!(sum(&[134, 0]), "");
    }
}
