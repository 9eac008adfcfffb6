//! The figures of the first page, in words.

use chrono_tz::Tz;
use serde::Serialize;
use uuid::Uuid;

use super::{
    blasts::counted,
    lists::{grouped, how_many},
    orders::sum,
    when::When,
};
use crate::{
    order::money::as_told,
    overview::{self, Mailing, Owed, Signs, Way},
    recovery::Figures,
};

/// What is still owed.
#[derive(Serialize)]
pub struct OwedView {
    sum: String,
    orders: String,
    mailings: Vec<MailingView>,
}

#[derive(Serialize)]
struct MailingView {
    id: Uuid,
    name: String,
    orders: String,
    paid: String,
    unpaid: String,
    owed: String,
}

impl OwedView {
    /// None if nothing is.
    pub fn of(owed: &Owed, mailings: &[Mailing]) -> Option<Self> {
        let orders: i64 = owed.sums.iter().map(|sum| sum.orders).sum();
        if orders == 0 {
            return None;
        }
        let sum = sum::in_words(&owed.sums);
        Some(Self {
            // Of more orders than are summed up, the newest.
            sum: if owed.is_more {
                format!("more than {sum}")
            } else {
                sum
            },
            orders: match orders {
                _ if owed.is_more => format!("more than {} orders", grouped(overview::MOST)),
                _ => how_many(orders, "order", "orders"),
            },
            mailings: mailings.iter().map(MailingView::of).collect(),
        })
    }
}

impl MailingView {
    fn of(mailing: &Mailing) -> Self {
        Self {
            id: mailing.id,
            name: mailing.name.clone(),
            orders: counted::orders(mailing),
            paid: counted::paid(mailing),
            unpaid: counted::unpaid(mailing),
            owed: counted::owed(mailing),
        }
    }
}

/// From mail to money.
#[derive(Serialize)]
pub struct WayView {
    days: i64,
    steps: Vec<Step>,
    between: String,
    cut: Option<Cut>,
}

/// Not all mails of that time were looked at.
#[derive(Serialize)]
struct Cut {
    mails: String,
    since: When,
}

#[derive(Serialize)]
struct Step {
    word: &'static str,
    orders: i64,
    percent: i64,
}

impl WayView {
    /// None if nobody was mailed.
    pub fn of(way: Way, zone: Tz) -> Option<Self> {
        if way.mailed == 0 {
            return None;
        }
        let step = |word, orders: i64| Step {
            word,
            orders,
            percent: percent(orders, way.mailed),
        };
        Some(Self {
            days: overview::DAYS,
            steps: vec![
                step("Mailed", way.mailed),
                step("Link opened", way.opened),
                step("Payment page opened", way.checkout),
                step("Paid", way.paid),
            ],
            between: format!(
                "{} not opened the link, {} opened it and stopped there, {} left the payment page.",
                how_many(way.mailed - way.opened, "has", "have"),
                grouped(way.opened - way.checkout),
                grouped(way.checkout - way.paid)
            ),
            cut: way.counted_since.map(|since| Cut {
                mails: grouped(way.mails),
                since: When::of(since, zone),
            }),
        })
    }
}

/// Of a whole that is not nothing, rounded.
fn percent(part: i64, whole: i64) -> i64 {
    (part * 200 + whole) / (whole * 2)
}

/// What became of carts.
#[derive(Serialize)]
pub struct Recovery {
    days: i64,
    abandoned: usize,
    with_email: usize,
    reminded: usize,
    recovered: usize,
    rate: Option<String>,
    amounts: Option<String>,
    not_reminded: usize,
    through_link: usize,
}

impl Recovery {
    /// The numbers are those of `stats/recovery`.
    pub fn of(figures: &Figures) -> Self {
        let amounts = figures.amounts.iter();
        let amounts = amounts.filter(|(_, sums)| sums.recovered > 0);
        let amounts: Vec<String> = amounts
            .map(|(currency, sums)| as_told(sums.recovered, currency))
            .collect();
        Self {
            days: figures.days,
            abandoned: figures.abandoned,
            with_email: figures.with_email,
            reminded: figures.reminders_sent,
            recovered: figures.recovered,
            rate: figures
                .recovery_rate
                .map(|rate| format!("{:.0} %", rate * 100.0)),
            amounts: (!amounts.is_empty()).then(|| amounts.join(" and ")),
            through_link: figures.bought_through_link,
            not_reminded: figures.not_sent.values().sum(),
        }
    }
}

/// Signs of life.
#[derive(Serialize)]
pub struct SignsView {
    heard: Option<When>,
    asked: Option<When>,
    mailed: Option<When>,
}

impl SignsView {
    pub fn of(signs: Signs, zone: Tz) -> Self {
        let when = |at| When::of(at, zone);
        Self {
            heard: signs.heard.map(when),
            asked: signs.asked.map(when),
            mailed: signs.mailed.map(when),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_and_what_lies_between_adds_up() {
        assert_eq!((percent(1, 3), percent(2, 3), percent(5, 5)), (33, 67, 100));
        let way = Way {
            mailed: 10,
            opened: 9,
            checkout: 7,
            paid: 4,
            counted_since: None,
            mails: 12,
        };
        let view = WayView::of(way, Tz::UTC).expect("somebody was mailed");
        assert!(view.cut.is_none());
        let said = Some(view.between);
        assert_eq!(
            said.as_deref(),
            Some(
                "1 has not opened the link, 2 opened it and stopped there, 3 left the payment page."
            )
        );
        let nobody = Way { mailed: 0, ..way };
        assert!(WayView::of(nobody, Tz::UTC).is_none());
    }

    #[test]
    fn that_not_all_mails_were_looked_at_is_said_with_their_number_and_since_when() {
        let way = Way {
            mailed: 150_000,
            opened: 9,
            checkout: 7,
            paid: 4,
            counted_since: Some(chrono::DateTime::UNIX_EPOCH),
            mails: 200_000,
        };
        let cut = WayView::of(way, Tz::UTC).and_then(|view| view.cut);
        let cut = cut.expect("it was cut");
        assert_eq!(cut.mails, "200,000");
        assert!(cut.since.text.contains("1970"), "{}", cut.since.text);
    }
}
