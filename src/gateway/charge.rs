//! Money that goes back: a charge with its refunds, and a dispute, reduced to what we act on.
//! <https://docs.stripe.com/api/charges/object> <https://docs.stripe.com/api/disputes/object>

use miniserde::{Deserialize, json::Value};

use super::session::id_of;

/// A charge as it stood when Stripe told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// `pi_…`: by it the payment is known.
    pub payment_intent: String,
    /// What has been given back in all, in minor units.
    pub amount_refunded: i64,
    /// Lower-case ISO code.
    pub currency: String,
}

/// A dispute as it stood when Stripe told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// `dp_…` or `du_…`
    pub id: String,
    /// `pi_…`: by it the payment is known.
    pub payment_intent: Option<String>,
    /// What the payer's bank asks for, in minor units.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: String,
    /// Stripe's word: `needs_response`, `under_review`, `won`, `lost` …
    pub status: String,
    /// Stripe's word: `fraudulent`, `duplicate` …
    pub reason: Option<String>,
}

impl Dispute {
    /// Whether nothing more will come of it.
    pub fn is_closed(&self) -> bool {
        self.is_won() || self.status == "lost"
    }

    /// Whether the shop keeps the money.
    pub fn is_won(&self) -> bool {
        matches!(self.status.as_str(), "won" | "warning_closed" | "prevented")
    }
}

#[derive(Deserialize)]
pub(super) struct WireCharge {
    payment_intent: Option<Value>,
    amount_refunded: i64,
    currency: String,
}

impl WireCharge {
    /// `None`: a charge without a payment intent, which none of Checkout's is.
    pub fn charge(self) -> Option<Charge> {
        Some(Charge {
            payment_intent: self.payment_intent.as_ref().and_then(id_of)?,
            amount_refunded: self.amount_refunded,
            currency: self.currency,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct WireDispute {
    id: String,
    payment_intent: Option<Value>,
    amount: i64,
    currency: String,
    status: String,
    reason: Option<String>,
}

impl From<WireDispute> for Dispute {
    fn from(wire: WireDispute) -> Self {
        Self {
            id: wire.id,
            payment_intent: wire.payment_intent.as_ref().and_then(id_of),
            amount: wire.amount,
            currency: wire.currency,
            status: wire.status,
            reason: wire.reason,
        }
    }
}
