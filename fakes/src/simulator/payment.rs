//! A payment made through a session, and what is done to it later: refunds and disputes.
//!
//! Refunds and disputes know the payment intent and its metadata, never the session's.

use serde_json::{Map, Value, json};

#[derive(Debug, Clone)]
pub struct Payment {
    pub intent: String,
    pub charge: String,
    pub created: i64,
    pub currency: String,
    pub amount: i64,
    pub refunded: i64,
    pub metadata: Map<String, Value>,
    pub email: Option<String>,
    pub customer: Option<String>,
    pub money: Money,
    pub dispute: Option<Dispute>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Money {
    Received,
    /// A bank debit that was started.
    OnItsWay,
    /// A bank debit that brought nothing.
    Failed,
}

#[derive(Debug, Clone)]
pub struct Dispute {
    pub id: String,
    pub created: i64,
    pub status: &'static str,
}

impl Payment {
    pub fn is_received(&self) -> bool {
        self.money == Money::Received
    }

    /// What a refund may still take, or why it may not be made.
    pub fn refundable(&self, wanted: Option<i64>) -> Result<i64, (&'static str, String)> {
        let left = self.amount - self.refunded;
        if !self.is_received() {
            let message = format!(
                "This PaymentIntent ({}) does not have a successful charge to refund.",
                self.intent
            );
            return Err(("payment_intent_unexpected_state", message));
        }
        if self
            .dispute
            .as_ref()
            .is_some_and(|open| open.status != "won")
        {
            let message = format!(
                "Charge {} has been charged back; cannot issue a refund.",
                self.charge
            );
            return Err(("charge_disputed", message));
        }
        if left == 0 {
            let message = format!("Charge {} has already been refunded.", self.charge);
            return Err(("charge_already_refunded", message));
        }
        match wanted.unwrap_or(left) {
            amount if amount < 1 => Err((
                "parameter_invalid_integer",
                "Invalid positive integer".to_owned(),
            )),
            amount if amount > left => Err((
                "amount_too_large",
                format!(
                    "Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
                ),
            )),
            amount => Ok(amount),
        }
    }

    /// Stripe's charge object.
    pub fn charge_json(&self) -> Value {
        json!({
            "id": self.charge,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": if self.is_received() { self.amount } else { 0 },
            "amount_refunded": self.refunded,
            "billing_details": {
                "address": null, "email": self.email, "name": null, "phone": null, "tax_id": null,
            },
            "captured": self.is_received(),
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "disputed": self.dispute.is_some(),
            "livemode": false,
            "metadata": self.metadata,
            "paid": self.is_received(),
            "payment_intent": self.intent,
            "refunded": self.refunded == self.amount,
            "status": match self.money {
                Money::Received => "succeeded",
                Money::OnItsWay => "pending",
                Money::Failed => "failed",
            },
        })
    }

    /// Stripe's payment intent object, as far as `expand[]=payment_intent` is asked for it.
    pub fn intent_json(&self) -> Value {
        json!({
            "id": self.intent,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": 0,
            "amount_received": if self.is_received() { self.amount } else { 0 },
            "capture_method": "automatic_async",
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "latest_charge": self.charge,
            "livemode": false,
            "metadata": self.metadata,
            "payment_method_types": ["card"],
            "receipt_email": null,
            "status": match self.money {
                Money::Received => "succeeded",
                Money::OnItsWay => "processing",
                Money::Failed => "requires_payment_method",
            },
        })
    }

    /// Stripe's dispute object; none when nobody disputes it.
    pub fn dispute_json(&self) -> Option<Value> {
        let dispute = self.dispute.as_ref()?;
        Some(json!({
            "id": dispute.id,
            "object": "dispute",
            "amount": self.amount,
            "balance_transactions": [],
            "charge": self.charge,
            "created": dispute.created,
            "currency": self.currency,
            "enhanced_eligibility_types": [],
            "evidence": {"enhanced_evidence": {}},
            "evidence_details": {
                "due_by": dispute.created + 7 * 24 * 60 * 60,
                "enhanced_eligibility": {},
                "has_evidence": false,
                "past_due": false,
                "submission_count": 0,
            },
            "is_charge_refundable": false,
            "livemode": false,
            "metadata": {},
            "payment_intent": self.intent,
            "reason": "fraudulent",
            "status": dispute.status,
        }))
    }
}
