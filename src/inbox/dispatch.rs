//! Which events we act on, and why not on the others: one table.

/// What is done with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// It is about a Checkout Session: settle that.
    Settle,
    /// It is kept, and nothing follows; the reason is shown to ops.
    Keep(&'static str),
}

use Handling::{Keep, Settle};

/// The types that we have something to say about. <https://docs.stripe.com/api/events/types>
pub const TABLE: [(&str, Handling); 7] = [
    // The payer is through: paid, or a bank debit on its way.
    ("checkout.session.completed", Settle),
    // The bank debit arrived.
    ("checkout.session.async_payment_succeeded", Settle),
    // The session's time is over, or it was closed.
    ("checkout.session.expired", Settle),
    (
        "checkout.session.async_payment_failed",
        Keep("failed bank debits are not followed yet"),
    ),
    ("charge.refunded", Keep("refunds are not followed yet")),
    (
        "charge.dispute.created",
        Keep("disputes are not followed yet"),
    ),
    (
        "charge.dispute.closed",
        Keep("disputes are not followed yet"),
    ),
];

/// What is done with an event of this type.
pub fn handling(kind: &str) -> Handling {
    let known = TABLE.iter().find(|(name, _)| *name == kind);
    known.map_or(
        Keep("nothing follows from events of this type"),
        |(_, handling)| *handling,
    )
}
