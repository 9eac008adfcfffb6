//! The simulator's time: the system's, plus an offset that a test or the demo may move.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, Utc};

#[derive(Debug, Default)]
pub struct Clock {
    ahead_ms: AtomicI64,
}

impl Clock {
    pub fn now(&self) -> DateTime<Utc> {
        system() + Duration::milliseconds(self.ahead_ms.load(Ordering::SeqCst))
    }

    pub fn advance(&self, by: Duration) {
        self.ahead_ms
            .fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }

    pub fn set(&self, to: DateTime<Utc>) {
        let ahead = (to - system()).num_milliseconds();
        self.ahead_ms.store(ahead, Ordering::SeqCst);
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the one place of the simulator that asks the system for the time"
)]
fn system() -> DateTime<Utc> {
    Utc::now()
}
