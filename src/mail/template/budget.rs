//! How much text may be handled while one mail is rendered: the engine counts steps, and one step may
//! copy all lines of an order.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes that are written out or changed on the way to one subject or body. Ten times as much as the
/// longest mail has.
const MOST: usize = 2_000_000;

/// What has been handled so far.
#[derive(Debug, Default)]
pub(super) struct Budget(AtomicUsize);

impl Budget {
    /// Takes so many bytes off; whether they were there.
    pub fn take(&self, bytes: usize) -> bool {
        self.0.fetch_add(bytes, Relaxed) + bytes <= MOST
    }

    /// Whether more was asked for than there was.
    pub fn is_overdrawn(&self) -> bool {
        self.0.load(Relaxed) > MOST
    }

    /// Begins anew, for the next mail.
    pub fn refill(&self) {
        self.0.store(0, Relaxed);
    }
}
