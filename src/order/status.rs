//! The word for where an order stands.

use crate::column::column_enum;

column_enum! {
    /// Where an order stands, without its evidence: what the database derives, and the API shows.
    pub enum Status {
        /// Owed, and payable.
        Open = "open",
        /// A payment is on its way.
        Processing = "processing",
        /// Money came that does not fit.
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
