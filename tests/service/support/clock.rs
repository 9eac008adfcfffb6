//! The clock of a world.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};
use freshmint::clock::Clock;

/// Goes ahead of the system's clock by what the test says, and stands still from when the test says so: how often
/// a caller may be wrong does not depend then on how busy the machine is.
#[derive(Clone, Default)]
pub struct WorldClock(Arc<Mutex<Hands>>);

#[derive(Clone, Copy, Default)]
struct Hands {
    ahead: Duration,
    /// Where the system's clock was when this one was stopped.
    stopped_at: Option<DateTime<Utc>>,
}

impl WorldClock {
    /// What the service is given.
    pub fn clock(&self) -> Clock {
        self.ahead_by(Duration::zero())
    }

    /// The clock of a replica whose clock is wrong.
    pub fn ahead_by(&self, time: Duration) -> Clock {
        let (hands, system) = (self.clone(), Clock::system());
        Clock::from_fn(move || {
            let Hands { ahead, stopped_at } = *hands.lock();
            stopped_at.unwrap_or_else(|| system.now()) + ahead + time
        })
    }

    pub fn pass(&self, time: Duration) {
        self.lock().ahead += time;
    }

    pub fn stop(&self) {
        self.lock().stopped_at = Some(Clock::system().now());
    }

    fn lock(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
