//! Refunds of an account's payments: made, and what becomes of them.

use serde_json::Value;

use super::super::event::Cause;
use super::super::refund::{Refund, RefundStatus};
use super::super::refusal::Refusal;
use super::{World, unknown};

impl World {
    /// # Errors
    /// When there is no such payment or not that much left of it.
    pub fn refund(&mut self, params: &Value, now: i64, cause: Cause) -> Result<Value, Refusal> {
        let intent = params["payment_intent"].as_str().unwrap_or_default();
        let payment = self
            .payments
            .get_mut(intent)
            .ok_or_else(|| Refusal::no_such("payment_intent", intent, "payment_intent"))?;
        let amount = payment
            .refundable(params["amount"].as_i64())
            .map_err(|(code, message)| Refusal::coded(code, "amount", message))?;
        let status = self.next_refunds.pop_front();
        let status = status.unwrap_or(RefundStatus::Succeeded);
        let refund = Refund::new(payment, amount, status, params, now);
        if status.counts() {
            payment.refunded += amount;
        }
        let (told, charge) = (refund.to_json(), payment.charge_json());
        self.refunds.push(refund);
        if status.counts() {
            self.happened("charge.refunded", charge, now, cause);
        } else {
            for &kind in status.events() {
                self.happened(kind, told.clone(), now, cause.clone());
            }
        }
        Ok(told)
    }

    /// # Errors
    /// When there is no such refund, or it cannot become that any more.
    pub fn move_refund(&mut self, id: &str, next: RefundStatus, now: i64) -> Result<(), String> {
        let refund = self
            .refunds
            .iter_mut()
            .find(|refund| refund.id == id)
            .ok_or_else(|| unknown(id))?;
        let counted = refund.status.counts();
        refund.move_to(next)?;
        let told = refund.to_json();
        if counted
            && !next.counts()
            && let Some(payment) = self.payments.get_mut(&refund.intent)
        {
            payment.refunded -= refund.amount;
        }
        for &kind in next.events() {
            self.happened(kind, told.clone(), now, Cause::default());
        }
        Ok(())
    }

    /// Oldest first.
    pub fn refunds(&self) -> &[Refund] {
        &self.refunds
    }
}
