//! Callers who do not wait for their answer.
//!
//! What a payer, Stripe or an operator has begun is finished although they have gone: a browser that
//! closes must not leave a session half made. A handler whose work is worth nothing without a reader asks
//! [`Waiting`].

use std::{
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    middleware::Next,
    rt,
};
use futures::future::{Ready, ready};
use tokio::sync::Notify;

/// Handles a request to its end. Connections of callers who have gone are closed
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
    let work = Some(next.call(request));
    ToTheEnd { work, gone }.await
}

/// Work that goes on in a task of its own when this is dropped before its end. From the beginning in one it
/// would cost each click a task.
struct ToTheEnd<W: Future + Unpin + 'static> {
    /// Nothing while it is polled: what panics is not polled again.
    work: Option<W>,
    gone: Rc<Notify>,
}

impl<W: Future + Unpin + 'static> Future for ToTheEnd<W> {
    type Output = W::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<W::Output> {
        let Some(mut work) = self.work.take() else {
            return Poll::Pending;
        };
        let answer = Pin::new(&mut work).poll(context);
        if answer.is_pending() {
            self.work = Some(work);
        }
        answer
    }
}

impl<W: Future + Unpin + 'static> Drop for ToTheEnd<W> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.gone.notify_one();
            rt::spawn(work);
        }
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

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::pending, task::Waker};

    use super::*;

    fn to_the_end<W: Future + Unpin + 'static>(work: W) -> ToTheEnd<W> {
        ToTheEnd {
            work: Some(work),
            gone: Rc::default(),
        }
    }

    #[actix_web::test]
    async fn what_was_begun_is_finished_though_nobody_waits() {
        let done = Rc::new(Cell::new(false));
        let tells = Rc::clone(&done);
        let mut begun = to_the_end(Box::pin(async move {
            tokio::task::yield_now().await;
            tells.set(true);
        }));
        let mut nobody = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut begun).poll(&mut nobody).is_pending());
        drop(begun);
        assert!(!done.get());
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        assert!(done.get());
    }

    /// A process that ends waits for so long, and then ends all the same.
    #[test]
    fn with_its_thread_it_ends_in_peace() {
        let thread = rt::Runtime::new().expect("a runtime");
        thread.block_on(async {
            rt::spawn(to_the_end(Box::pin(pending::<()>())));
            tokio::task::yield_now().await;
        });
        drop(thread);
    }
}
