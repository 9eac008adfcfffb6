//! Giving money back. <https://docs.stripe.com/api/refunds/create>

use miniserde::Deserialize;
use stripe_client_core::{IdempotencyKey, RequestBuilder, RequestStrategy, StripeMethod};
use tokio::time::Instant;
use url::form_urlencoded;
use uuid::Uuid;

use super::{CallError, Gateway, retry::Retry};

/// An answer without an id is none.
#[derive(Deserialize)]
struct Refund {
    #[allow(dead_code)]
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
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("payment_intent", payment_intent)
            .append_pair("metadata[freshmint_case]", &case.to_string())
            .finish();
        let key = IdempotencyKey::new(format!("freshmint-refund-{case}-{attempt}"))
            .map_err(|error| CallError::NotSent(error.to_string()))?;
        self.repeat(Retry::default(), deadline, async |patience| {
            let request = RequestBuilder {
                method: StripeMethod::Post,
                path: "/refunds".to_owned(),
                query: None,
                body: Some(body.clone()),
            };
            let answer: Result<Refund, CallError> = request
                .customize()
                .request_strategy(RequestStrategy::Idempotent(key.clone()))
                .timeout(patience)
                .send(&self.transport)
                .await;
            answer.map(drop)
        })
        .await
    }
}
