//! Asking Stripe for lists of Checkout Sessions. <https://docs.stripe.com/api/checkout/sessions/list>

use chrono::{DateTime, Utc};
use miniserde::json::Value;
use stripe_checkout::{
    CheckoutSessionStatus,
    checkout_session::{ListCheckoutSession, ListCheckoutSessionCustomerDetails},
};
use stripe_types::RangeQueryTs;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    CallError, Gateway, LONGEST_PAGE, Session,
    session::{ListPage, WireSession},
    value,
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

/// A page of sessions, newest first.
#[derive(Debug)]
pub struct ExpiredPage {
    /// Each, or why it cannot be read: one that is odd costs itself alone.
    pub sessions: Vec<Result<Session, CallError>>,
    /// The last session's id, if there are older ones.
    pub next: Option<String>,
}

impl Gateway {
    /// One page of expired sessions.
    ///
    /// # Errors
    /// As [`Gateway::read`].
    pub async fn expired(
        &self,
        wanted: &ExpiredList,
        deadline: Instant,
    ) -> Result<ExpiredPage, CallError> {
        let page: ListPage<Value> = self.ask(&wanted.request(), deadline).await?;
        Ok(page.into())
    }

    /// The session that a payment was made in, if it was made in one.
    ///
    /// # Errors
    /// As [`Gateway::read`].
    pub async fn session_of(
        &self,
        payment_intent: &str,
        deadline: Instant,
    ) -> Result<Option<Session>, CallError> {
        let request = ListCheckoutSession::new()
            .payment_intent(payment_intent)
            .limit(1);
        let page: ListPage<WireSession> = self.ask(&request, deadline).await?;
        page.data
            .into_iter()
            .next()
            .map(Session::try_from)
            .transpose()
    }

    /// The session that carries our row's id, among those created since `since` (any status).
    ///
    /// # Errors
    /// As [`Gateway::read`].
    pub async fn find_minted(
        &self,
        row: Uuid,
        since: DateTime<Utc>,
        deadline: Instant,
    ) -> Result<Option<Session>, CallError> {
        let mut request = ListCheckoutSession::new()
            .created(RangeQueryTs::gte(since.timestamp()))
            .limit(LONGEST_PAGE);
        loop {
            let page: ListPage<Value> = self.ask(&request, deadline).await?;
            // Those of others may be odd.
            let sessions = page.data.iter().filter_map(|session| wire(session).ok());
            if let Some(ours) = sessions.into_iter().find(|it| it.row() == Some(row)) {
                return ours.try_into().map(Some);
            }
            match last_id(&page) {
                Some(last) => request = request.starting_after(last),
                None => return Ok(None),
            }
        }
    }
}

impl From<ListPage<Value>> for ExpiredPage {
    fn from(page: ListPage<Value>) -> Self {
        let session = |it| wire(it).and_then(Session::try_from);
        Self {
            sessions: page.data.iter().map(session).collect(),
            next: last_id(&page).map(str::to_owned),
        }
    }
}

fn wire(session: &Value) -> Result<WireSession, CallError> {
    value::decode(session)
        .map_err(|_| CallError::unreadable("a session in a list of them has another form"))
}

/// Where the next page begins; `None` on the last one.
fn last_id(page: &ListPage<Value>) -> Option<&str> {
    match page.data.last().filter(|_| page.has_more)? {
        Value::Object(session) => match session.get("id")? {
            Value::String(id) => Some(id),
            _ => None,
        },
        _ => None,
    }
}

impl ExpiredList {
    fn request(&self) -> ListCheckoutSession {
        let mut request = ListCheckoutSession::new()
            .status(CheckoutSessionStatus::Expired)
            .limit(LONGEST_PAGE);
        if let Some(since) = self.since {
            request = request.created(RangeQueryTs::gte(since.timestamp()));
        }
        if let Some(email) = &self.email {
            request = request.customer_details(ListCheckoutSessionCustomerDetails::new(email));
        }
        if let Some(after) = &self.after {
            request = request.starting_after(after);
        }
        request
    }
}

#[cfg(test)]
mod tests {
    use miniserde::json;

    use super::*;

    #[test]
    fn an_odd_session_costs_itself_alone() {
        let text = r#"{"has_more": true, "data": [
            {"id": "cs_test_1", "status": "expired", "payment_status": "unpaid"},
            {"id": "cs_test_2", "status": "expired", "metadata": "none"},
            {"id": "../../v1/balance", "status": "expired", "payment_status": "unpaid"},
            {"id": "cs_test_4", "status": 5}
        ]}"#;
        let page: ListPage<Value> = json::from_str(text).expect("a page");
        let page = ExpiredPage::from(page);
        let read: Vec<bool> = page.sessions.iter().map(Result::is_ok).collect();
        assert_eq!(read, [true, false, false, false]);
        assert_eq!(page.next.as_deref(), Some("cs_test_4"));
    }
}
