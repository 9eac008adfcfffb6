//! Asking Stripe which events there were, and what they are about. <https://docs.stripe.com/api/events/list>

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use url::form_urlencoded;

use super::{
    CallError, Gateway, Session, get,
    session::{Page, WireSession},
};

/// Which events are asked for.
#[derive(Debug, Clone)]
pub struct EventList<'a> {
    /// At most 20.
    pub types: &'a [&'a str],
    /// Not older than this, by Stripe's clock.
    pub since: DateTime<Utc>,
    /// Only those that no webhook has taken (`delivery_success=false`).
    pub undelivered: bool,
    /// The page after the event with this id.
    pub after: Option<String>,
}

impl EventList<'_> {
    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", "100");
        query.append_pair("created[gte]", &self.since.timestamp().to_string());
        for kind in self.types {
            query.append_pair("types[]", kind);
        }
        if self.undelivered {
            query.append_pair("delivery_success", "false");
        }
        if let Some(after) = &self.after {
            query.append_pair("starting_after", after);
        }
        query.finish()
    }
}

impl Gateway {
    /// The session that a payment was made in, if it was made in one.
    ///
    /// # Errors
    /// As [`Gateway::read`].
    pub async fn session_of(
        &self,
        payment_intent: &str,
        deadline: Instant,
    ) -> Result<Option<Session>, CallError> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("payment_intent", payment_intent)
            .append_pair("limit", "1")
            .finish();
        let request = || get("/checkout/sessions", &query);
        let page: Page<WireSession> = self.ask(request, deadline).await?;
        page.data
            .into_iter()
            .next()
            .map(Session::try_from)
            .transpose()
    }

    /// One page of events, newest first, each as the JSON that a webhook would have brought; and
    /// whether there are older ones.
    ///
    /// # Errors
    /// As [`Gateway::read`]; our key may lack the right to list events.
    pub async fn events(
        &self,
        wanted: &EventList<'_>,
        deadline: Instant,
    ) -> Result<(Vec<String>, bool), CallError> {
        let query = wanted.query();
        let request = || get("/events", &query);
        let page: Page<miniserde::json::Value> = self.ask(request, deadline).await?;
        let events = page.data.iter().map(miniserde::json::to_string).collect();
        Ok((events, page.has_more))
    }
}
