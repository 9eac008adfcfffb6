//! What events tell of money that goes back: of a refund, and of a dispute, reduced to what we act on.
//! <https://docs.stripe.com/api/charges/object> <https://docs.stripe.com/api/refunds/object>
//! <https://docs.stripe.com/api/disputes/object>

use miniserde::{Deserialize, json::Value};
use stripe_core::DisputeStatus;

use super::{
    CallError,
    id::{self, id_of},
    value::word,
};

/// Something has changed about the refunds of a payment. What, Stripe is asked: events come late and in
/// any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundNews {
    /// `pi_…`: by it the payment is known.
    pub payment_intent: String,
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

/// Whose the money of a dispute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DisputeOutcome {
    /// It is not decided; so is what Stripe says in a word that we do not know.
    Open,
    /// The shop's.
    Won,
    /// The payer's.
    Lost,
}

impl DisputeOutcome {
    /// Reads Stripe's word for a dispute's status.
    fn of(status: &str) -> Self {
        let status: DisputeStatus = status.parse().unwrap_or_else(|never| match never {});
        match status {
            DisputeStatus::Won | DisputeStatus::WarningClosed | DisputeStatus::Prevented => {
                Self::Won
            }
            DisputeStatus::Lost => Self::Lost,
            _ => Self::Open,
        }
    }
}

impl Dispute {
    /// Whether nothing more will come of it.
    pub fn is_closed(&self) -> bool {
        DisputeOutcome::of(&self.status) != DisputeOutcome::Open
    }

    /// Whether the shop keeps the money.
    pub fn is_won(&self) -> bool {
        DisputeOutcome::of(&self.status) == DisputeOutcome::Won
    }
}

/// A charge or a refund: both name their payment alike.
#[derive(Deserialize)]
pub(super) struct WireRefunded {
    payment_intent: Option<Value>,
    currency: String,
}

impl WireRefunded {
    /// `None`: of a charge without a payment intent, which none of Checkout's is.
    ///
    /// # Errors
    /// [`CallError::Unreadable`] if the intent has no id.
    pub fn news(self) -> Result<Option<RefundNews>, CallError> {
        let intent = id::payment_intent(self.payment_intent.as_ref())?;
        Ok(intent.map(|payment_intent| RefundNews {
            payment_intent,
            currency: word(&self.currency),
        }))
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

impl TryFrom<WireDispute> for Dispute {
    type Error = CallError;

    fn try_from(wire: WireDispute) -> Result<Self, CallError> {
        let id = id_of(&Value::String(wire.id));
        Ok(Self {
            id: id.ok_or_else(|| CallError::unreadable("a dispute without its id"))?,
            payment_intent: id::payment_intent(wire.payment_intent.as_ref())?,
            amount: wire.amount,
            currency: word(&wire.currency),
            status: word(&wire.status),
            reason: wire.reason.as_deref().map(word),
        })
    }
}
