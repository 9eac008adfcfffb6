//! What a payment is to an order: pure.

use crate::order::{
    money::Money,
    state::{State, Verdict},
};

/// Judges `paid` against what is `owed` by an order in `state`.
///
/// A payment after a cancel is a mismatch: it was not owed. One after an offline settlement is a
/// second payment: it was settled already.
pub fn verdict(state: State, owed: Money, paid: Money) -> Verdict {
    match state {
        State::Open | State::Processing { .. } | State::InReview { .. } if paid == owed => {
            Verdict::Settles
        }
        State::Open
        | State::Processing { .. }
        | State::InReview { .. }
        | State::Cancelled { .. } => Verdict::Mismatch,
        State::Paid { .. }
        | State::PartiallyRefunded { .. }
        | State::Refunded { .. }
        | State::SettledOffline { .. } => Verdict::SecondPayment,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::order::{currency::Currency, state::How};

    fn euros(minor: i64) -> Money {
        Money::new(minor, Currency::parse("eur").expect("a currency"))
    }

    #[test]
    fn only_the_amount_that_is_owed_in_its_currency_settles() {
        let dollars = Money::new(4_500, Currency::parse("usd").expect("a currency"));
        assert_eq!(
            verdict(State::Open, euros(4_500), euros(4_500)),
            Verdict::Settles
        );
        assert_eq!(
            verdict(State::Open, euros(4_500), euros(4_499)),
            Verdict::Mismatch
        );
        assert_eq!(
            verdict(State::Open, euros(4_500), euros(4_501)),
            Verdict::Mismatch
        );
        assert_eq!(
            verdict(State::Open, euros(4_500), dollars),
            Verdict::Mismatch
        );
    }

    #[test]
    fn what_is_paid_is_not_paid_again_and_what_was_cancelled_was_not_owed() {
        let at = DateTime::UNIX_EPOCH;
        let judge = |state| verdict(state, euros(4_500), euros(4_500));
        assert_eq!(judge(State::Paid { at }), Verdict::SecondPayment);
        assert_eq!(
            judge(State::Refunded {
                at,
                refunded: 4_500
            }),
            Verdict::SecondPayment
        );
        assert_eq!(
            judge(State::SettledOffline { at, how: How::Cash }),
            Verdict::SecondPayment
        );
        assert_eq!(judge(State::Cancelled { at }), Verdict::Mismatch);
    }
}
