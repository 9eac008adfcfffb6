//! The few calls to Stripe that Freshmint makes; the only user of the Stripe client.
//!
//! No call is made with a database connection in hand. Every call has a deadline, and is repeated
//! within it where that does no harm: a read always, a mint under its own idempotency key.

pub mod charge;
pub mod event;
mod events;
mod expired;
pub mod items;
pub mod mint;
mod names;
mod refund;
mod repeated;
mod retry;
pub mod session;
mod transport;
mod value;

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

pub use self::{events::EventList, expired::ExpiredList, session::Session, transport::CallError};
use self::{
    retry::{Next, Retry},
    session::{Page, WireSession},
    transport::{Ping, Transport},
};
use crate::{config, random};

/// Stripe, as far as we use it. Cheap to clone; keeps its connections open between calls.
#[derive(Clone)]
pub struct Gateway {
    transport: Transport,
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

/// A read of what the generated requests have no type for here.
fn get(path: &str, query: &str) -> RequestBuilder {
    RequestBuilder {
        method: StripeMethod::Get,
        path: path.to_owned(),
        query: Some(query.to_owned()),
        body: None,
    }
}
