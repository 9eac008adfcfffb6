//! The word that PostgreSQL derives from an order's evidence, for queries.

use super::state::State;
use crate::column::column_enum;

column_enum! {
    /// Where an order stands, without the evidence: the generated column `orders.status`.
    pub enum Status {
        /// Owed, and payable.
        Open = "open",
        /// A payment is on its way.
        Processing = "processing",
        /// Money came that does not fit; a person must look.
        InReview = "in_review",
        /// Paid through Stripe.
        Paid = "paid",
        /// Closed without Stripe.
        SettledOffline = "settled_offline",
        /// Paid, and some of it given back.
        PartiallyRefunded = "partially_refunded",
        /// Paid, and all of it given back.
        Refunded = "refunded",
        /// No longer owed.
        Cancelled = "cancelled",
    }
}

impl State {
    /// The same without its evidence.
    pub fn status(self) -> Status {
        match self {
            Self::Open => Status::Open,
            Self::Processing { .. } => Status::Processing,
            Self::InReview { .. } => Status::InReview,
            Self::Paid { .. } => Status::Paid,
            Self::SettledOffline { .. } => Status::SettledOffline,
            Self::PartiallyRefunded { .. } => Status::PartiallyRefunded,
            Self::Refunded { .. } => Status::Refunded,
            Self::Cancelled { .. } => Status::Cancelled,
        }
    }
}
