//! Asking Stripe for lists of Checkout Sessions. <https://docs.stripe.com/api/checkout/sessions/list>

use chrono::{DateTime, Utc};
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
        let page: ListPage<WireSession> = self.ask(&wanted.request(), deadline).await?;
        let sessions: Result<Vec<Session>, CallError> =
            page.data.into_iter().map(Session::try_from).collect();
        Ok((sessions?, page.has_more))
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
            let page: ListPage<WireSession> = self.ask(&request, deadline).await?;
            let last = page.data.last().map(|session| session.id.clone());
            if let Some(ours) = page
                .data
                .into_iter()
                .find(|session| session.row() == Some(row))
            {
                return ours.try_into().map(Some);
            }
            match last {
                Some(last) if page.has_more => request = request.starting_after(last),
                _ => return Ok(None),
            }
        }
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
