//! Which events we act on, and why not on the others: one table.

/// What is done with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// It is about a Checkout Session: settle that.
    Settle,
    /// It is about a refund: ask Stripe what has been given back, and bring that in line.
    Refund,
    /// It is about a dispute: open or close its case.
    Dispute,
    /// It is kept, and nothing follows; the reason is shown to ops.
    Keep(&'static str),
}

use Handling::{Dispute, Keep, Refund, Settle};

/// The types that we act on: what the sweep asks Stripe for. <https://docs.stripe.com/api/events/types>
pub const TABLE: [(&str, Handling); 9] = [
    // The payer is through: paid, or a bank debit on its way.
    ("checkout.session.completed", Settle),
    // The bank debit arrived.
    ("checkout.session.async_payment_succeeded", Settle),
    // It did not.
    ("checkout.session.async_payment_failed", Settle),
    // The session's time is over, or it was closed.
    ("checkout.session.expired", Settle),
    // Money was given back, here or in Stripe's dashboard.
    ("charge.refunded", Refund),
    // A refund that was on its way has arrived, or was canceled.
    ("refund.updated", Refund),
    // It has failed, perhaps weeks after it had succeeded: the money is here again.
    ("refund.failed", Refund),
    // The payer's bank asks for the money back.
    ("charge.dispute.created", Dispute),
    // It was decided whose it is.
    ("charge.dispute.closed", Dispute),
];

/// The types of those that may tell of a payment: mail to whom it may be from waits for them.
pub const PAYMENTS: [&str; 2] = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
];

/// What is done with an event of this type.
pub fn handling(kind: &str) -> Handling {
    let known = TABLE.iter().find(|(name, _)| *name == kind);
    known.map_or(
        Keep("nothing follows from events of this type"),
        |(_, handling)| *handling,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_may_tell_of_a_payment_is_settled() {
        for kind in PAYMENTS {
            assert_eq!(handling(kind), Settle, "{kind}");
        }
    }
}
