//! Whose may a payment without an order be? Pure: the likely orders, best first.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use uuid::Uuid;

/// How many are shown.
const MOST: usize = 5;
/// Links are mostly paid within weeks of being mailed.
const RECENT: Duration = Duration::days(30);

/// A payment that belongs to no order.
#[derive(Debug, Clone)]
pub struct Orphan {
    /// The payer's address, as Stripe knows it.
    pub email: Option<String>,
    /// In minor units.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: String,
    /// When it was found.
    pub at: DateTime<Utc>,
}

/// An order that still waits for its money.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its id.
    pub order_id: Uuid,
    /// The shop's name for it.
    pub reference: String,
    /// Who is asked to pay.
    pub email: Option<String>,
    /// In minor units; unknown with catalogue prices.
    pub amount: Option<i64>,
    /// Lower-case ISO code.
    pub currency: String,
    /// When it came in.
    pub created_at: DateTime<Utc>,
}

/// What speaks for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The payer's address is the order's.
    Email,
    /// So much is owed, in this currency.
    Amount,
    /// It came in during the month before the payment.
    Date,
}

impl Why {
    /// An address says more than an amount, which a whole team may owe.
    fn weight(self) -> u8 {
        match self {
            Self::Email => 4,
            Self::Amount => 2,
            Self::Date => 1,
        }
    }
}

/// An order that the payment may be for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// Its id.
    pub order_id: Uuid,
    /// The shop's name for it.
    pub reference: String,
    /// What speaks for it.
    pub why: Vec<Why>,
}

/// The likely orders, best first: those for which more than the date speaks.
pub fn suggest(orphan: &Orphan, candidates: &[Candidate]) -> Vec<Suggestion> {
    let mut likely: Vec<(u8, Duration, &Candidate, Vec<Why>)> = candidates
        .iter()
        .map(|candidate| (candidate, reasons(orphan, candidate)))
        .filter(|(_, why)| why.iter().any(|why| *why != Why::Date))
        .map(|(candidate, why)| {
            let weight = why.iter().map(|why| why.weight()).sum();
            let apart = (orphan.at - candidate.created_at).abs();
            (weight, apart, candidate, why)
        })
        .collect();
    likely.sort_by_key(|(weight, apart, candidate, _)| {
        (std::cmp::Reverse(*weight), *apart, candidate.order_id)
    });
    likely.truncate(MOST);
    let suggestions = likely.into_iter().map(|(_, _, candidate, why)| Suggestion {
        order_id: candidate.order_id,
        reference: candidate.reference.clone(),
        why,
    });
    suggestions.collect()
}

fn reasons(orphan: &Orphan, candidate: &Candidate) -> Vec<Why> {
    let same_address = match (&orphan.email, &candidate.email) {
        (Some(payer), Some(asked)) => payer.trim().to_lowercase() == asked.trim().to_lowercase(),
        _ => false,
    };
    let same_amount =
        candidate.amount == Some(orphan.amount) && candidate.currency == orphan.currency;
    let before = orphan.at - candidate.created_at;
    let just_before = before >= Duration::zero() && before <= RECENT;
    [
        (Why::Email, same_address),
        (Why::Amount, same_amount),
        (Why::Date, just_before),
    ]
    .into_iter()
    .filter_map(|(why, speaks)| speaks.then_some(why))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orphan() -> Orphan {
        Orphan {
            email: Some("Parent@example.org".to_owned()),
            amount: 4_500,
            currency: "eur".to_owned(),
            at: DateTime::UNIX_EPOCH + Duration::days(100),
        }
    }

    /// An order that came in so many days before the payment.
    fn order(reference: &str, email: &str, amount: i64, days: i64) -> Candidate {
        Candidate {
            order_id: Uuid::from_u128(u128::from(reference.as_bytes()[0])),
            reference: reference.to_owned(),
            email: Some(email.to_owned()),
            amount: Some(amount),
            currency: "eur".to_owned(),
            created_at: orphan().at - Duration::days(days),
        }
    }

    fn suggested(candidates: &[Candidate]) -> String {
        let line = |said: Suggestion| format!("{} {:?}", said.reference, said.why);
        let lines: Vec<String> = suggest(&orphan(), candidates)
            .into_iter()
            .map(line)
            .collect();
        lines.join("\n")
    }

    #[test]
    fn address_and_amount_go_before_address_before_amount_before_an_older_one() {
        let dollars = Candidate {
            currency: "usd".to_owned(),
            ..order("X dollars", "other@example.org", 4_500, 1)
        };
        let unpriced = Candidate {
            amount: None,
            ..order("Y unpriced", "other@example.org", 0, 1)
        };
        insta::assert_snapshot!(suggested(&[
            order("A amount, long ago", "other@example.org", 4_500, 90),
            order("B amount", "other@example.org", 4_500, 2),
            order("C address", "parent@example.org", 9_900, 2),
            order("D both", "parent@example.org", 4_500, 20),
            order("E neither", "other@example.org", 100, 1),
            dollars,
            unpriced,
        ]), @r"
        D both [Email, Amount, Date]
        C address [Email, Date]
        B amount [Amount, Date]
        A amount, long ago [Amount]
        ");
    }

    #[test]
    fn of_equals_the_nearest_in_time_go_first_and_five_are_enough() {
        let many: Vec<Candidate> = ["F", "E", "D", "C", "B", "A"]
            .into_iter()
            .zip(1..)
            .map(|(name, days)| order(name, "other@example.org", 4_500, days))
            .collect();
        let shown: Vec<String> = suggest(&orphan(), &many)
            .into_iter()
            .map(|said| said.reference)
            .collect();
        assert_eq!(shown, ["F", "E", "D", "C", "B"]);
    }

    #[test]
    fn an_order_that_came_in_after_the_payment_has_no_date_for_it() {
        assert_eq!(
            suggested(&[order("A", "other@example.org", 4_500, -1)]),
            "A [Amount]"
        );
    }
}
