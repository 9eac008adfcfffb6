//! The few calls to Stripe that Freshmint makes; the only user of async-stripe.
//!
//! async-stripe's builders write each request. It is sent by a transport of our own, and
//! the answer is read into structs of our own, which need of it what we act on and no more.
//! No call is made with a database connection in hand. Every call has a deadline, and is repeated
//! within it where that does no harm: a read always, a mint under its own idempotency key.

pub mod charge;
mod checkout_url;
pub mod event;
mod events;
mod id;
pub mod items;
pub mod mint;
mod names;
pub mod refund;
mod replayed_params;
mod retry;
pub mod session;
mod session_id;
mod session_lists;
mod transport;
mod value;

use std::time::Duration;

use prometheus::{Histogram, IntCounterVec};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, ExpireCheckoutSession, RetrieveCheckoutSession,
};
use stripe_client_core::{IdempotencyKey, RequestBuilder, RequestStrategy, StripeRequest};
use tokio::time::Instant;

pub use self::{
    events::EventList,
    session::Session,
    session_id::{SessionId, SessionIdError},
    session_lists::{ExpiredList, ExpiredPage},
    transport::CallError,
};
use self::{
    retry::{NextTry, Retry},
    session::WireSession,
    transport::{Ping, Transport},
};
use crate::{config, metrics::Metrics, random};

/// What metrics call a call that Stripe answered with 429.
pub const TOO_FAST: &str = CallError::KINDS[1];

/// The most entries that Stripe puts on a page of a list.
const LONGEST_PAGE: i64 = 100;

/// Stripe, as far as we use it. Cheap to clone; keeps its connections open between calls.
#[derive(Clone)]
pub struct Gateway {
    transport: Transport,
    mint_seconds: Histogram,
    errors: IntCounterVec,
}

impl Gateway {
    /// A gateway to the API at `STRIPE_API_BASE`, with the key's rights.
    pub fn new(settings: &config::Stripe, metrics: &Metrics) -> Self {
        let errors = metrics.stripe_errors.clone();
        // A counter that begins with its first error hides that one from `increase()`.
        for kind in CallError::KINDS {
            errors.with_label_values(&[kind]);
        }
        Self {
            transport: Transport::new(settings),
            mint_seconds: metrics.mint_seconds.clone(),
            errors,
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
        // Tells at its end, also when the caller has gone.
        let timer = self.mint_seconds.start_timer();
        let tried = self.try_out(body, key, deadline).await;
        // Turned away within a millisecond, it would make checkouts look quick just when Stripe is busy.
        if matches!(tried, Err(CallError::TooFast)) {
            timer.stop_and_discard();
        }
        tried
    }

    /// The same for a trial, which is nobody's mint and in no figure.
    ///
    /// # Errors
    /// As [`Gateway::create`].
    pub async fn try_out(
        &self,
        body: &str,
        key: &str,
        deadline: Instant,
    ) -> Result<Session, CallError> {
        let key = idempotency_key(key)?;
        let mut left_open: Option<CallError> = None;
        let session: Session = self
            .repeat(Retry::for_a_paced_caller(), deadline, async |patience| {
                let mut request = CreateCheckoutSession::new().build();
                request.body = Some(body.to_owned());
                let answer: Result<WireSession, CallError> =
                    self.once(request, Some(&key), patience).await;
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
            } => self.read(session.id.as_str(), deadline).await,
            session => Ok(session),
        }
    }

    /// Reads a session as it stands now. Of one that is complete and unpaid the payment intent is
    /// asked too, which alone tells a bank debit on its way from one that failed.
    ///
    /// # Errors
    /// [`CallError::Refused`] with status 404 if the account has no such session.
    pub async fn read(&self, stripe_id: &str, deadline: Instant) -> Result<Session, CallError> {
        let session = RetrieveCheckoutSession::new(path_id(stripe_id)?);
        let told: WireSession = self.ask(&session, deadline).await?;
        let told = Session::try_from(told)?;
        if told.status != session::Status::PaymentPending {
            return Ok(told);
        }
        let expanded = session.expand(["payment_intent".to_owned()]);
        let told: WireSession = self.ask(&expanded, deadline).await?;
        told.try_into()
    }

    /// Closes an open session and tells how it stands then. One that was no longer open is left as
    /// it is and read: Stripe answers 400 there, and it may have been paid.
    ///
    /// # Errors
    /// Nothing is known of the session then; asking again does no harm.
    pub async fn close(&self, stripe_id: &str, deadline: Instant) -> Result<Session, CallError> {
        let request = ExpireCheckoutSession::new(path_id(stripe_id)?);
        let refused = match self.ask::<WireSession>(&request, deadline).await {
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

    /// Asks Stripe something small, for `doctor`: does the key work, and what time is it there?
    pub async fn ping(&self, deadline: Instant) -> Ping {
        self.transport.ping(deadline - Instant::now()).await
    }

    /// Asks for something that may be asked any number of times. What is read of the answer is up to
    /// the caller: the request's own type fails as a whole where a single field is missing.
    async fn ask<T: miniserde::Deserialize>(
        &self,
        request: &(impl StripeRequest + Sync),
        deadline: Instant,
    ) -> Result<T, CallError> {
        self.repeat(Retry::default(), deadline, async |patience| {
            self.once(request.build(), None, patience).await
        })
        .await
    }

    /// One try of a call, under an idempotency key if it has one.
    async fn once<T: miniserde::Deserialize>(
        &self,
        request: RequestBuilder,
        key: Option<&IdempotencyKey>,
        patience: Duration,
    ) -> Result<T, CallError> {
        let mut call = request.customize().timeout(patience);
        if let Some(key) = key {
            call = call.request_strategy(RequestStrategy::Idempotent(key.clone()));
        }
        let answer = call.send(&self.transport).await;
        answer.inspect_err(|error| self.errors.with_label_values(&[error.kind()]).inc())
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
                NextTry::GiveUp => return Err(error),
                NextTry::Again(pause) if Instant::now() + pause >= deadline => return Err(error),
                NextTry::Again(pause) => tokio::time::sleep(pause).await,
            }
        }
    }
}

/// An id as it may stand in a path: anything else would be another call.
///
/// # Errors
/// [`CallError::NotSent`] if it is no id of a Checkout Session.
fn path_id(stripe_id: &str) -> Result<String, CallError> {
    let id = SessionId::parse(stripe_id);
    id.map(String::from)
        .map_err(|_| CallError::not_sent(format!("{stripe_id:?} is no id of a Checkout Session")))
}

/// # Errors
/// [`CallError::NotSent`] if Stripe takes no such key.
fn idempotency_key(text: &str) -> Result<IdempotencyKey, CallError> {
    IdempotencyKey::new(text).map_err(CallError::not_sent)
}
