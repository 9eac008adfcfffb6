//! Asking Stripe which sessions expired. <https://docs.stripe.com/api/checkout/sessions/list>

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use url::form_urlencoded;

use super::{
    CallError, Gateway, Session, get,
    session::{Page, WireSession},
};

/// Which expired sessions are asked for.
#[derive(Debug, Clone, Default)]
pub struct ExpiredList {
    /// Opened no earlier than this, by Stripe's clock.
    pub since: Option<DateTime<Utc>>,
    /// Of this payer alone.
    pub email: Option<String>,
    /// The page after the session with this id.
    pub after: Option<String>,
}

impl Gateway {
    /// One page of expired sessions, newest first; and whether there are older ones.
    ///
    /// # Errors
    /// As [`Gateway::read`].
    pub async fn expired(
        &self,
        wanted: &ExpiredList,
        deadline: Instant,
    ) -> Result<(Vec<Session>, bool), CallError> {
        let query = wanted.query();
        let request = || get("/checkout/sessions", &query);
        let page: Page<WireSession> = self.ask(request, deadline).await?;
        let sessions: Result<Vec<Session>, CallError> =
            page.data.into_iter().map(Session::try_from).collect();
        Ok((sessions?, page.has_more))
    }
}

impl ExpiredList {
    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", "100");
        query.append_pair("status", "expired");
        if let Some(since) = self.since {
            query.append_pair("created[gte]", &since.timestamp().to_string());
        }
        if let Some(email) = &self.email {
            query.append_pair("customer_details[email]", email);
        }
        if let Some(after) = &self.after {
            query.append_pair("starting_after", after);
        }
        query.finish()
    }
}
