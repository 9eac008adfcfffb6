//! Asking Stripe which events there were. <https://docs.stripe.com/api/events/list>

use chrono::{DateTime, Utc};
use miniserde::json;
use stripe_core::event::ListEvent;
use stripe_types::RangeQueryTs;
use tokio::time::Instant;

use super::{CallError, Gateway, LONGEST_PAGE, session::ListPage};

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
    fn request(&self) -> ListEvent {
        let types: Vec<String> = self.types.iter().map(|&kind| kind.to_owned()).collect();
        let mut request = ListEvent::new()
            .limit(LONGEST_PAGE)
            .created(RangeQueryTs::gte(self.since.timestamp()))
            .types(types);
        if self.undelivered {
            request = request.delivery_success(false);
        }
        if let Some(after) = &self.after {
            request = request.starting_after(after);
        }
        request
    }
}

impl Gateway {
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
        let page: ListPage<json::Value> = self.ask(&wanted.request(), deadline).await?;
        let events = page.data.iter().map(json::to_string).collect();
        Ok((events, page.has_more))
    }
}
