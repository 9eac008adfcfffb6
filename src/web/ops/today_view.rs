//! The figures of the first page, in words.

use chrono_tz::Tz;
use serde::Serialize;
use uuid::Uuid;

use super::when::When;
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
    mailed: i64,
    paid: i64,
    unpaid: i64,
    owed: String,
}

impl OwedView {
    /// None if nothing is.
    pub fn of(owed: &Owed, mailings: &[Mailing]) -> Option<Self> {
        let orders: i64 = owed.sums.iter().map(|sum| sum.orders).sum();
        if orders == 0 {
            return None;
        }
        let sums = owed.sums.iter();
        let sums = sums.map(|sum| as_told(sum.amount, &sum.currency));
        let sum = sums.collect::<Vec<_>>().join(" and ");
        Some(Self {
            // Of more orders than are summed up, the newest.
            sum: if owed.is_more {
                format!("more than {sum}")
            } else {
                sum
            },
            orders: match orders {
                1 => "1 order".to_owned(),
                _ if owed.is_more => format!("more than {} orders", overview::MOST),
                _ => format!("{orders} orders"),
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
            mailed: mailing.mailed,
            paid: mailing.paid,
            unpaid: mailing.unpaid,
            // Of several currencies there is no sum.
            owed: match &mailing.currency {
                Some(currency) => as_told(mailing.owed, currency),
                None => "several currencies".to_owned(),
            },
        }
    }
}

/// From mail to money.
#[derive(Serialize)]
pub struct WayView {
    days: i64,
    steps: Vec<Step>,
    between: String,
}

#[derive(Serialize)]
struct Step {
    word: &'static str,
    orders: i64,
    percent: i64,
}

impl WayView {
    /// None if nobody was mailed.
    pub fn of(way: Way) -> Option<Self> {
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
                "{} {} not opened the link, {} opened it and stopped there, {} left the payment page.",
                way.mailed - way.opened,
                if way.mailed - way.opened == 1 {
                    "has"
                } else {
                    "have"
                },
                way.opened - way.checkout,
                way.checkout - way.paid
            ),
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
        };
        let said = WayView::of(way).map(|view| view.between);
        assert_eq!(
            said.as_deref(),
            Some(
                "1 has not opened the link, 2 opened it and stopped there, 3 left the payment page."
            )
        );
        let nobody = Way {
            mailed: 0,
            opened: 0,
            checkout: 0,
            paid: 0,
        };
        assert!(WayView::of(nobody).is_none());
    }
}
