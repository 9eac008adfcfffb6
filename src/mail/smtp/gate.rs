//! A stream that writes nothing more once the lease of the mail in hand is over.
//!
//! A process can be stopped for an hour between any two instructions. The last thing before bytes
//! leave is therefore a look at a clock that has run on meanwhile: a mail that others may have been
//! told of as `unknown`, and that a person may have sent again, never gets its final dot from us.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::clock::Moment;

/// How long a mail is ours: from before its claim was asked for, so never longer than the database
/// has it.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    begins: Moment,
    length: Duration,
}

impl Lease {
    /// A lease that begins now.
    pub fn starting_now(length: Duration) -> Self {
        Self {
            begins: Moment::now(),
            length,
        }
    }

    /// The message must have been written by then: far before the end, so that its final dot and the
    /// answer to it come within the lease, too.
    pub(super) fn write_by(self) -> Moment {
        self.begins.after(self.length / 2)
    }

    /// After this nothing is written any more. The last fifth, 12 seconds of the usual 60, is for bytes
    /// that the kernel has taken: unconfirmed ones are given up after 10 seconds.
    pub(super) fn ends(self) -> Moment {
        self.begins.after(self.length * 4 / 5)
    }

    /// How long the server's last word is waited for: beyond the end, since a late one still tells
    /// that a mail was taken.
    pub(super) fn answer_by(self) -> Moment {
        self.begins.after(self.length * 2)
    }
}

/// Lets bytes through while the lease lasts. Cheap to clone; all clones are one gate.
#[derive(Debug, Clone, Default)]
pub(super) struct Gate(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    ends: Mutex<Option<Moment>>,
    refused: AtomicBool,
}

impl Gate {
    /// Opens for one mail.
    pub fn open_for(&self, lease: Lease) {
        *self.ends() = Some(lease.ends());
        self.0.refused.store(false, Ordering::SeqCst);
    }

    /// Opens for what is no mail: a greeting, a farewell.
    pub fn open(&self) {
        *self.ends() = None;
    }

    /// Whether something was to be written for this mail and was not, so that the server cannot have
    /// all of it.
    pub fn has_refused(&self) -> bool {
        self.0.refused.load(Ordering::SeqCst)
    }

    fn lets_through(&self) -> bool {
        let over = self.ends().is_some_and(|ends| Moment::now() >= ends);
        if over {
            self.0.refused.store(true, Ordering::SeqCst);
        }
        !over
    }

    fn ends(&self) -> std::sync::MutexGuard<'_, Option<Moment>> {
        self.0
            .ends
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The gate before a TCP stream, beneath whatever encrypts.
#[derive(Debug)]
pub(super) struct Gated {
    pub stream: TcpStream,
    pub gate: Gate,
}

impl AsyncTokioStream for Gated {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for Gated {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Gated {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.gate.lets_through() {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the lease is over",
            )));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_closes_when_the_lease_is_over_and_says_so() {
        let gate = Gate::default();
        assert!(gate.lets_through());
        gate.open_for(Lease::starting_now(Duration::from_secs(60)));
        assert!(gate.lets_through() && !gate.has_refused());
        gate.open_for(Lease::starting_now(Duration::ZERO));
        assert!(!gate.lets_through() && gate.has_refused());
        gate.open_for(Lease::starting_now(Duration::from_secs(60)));
        assert!(gate.lets_through() && !gate.has_refused());
    }

    #[test]
    fn writing_ends_well_before_the_lease_does() {
        let lease = Lease::starting_now(Duration::from_secs(60));
        assert!(lease.write_by() < lease.ends());
        assert!(lease.ends() < lease.begins.after(lease.length));
    }
}
