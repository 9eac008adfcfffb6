//! What a worker does from time to time, on its own clock.

use std::time::Duration;

use crate::clock::Moment;

/// Something that is done from time to time.
pub(super) struct Every {
    period: Duration,
    last: Option<Moment>,
}

impl Every {
    pub fn new(period: Duration) -> Self {
        Self { period, last: None }
    }

    /// Whether its time has come; then it counts as done.
    pub fn is_due(&mut self) -> bool {
        let now = Moment::now();
        let is_due = self.last.is_none_or(|last| last.after(self.period) <= now);
        if is_due {
            self.last = Some(now);
        }
        is_due
    }
}
