//! A process that leaves, in an order that no caller notices.
//!
//! A proxy in front keeps connections to us and may send the next request on one of them at any moment: to
//! close it then takes the request along, and what is no GET is asked by no proxy again. So first `/readyz`
//! says no and all else goes on, then each answer says that its connection closes, then nobody new is let
//! in, and what is kept still after that is closed.

use std::{
    io,
    net::{Shutdown, TcpListener},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServerHandle, ServiceRequest, ServiceResponse},
    http::ConnectionType,
    middleware::Next,
    rt::time::sleep,
    web::Data,
};
use socket2::SockRef;
use tokio::sync::watch;

use crate::clock::Moment;

/// Proxies and load balancers ask `/readyz` every few seconds.
const NOTICED: Duration = Duration::from_secs(3);
/// Kept connections are asked something, and closed with the answer.
const CLOSING: Duration = Duration::from_secs(2);
/// Connections that were begun come through: more than the way to a proxy and back.
const COMES_THROUGH: Duration = Duration::from_millis(250);
/// A proxy that is let in no more has gone elsewhere, with what it had kept, too.
const GONE: Duration = Duration::from_secs(1);
/// Whoever has not been asked for so long is behind no proxy that still keeps a connection: nginx lets go
/// of it after a minute.
const LATELY: Duration = Duration::from_secs(60);

/// Whether this process leaves. Cheap to clone.
#[derive(Clone, Default)]
pub struct Leaving(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Whether answers that would go on for ever end.
    no_streams: watch::Sender<bool>,
    asked: Mutex<Option<Moment>>,
    begun: AtomicBool,
    closes: AtomicBool,
}

impl Leaving {
    /// From here on `/readyz` says no.
    pub fn begin(&self) {
        self.0.begun.store(true, Ordering::SeqCst);
    }

    /// Ends answers that would go on for ever: the server waits for each that is in hand.
    pub fn end_streams(&self) {
        self.0.no_streams.send_replace(true);
    }

    /// Whether they have ended.
    pub fn streams_have_ended(&self) -> bool {
        *self.0.no_streams.borrow()
    }

    /// Waits until they end.
    pub async fn end_of_streams(&self) {
        let mut ended = self.0.no_streams.subscribe();
        // The sender is ours, and lives as long.
        let _ = ended.wait_for(|ended| *ended).await;
    }

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        self.0.begun.load(Ordering::SeqCst)
    }

    /// Lets go of those who ask, up to the last; nobody is let in afterwards. At once if nobody has asked
    /// lately.
    pub async fn let_go(&self, server: &ServerHandle, door: &TcpListener) {
        if !self.was_asked_within(LATELY) {
            return;
        }
        sleep(NOTICED).await;
        self.0.closes.store(true, Ordering::SeqCst);
        sleep(CLOSING).await;
        if let Err(error) = begin_no_new(door) {
            log::debug!("new connections are let in up to the last: {error}");
        }
        sleep(COMES_THROUGH).await;
        // In this order: while the server waits at the door, a door that is shut is an error, and it hears
        // of the pause a moment after it was told.
        server.pause().await;
        sleep(COMES_THROUGH).await;
        let _ = SockRef::from(door).shutdown(Shutdown::Both);
        sleep(GONE).await;
    }

    fn asked(&self) {
        let mut asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *asked = Some(Moment::now());
    }

    fn was_asked_within(&self, time: Duration) -> bool {
        let asked = *self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.is_some_and(|at| at.after(time) > Moment::now())
    }
}

/// Takes down that somebody asks, and has the answer say that the connection closes when it does.
///
/// # Errors
/// The handler's.
pub async fn told<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let leaving = request.app_data::<Data<Leaving>>().cloned();
    if let Some(leaving) = leaving.as_ref().filter(|_| !is_about_us(&request)) {
        leaving.asked();
    }
    let mut answer = next.call(request).await?;
    if leaving.is_some_and(|leaving| leaving.0.closes.load(Ordering::SeqCst)) {
        let head = answer.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(answer)
}

/// Whoever asks this leads nobody to us.
fn is_about_us(request: &ServiceRequest) -> bool {
    matches!(request.path(), "/healthz" | "/metrics")
}

/// The kernel drops the first packet of a new connection, so that its sender tries again in a second and
/// is refused by then. A door that is shut at once would reset whoever stands in it with a request.
#[cfg(target_os = "linux")]
fn begin_no_new(door: &TcpListener) -> io::Result<()> {
    use socket2::SockFilter;
    const SYN: u32 = 0x02;
    const SYN_AND_ACK: u32 = 0x12;
    /// Where a TCP header has its flags.
    const FLAGS: u32 = 13;
    SockRef::from(door).attach_filter(&[
        // Load the byte, keep the two flags; a first packet has SYN alone and goes to the next line, all
        // else to the one after it.
        SockFilter::new(0x30, 0, 0, FLAGS),
        SockFilter::new(0x54, 0, 0, SYN_AND_ACK),
        SockFilter::new(0x15, 0, 1, SYN),
        SockFilter::new(0x06, 0, 0, 0),
        SockFilter::new(0x06, 0, 0, u32::MAX),
    ])
}

#[cfg(not(target_os = "linux"))]
fn begin_no_new(_: &TcpListener) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asked_a_while_ago_does_not_count() {
        let leaving = Leaving::default();
        assert!(!leaving.was_asked_within(LATELY));
        leaving.asked();
        assert!(leaving.was_asked_within(LATELY));
        assert!(!leaving.was_asked_within(Duration::ZERO));
    }
}
