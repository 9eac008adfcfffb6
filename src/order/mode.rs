//! How an order is paid: once, or again and again.

use serde::Serialize;

/// Stripe's `mode` of a Checkout Session, as far as we use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One payment.
    #[default]
    Payment,
    /// A recurring payment; it needs a price from the catalogue.
    Subscription,
}

/// What is wrong with a subscription of inline amounts alone.
pub(super) const NEEDS_A_PRICE: &str =
    "a subscription needs a line with a price from Stripe's catalogue";

/// A text that names no mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write payment or subscription")]
pub struct UnknownMode;

impl Mode {
    /// Reads the name that [`Mode::as_str`] writes.
    pub fn parse(text: &str) -> Result<Self, UnknownMode> {
        match text {
            "payment" => Ok(Self::Payment),
            "subscription" => Ok(Self::Subscription),
            _ => Err(UnknownMode),
        }
    }

    /// Stripe's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Subscription => "subscription",
        }
    }
}
