//! Callers who do not wait for their answer.
//!
//! What a payer, Stripe or an operator has begun is finished although they have gone: a browser that
//! closes must not leave a session half made. A handler whose work is worth nothing without a reader asks
//! [`Waiting`].

use std::{future::Future, rc::Rc};

use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    middleware::Next,
    rt,
};
use futures::future::{Ready, ready};
use tokio::sync::Notify;

/// Handles a request to its end in a task of its own. Connections of callers who have gone are closed
/// (`h1_allow_half_closed(false)`), which drops this future, and tells [`Waiting`].
///
/// # Errors
/// The handler's.
pub async fn handled_to_the_end<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let gone = Rc::new(Notify::new());
    request.extensions_mut().insert(Waiting(Rc::clone(&gone)));
    let _until_dropped = Until(gone);
    match rt::spawn(next.call(request)).await {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(stopped) => Err(actix_web::error::ErrorServiceUnavailable(stopped)),
        },
    }
}

/// Whether the caller still waits.
#[derive(Clone)]
pub struct Waiting(Rc<Notify>);

impl Waiting {
    /// What `work` gives, or `None` if the caller goes before; it is dropped then.
    pub async fn for_it<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.0.notified() => None,
        }
    }
}

impl FromRequest for Waiting {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    /// A request that did not come this way has a caller who waits for ever.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let waiting = request.extensions().get::<Self>().cloned();
        ready(Ok(waiting.unwrap_or_else(|| Self(Rc::default()))))
    }
}

/// Tells when it is dropped. Nobody listens any more where the answer came first.
struct Until(Rc<Notify>);

impl Drop for Until {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}
