//! The mails of a mailing in numbers that add up. Pure.

use crate::{
    blast::Counts,
    overview::{MOST_OF_A_MAILING, Mailing},
    web::ops::{lists::grouped, orders::sum::in_words},
};

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

/// `46`; where not all of its orders were counted `more than 20,000`, or `at least 19,987`.
pub fn unpaid(led: &Mailing) -> String {
    let counted = led.unpaid.min(MOST_OF_A_MAILING);
    format!("{}{}", beyond(led), grouped(counted))
}

/// `138`; where not all of them were counted `more than 20,000`.
pub fn orders(led: &Mailing) -> String {
    match led.is_more() {
        true => format!("more than {}", grouped(MOST_OF_A_MAILING)),
        false => grouped(led.orders),
    }
}

/// `92`; where not all of its orders were counted `92 of 20,000 counted`.
pub fn paid(led: &Mailing) -> String {
    let paid = grouped(led.paid);
    match led.is_more() {
        true => format!("{paid} of {} counted", grouped(MOST_OF_A_MAILING)),
        false => paid,
    }
}

/// `92 of 138`
pub fn paid_of_all(led: &Mailing) -> String {
    match led.is_more() {
        true => paid(led),
        false => format!("{} of {}", paid(led), orders(led)),
    }
}

/// What is owed of a mailing's orders.
pub fn owed(led: &Mailing) -> String {
    match led.unpaid {
        0 if led.is_more() => "not known".to_owned(),
        0 => "nothing".to_owned(),
        _ => format!("{}{}", beyond(led), in_words(&led.owed())),
    }
}

/// What stands before a number of its unpaid orders.
fn beyond(led: &Mailing) -> &'static str {
    match led.is_more() {
        false => "",
        true if led.unpaid > MOST_OF_A_MAILING => "more than ",
        true => "at least ",
    }
}

/// `134 + 2 + 1 = 137`; nothing where there is one part.
pub fn sum(parts: &[i64]) -> String {
    let parts: Vec<i64> = parts.iter().copied().filter(|part| *part > 0).collect();
    if parts.len() < 2 {
        return String::new();
    }
    let said: Vec<String> = parts.iter().copied().map(grouped).collect();
    format!("{} = {}", said.join(" + "), grouped(parts.iter().sum()))
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
    fn a_count_that_was_cut_off_is_not_told_as_an_exact_one() {
        let said = |orders, unpaid| {
            let led = Mailing {
                id: uuid::Uuid::nil(),
                name: "Winter Cup".to_owned(),
                orders,
                paid: 0,
                unpaid,
                currencies: vec!["eur".to_owned()],
                amounts: vec![unpaid * 100],
                counts: vec![unpaid],
            };
            [
                super::orders(&led),
                paid_of_all(&led),
                super::unpaid(&led),
                owed(&led),
            ]
        };
        assert_eq!(said(138, 46), ["138", "0 of 138", "46", "€46.00"]);
        assert_eq!(
            said(20_000, 20_000),
            ["20,000", "0 of 20,000", "20,000", "€20,000.00"]
        );
        assert_eq!(
            said(20_001, 20_001),
            [
                "more than 20,000",
                "0 of 20,000 counted",
                "more than 20,000",
                "more than €20,001.00"
            ]
        );
        assert_eq!(
            said(20_001, 19_987),
            [
                "more than 20,000",
                "0 of 20,000 counted",
                "at least 19,987",
                "at least €19,987.00"
            ]
        );
    }

    #[test]
    fn a_sum_adds_up_and_one_part_is_none() {
        assert_eq!(sum(&[134, 2, 0, 1]), "134 + 2 + 1 = 137");
        assert_eq!(sum(&[134, 0]), "");
        assert_eq!(sum(&[99_990, 10]), "99,990 + 10 = 100,000");
    }
}
