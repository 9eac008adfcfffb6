//! The time, as a parameter: the only place that asks the system for it.
//!
//! A [`Clock`] gives the domain's times. Leases and claims use PostgreSQL's `clock_timestamp()`
//! instead, since replicas' clocks differ.

use std::{fmt, sync::Arc, time::Duration};

use chrono::{DateTime, SubsecRound, Utc};

/// Tells the time in UTC. Cheap to clone; tests hand in one that they move.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the system"
    )]
    pub fn system() -> Self {
        Self::from_fn(Utc::now)
    }

    /// A clock that asks `now`.
    pub fn from_fn(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Now, to the microsecond: what PostgreSQL keeps, so that a time read back is the time written.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)().trunc_subsecs(6)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// A moment on this machine's clock that also runs while the machine sleeps or the process is
/// stopped: a lease that is measured on it cannot be outlived unnoticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(Duration);

impl Moment {
    /// Now.
    pub fn now() -> Self {
        // Where there is no CLOCK_BOOTTIME, the monotonic clock runs on in sleep.
        #[cfg(target_os = "linux")]
        const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
        #[cfg(not(target_os = "linux"))]
        const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
        let now = rustix::time::clock_gettime(CLOCK);
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        let nanos = u32::try_from(now.tv_nsec).unwrap_or(0);
        Self(Duration::new(seconds, nanos))
    }

    /// The moment that comes `time` after this one.
    pub fn after(self, time: Duration) -> Self {
        Self(self.0 + time)
    }

    /// How long it is until this moment; nothing once it has come.
    pub fn left(self) -> Duration {
        self.0.saturating_sub(Self::now().0)
    }
}
