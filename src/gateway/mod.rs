//! The few calls to Stripe that Freshmint makes; the only user of the Stripe client.
//!
//! No call is made with a database connection in hand. Every call has a deadline, and is repeated
//! within it where that does no harm: a read always, a mint under its own idempotency key.

pub mod charge;
pub mod event;
pub mod mint;
mod retry;
pub mod session;
mod transport;

use std::time::Duration;

use chrono::{DateTime, Utc};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, ExpireCheckoutSession, ListCheckoutSession, RetrieveCheckoutSession,
};
use stripe_client_core::{
    IdempotencyKey, RequestBuilder, RequestStrategy, StripeMethod, StripeRequest,
};
use stripe_types::RangeQueryTs;
use tokio::time::Instant;
use url::form_urlencoded;

use self::{
    retry::{Next, Retry},
    session::{Page, WireSession},
    transport::{Ping, Transport},
};
pub use self::{session::Session, transport::CallError};
use crate::{config, random};

/// Stripe, as far as we use it. Cheap to clone; keeps its connections open between calls.
#[derive(Clone)]
pub struct Gateway {
    transport: Transport,
}

/// Which events are asked for. <https://docs.stripe.com/api/events/list>
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
    /// A gateway to the API at `STRIPE_API_BASE`, with the key's rights.
    pub fn new(settings: &config::Stripe) -> Self {
        Self {
            transport: Transport::new(settings),
        }
    }

    /// Creates a Checkout Session from a stored body, under its key; repeats are to the byte. A 429 is
    /// the caller's to wait for.
    ///
    /// # Errors
    /// Where [`CallError::leaves_open`], the session may exist all the same.
    pub async fn create(
        &self,
        body: &str,
        key: &str,
        deadline: Instant,
    ) -> Result<Session, CallError> {
        let path = CreateCheckoutSession::new().build().path;
        let key =
            IdempotencyKey::new(key).map_err(|error| CallError::NotSent(error.to_string()))?;
        let mut left_open: Option<CallError> = None;
        let session: Session = self
            .repeat(Retry::for_a_paced_caller(), deadline, async |patience| {
                let request = RequestBuilder {
                    method: StripeMethod::Post,
                    path: path.clone(),
                    query: None,
                    body: Some(body.to_owned()),
                };
                let answer: Result<WireSession, CallError> = request
                    .customize()
                    .request_strategy(RequestStrategy::Idempotent(key.clone()))
                    .timeout(patience)
                    .send(&self.transport)
                    .await;
                match answer.and_then(Session::try_from) {
                    // The try before may have made it, and this answer says nothing of that.
                    Err(error) if error.refuses_our_key() => Err(left_open.take().unwrap_or(error)),
                    Err(error) => {
                        left_open = error.leaves_open().then(|| error.clone());
                        Err(error)
                    }
                    session => session,
                }
            })
            .await?;
        match session {
            Session {
                status: session::Status::Open,
                url: None,
                ..
            } => self.read(&session.id, deadline).await,
            session => Ok(session),
        }
    }

    /// Reads a session as it stands now. Of one that is complete and unpaid the payment intent is
    /// asked too, which alone tells a bank debit on its way from one that failed.
    ///
    /// # Errors
    /// [`CallError::Refused`] with status 404 if the account has no such session.
    pub async fn read(&self, stripe_id: &str, deadline: Instant) -> Result<Session, CallError> {
        let session = RetrieveCheckoutSession::new(stripe_id);
        let plain = || session.build();
        let told: Session = self.ask::<WireSession>(plain, deadline).await?.try_into()?;
        if told.status != session::Status::PaymentPending {
            return Ok(told);
        }
        let expanded = session.clone().expand(["payment_intent".to_owned()]);
        self.ask::<WireSession>(|| expanded.build(), deadline)
            .await?
            .try_into()
    }

    /// Closes an open session and tells how it stands then. One that was no longer open is left as
    /// it is and read: Stripe answers 400 there, and it may have been paid.
    ///
    /// # Errors
    /// Nothing is known of the session then; asking again does no harm.
    pub async fn close(&self, stripe_id: &str, deadline: Instant) -> Result<Session, CallError> {
        let request = || ExpireCheckoutSession::new(stripe_id).build();
        let refused = match self.ask::<WireSession>(request, deadline).await {
            Err(refused @ CallError::Refused { status: 400, .. }) => refused,
            answer => return answer?.try_into(),
        };
        match self.read(stripe_id, deadline).await? {
            // It cannot be closed, and can be paid: whoever asked must not go on.
            Session {
                status: session::Status::Open,
                ..
            } => Err(refused),
            session => Ok(session),
        }
    }

    /// The session that carries our row's id, among those created since `since` (any status).
    ///
    /// # Errors
    /// As [`Gateway::read`].
    pub async fn find_minted(
        &self,
        row: uuid::Uuid,
        since: DateTime<Utc>,
        deadline: Instant,
    ) -> Result<Option<Session>, CallError> {
        let mut list = ListCheckoutSession::new()
            .created(RangeQueryTs::gte(since.timestamp()))
            .limit(100);
        loop {
            let page: Page<WireSession> = self.ask(|| list.build(), deadline).await?;
            let last = page.data.last().map(|session| session.id.clone());
            if let Some(ours) = page
                .data
                .into_iter()
                .find(|session| session.row() == Some(row))
            {
                return ours.try_into().map(Some);
            }
            match last {
                Some(last) if page.has_more => list = list.starting_after(last),
                _ => return Ok(None),
            }
        }
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
        let request = || RequestBuilder {
            method: StripeMethod::Get,
            path: "/events".to_owned(),
            query: Some(query.clone()),
            body: None,
        };
        let page: Page<miniserde::json::Value> = self.ask(request, deadline).await?;
        let events = page.data.iter().map(miniserde::json::to_string).collect();
        Ok((events, page.has_more))
    }

    /// Gives back what is left of a payment, under a key that names our case: asked twice it is
    /// done once.
    ///
    /// # Errors
    /// [`CallError::Refused`] with Stripe's code, such as `charge_disputed`. Where
    /// [`CallError::leaves_open`], it may have been done all the same.
    pub async fn refund(
        &self,
        payment_intent: &str,
        case: uuid::Uuid,
        deadline: Instant,
    ) -> Result<(), CallError> {
        #[derive(miniserde::Deserialize)]
        struct Refund {
            #[allow(dead_code, reason = "an answer without an id is none")]
            id: String,
        }
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("payment_intent", payment_intent)
            .append_pair("metadata[freshmint_case]", &case.to_string())
            .finish();
        let key = IdempotencyKey::new(format!("freshmint-refund-{case}"))
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

    /// Asks Stripe something small, for `doctor`: does the key work, and what time is it there?
    pub async fn ping(&self, deadline: Instant) -> Ping {
        self.transport.ping(deadline - Instant::now()).await
    }

    /// Asks for something that may be asked any number of times.
    async fn ask<T: miniserde::Deserialize>(
        &self,
        request: impl Fn() -> RequestBuilder,
        deadline: Instant,
    ) -> Result<T, CallError> {
        self.repeat(Retry::default(), deadline, async |patience| {
            request()
                .customize()
                .timeout(patience)
                .send(&self.transport)
                .await
        })
        .await
    }

    /// Repeats `call` as [`retry`] says, until `deadline`.
    async fn repeat<T>(
        &self,
        mut retry: Retry,
        deadline: Instant,
        mut call: impl AsyncFnMut(Duration) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let error = match call(retry.patience(left)).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match retry.after(&error, random::share()) {
                Next::GiveUp => return Err(error),
                Next::Again(pause) if Instant::now() + pause >= deadline => return Err(error),
                Next::Again(pause) => tokio::time::sleep(pause).await,
            }
        }
    }
}
