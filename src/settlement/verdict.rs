//! What a payment is to an order: pure.

use crate::{
    gateway::Session,
    order::{
        money::Money,
        state::{State, Verdict},
    },
};

/// What of a session's money is held against what is owed, in minor units: where the checkout may add
/// taxes or take discounts off, what it was before. Never what a payer saw in another currency.
pub fn compared(session: &Session, adjusted_at_checkout: bool) -> Option<i64> {
    if adjusted_at_checkout {
        session.amount_subtotal
    } else {
        session.amount_total
    }
}

/// Judges `paid` against what is `owed` by an order in `state`; what is not known fits nothing.
///
/// A payment after a cancel is a mismatch: it was not owed. One after an offline settlement is a
/// second payment: it was settled already.
pub fn verdict(state: State, owed: Option<Money>, paid: Option<Money>) -> Verdict {
    let fits = owed.is_some() && owed == paid;
    match state {
        State::Open | State::Processing { .. } | State::InReview { .. } if fits => Verdict::Settles,
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
    use crate::{
        gateway::session::Status,
        order::{currency::Currency, state::How},
    };

    fn euros(minor: i64) -> Option<Money> {
        Some(Money::new(
            minor,
            Currency::parse("eur").expect("a currency"),
        ))
    }

    #[test]
    fn only_the_amount_that_is_owed_in_its_currency_settles() {
        let dollars = Some(Money::new(
            4_500,
            Currency::parse("usd").expect("a currency"),
        ));
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
    fn what_is_not_known_settles_nothing() {
        for (owed, paid) in [(None, euros(4_500)), (euros(4_500), None), (None, None)] {
            assert_eq!(verdict(State::Open, owed, paid), Verdict::Mismatch);
        }
    }

    #[test]
    fn what_the_checkout_adds_or_takes_off_is_compared_before_it_does() {
        let session = Session {
            amount_subtotal: Some(4_500),
            amount_total: Some(5_355),
            ..Session::sample(Status::Paid)
        };
        assert_eq!(compared(&session, false), Some(5_355));
        assert_eq!(compared(&session, true), Some(4_500));
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
