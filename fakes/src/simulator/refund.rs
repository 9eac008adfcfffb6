//! A refund and what becomes of it (docs.stripe.com/refunds): it may be on its way for days, and may fail
//! weeks after it has succeeded; its amount is the shop's again then.

use serde_json::{Value, json};

use super::ids;
use super::payment::Payment;

#[derive(Debug, Clone)]
pub struct Refund {
    pub id: String,
    pub intent: String,
    pub charge: String,
    pub created: i64,
    pub amount: i64,
    pub status: RefundStatus,
    currency: String,
    metadata: Value,
    reason: Value,
    transaction: String,
}

/// Stripe's words for how far a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundStatus {
    /// The money is on its way to the payer.
    Succeeded,
    /// Stripe will send it.
    Pending,
    /// The payer has to say where to.
    RequiresAction,
    /// The payer's bank did not take it.
    Failed,
    /// Somebody of the shop has taken it back.
    Canceled,
}

impl RefundStatus {
    fn name(self) -> &'static str {
        match self {
            RefundStatus::Succeeded => "succeeded",
            RefundStatus::Pending => "pending",
            RefundStatus::RequiresAction => "requires_action",
            RefundStatus::Failed => "failed",
            RefundStatus::Canceled => "canceled",
        }
    }

    /// Whether its amount counts as given back (a charge's `amount_refunded`).
    pub fn counts(self) -> bool {
        match self {
            RefundStatus::Succeeded | RefundStatus::Pending | RefundStatus::RequiresAction => true,
            RefundStatus::Failed | RefundStatus::Canceled => false,
        }
    }

    /// What Stripe tells when a refund comes to be so.
    pub fn events(self) -> &'static [&'static str] {
        match self {
            RefundStatus::Failed => &["refund.updated", "refund.failed"],
            RefundStatus::Succeeded
            | RefundStatus::Pending
            | RefundStatus::RequiresAction
            | RefundStatus::Canceled => &["refund.updated"],
        }
    }

    fn failure_reason(self) -> Option<&'static str> {
        match self {
            RefundStatus::Failed => Some("expired_or_canceled_card"),
            RefundStatus::Canceled => Some("merchant_request"),
            RefundStatus::Succeeded | RefundStatus::Pending | RefundStatus::RequiresAction => None,
        }
    }
}

impl Refund {
    pub fn new(
        payment: &Payment,
        amount: i64,
        status: RefundStatus,
        params: &Value,
        now: i64,
    ) -> Refund {
        Refund {
            id: ids::short("re"),
            intent: payment.intent.clone(),
            charge: payment.charge.clone(),
            created: now,
            amount,
            status,
            currency: payment.currency.clone(),
            metadata: params.get("metadata").cloned().unwrap_or_else(|| json!({})),
            reason: params.get("reason").cloned().unwrap_or(Value::Null),
            transaction: ids::short("txn"),
        }
    }

    /// # Errors
    /// When it is over, or would go back to where it was.
    pub fn move_to(&mut self, next: RefundStatus) -> Result<(), String> {
        let can = match self.status {
            RefundStatus::Pending | RefundStatus::RequiresAction => self.status != next,
            RefundStatus::Succeeded => !next.counts(),
            RefundStatus::Failed | RefundStatus::Canceled => false,
        };
        if !can {
            let (id, status) = (&self.id, self.status.name());
            return Err(format!(
                "{id} is {status} and cannot become {}",
                next.name()
            ));
        }
        self.status = next;
        Ok(())
    }

    /// Stripe's refund object.
    pub fn to_json(&self) -> Value {
        let mut refund = json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": self.transaction,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "metadata": self.metadata,
            "payment_intent": self.intent,
            "reason": self.reason,
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": self.status.name(),
            "transfer_reversal": null,
        });
        if let Some(reason) = self.status.failure_reason() {
            refund["failure_reason"] = json!(reason);
            refund["failure_balance_transaction"] = json!(format!("{}_back", self.transaction));
        }
        if self.status == RefundStatus::Pending {
            refund["pending_reason"] = json!("processing");
        }
        refund
    }
}
