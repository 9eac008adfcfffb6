//! The idempotency key of one call, held while the call runs.

use std::sync::Arc;

use serde_json::Value;

use super::idempotency::{Begin, Stored};
use super::shared::{Shared, lock};

/// Holds an idempotency key for as long as its call runs, and frees it if nothing is kept.
pub struct Ticket {
    shared: Arc<Shared>,
    key: Option<String>,
    held: bool,
}

impl Ticket {
    /// Without a key there is nothing to hold; on a GET Stripe ignores it.
    pub fn new(shared: &Arc<Shared>, key: Option<String>) -> Ticket {
        Ticket {
            shared: Arc::clone(shared),
            key,
            held: false,
        }
    }

    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    pub fn begin(&mut self, path: &str, params: &Value) -> Begin {
        let Some(key) = &self.key else {
            return Begin::Execute;
        };
        let now = self.shared.clock.now().timestamp();
        let begin = lock(&self.shared.keys).begin(key, path, params, now);
        self.held = begin == Begin::Execute;
        begin
    }

    pub fn finish(&mut self, stored: Stored) {
        if let (true, Some(key)) = (self.held, &self.key) {
            lock(&self.shared.keys).finish(key, stored);
            self.held = false;
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let (true, Some(key)) = (self.held, &self.key) {
            lock(&self.shared.keys).release(key);
        }
    }
}
