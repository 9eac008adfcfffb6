//! The simulator's time: the system's, plus an offset that a test or the demo may move.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, Utc};

use crate::Clock;

/// A clock that can be set.
#[derive(Debug)]
pub struct Settable {
    system: Clock,
    ahead_ms: AtomicI64,
}

impl Default for Settable {
    fn default() -> Settable {
        Settable {
            system: Clock::system(),
            ahead_ms: AtomicI64::new(0),
        }
    }
}

impl Settable {
    pub fn now(&self) -> DateTime<Utc> {
        self.system.now() + Duration::milliseconds(self.ahead_ms.load(Ordering::SeqCst))
    }

    pub fn advance(&self, by: Duration) {
        self.ahead_ms
            .fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }

    /// Shows `to` now, and runs on from there.
    pub fn set(&self, to: DateTime<Utc>) {
        let ahead = (to - self.system.now()).num_milliseconds();
        self.ahead_ms.store(ahead, Ordering::SeqCst);
    }
}
