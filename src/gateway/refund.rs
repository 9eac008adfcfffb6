//! Giving money back. <https://docs.stripe.com/api/refunds/create>

use std::collections::HashMap;

use miniserde::Deserialize;
use stripe_client_core::StripeRequest;
use stripe_core::refund::CreateRefund;
use tokio::time::Instant;
use uuid::Uuid;

use super::{CallError, Gateway, idempotency_key, retry::Retry};

/// An answer without an id is none.
#[derive(Deserialize)]
struct WireRefund {
    #[allow(
        dead_code,
        reason = "read for its presence: an answer without it is none"
    )]
    id: String,
}

impl Gateway {
    /// Gives back what is left of a payment, under a key that names our case and the attempt: asked
    /// twice it is done once.
    ///
    /// # Errors
    /// [`CallError::Refused`] with Stripe's code, such as `charge_disputed`. Where
    /// [`CallError::leaves_open`], it may have been done all the same.
    pub async fn refund(
        &self,
        payment_intent: &str,
        case: Uuid,
        attempt: i32,
        deadline: Instant,
    ) -> Result<(), CallError> {
        let named = ("freshmint_case".to_owned(), case.to_string());
        let request = CreateRefund::new()
            .payment_intent(payment_intent)
            .metadata(HashMap::from([named]));
        let key = idempotency_key(&format!("freshmint-refund-{case}-{attempt}"))?;
        self.repeat(Retry::default(), deadline, async |patience| {
            let answer: Result<WireRefund, CallError> =
                self.once(request.build(), Some(&key), patience).await;
            answer.map(drop)
        })
        .await
    }
}
