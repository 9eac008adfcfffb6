//! How an order is paid: once, or again and again.

use crate::column::column_enum;

column_enum! {
    /// Stripe's `mode` of a Checkout Session, as far as we use it.
    #[derive(Default)]
    pub enum Mode {
        /// One payment.
        #[default]
        Payment = "payment",
        /// A recurring payment; it needs a price from the catalogue.
        Subscription = "subscription",
    }
}

/// What is wrong with a subscription of inline amounts alone.
pub(super) const NEEDS_A_PRICE: &str =
    "a subscription needs a line with a price from Stripe's catalogue";

/// A text that names no mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write payment or subscription")]
pub struct UnknownMode;

impl Mode {
    /// Reads the name that [`Mode::name`] writes.
    pub fn parse(text: &str) -> Result<Self, UnknownMode> {
        Self::from_name(text).ok_or(UnknownMode)
    }
}
