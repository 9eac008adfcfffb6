//! When each of the worker's loops last turned: in memory, so that nothing that stands still is asked.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use prometheus::IntGaugeVec;

use crate::{
    clock::{Clock, Moment},
    metrics::Metrics,
};

/// A loop that stands still for longer is told of: the loops look every two seconds.
pub const MINUTE: Duration = Duration::from_secs(60);

/// A replica that dies in the middle of a chore's turn leaves it to another after so long: longer than a
/// full look at Stripe takes, and a lease that runs out early does no harm but doubled work.
pub const LEASE: Duration = Duration::from_secs(10 * 60);

/// A loop of the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loop {
    /// Works on events.
    Events,
    /// Carries mails.
    Mails,
    /// Decides whether mailings go on.
    Mailings,
    /// Tells the shop of what needs somebody.
    Alerts,
    /// Tells the same past the mail.
    Calls,
    /// Looks at Stripe, at everything since the last such look.
    FullSweep,
    /// Looks at Stripe for what no webhook has taken.
    Sweep,
    /// Deletes what is not needed any more.
    Prune,
    /// Reads what events name that an older version kept.
    Names,
    /// Reads reports out of a mailbox.
    Bounces,
    /// Looks up what the figures tell.
    Figures,
    /// Forgets spreadsheets that nobody took in.
    Spreadsheets,
    /// Writes the last news of orders.
    News,
}

impl Loop {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Events,
        Self::Mails,
        Self::Mailings,
        Self::Alerts,
        Self::Calls,
        Self::FullSweep,
        Self::Sweep,
        Self::Prune,
        Self::Names,
        Self::Bounces,
        Self::Figures,
        Self::Spreadsheets,
        Self::News,
    ];

    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Mails => "mails",
            Self::Mailings => "mailings",
            Self::Alerts => "alerts",
            Self::Calls => "alert_calls",
            Self::FullSweep => "full_sweep",
            Self::Sweep => "sweep",
            Self::Prune => "prune",
            Self::Names => "names",
            Self::Bounces => "bounces",
            Self::Figures => "figures",
            Self::Spreadsheets => "spreadsheets",
            Self::News => "news",
        }
    }

    /// Whose work it does, for the log.
    pub const fn module(self) -> &'static str {
        match self {
            Self::Events | Self::Names => "inbox",
            Self::Mails => "outbox",
            Self::Mailings => "blast",
            Self::Alerts | Self::Calls => "alert",
            Self::FullSweep | Self::Sweep => "sweep",
            Self::Prune => "retention",
            Self::Bounces => "bounce_mailbox",
            Self::Figures => "figures",
            Self::Spreadsheets => "import",
            Self::News => "news",
        }
    }

    /// For how long it may stand.
    fn may_stand(self, minute: Duration, lease: Duration) -> Duration {
        match self {
            Self::Events
            | Self::Mails
            | Self::Mailings
            | Self::Alerts
            | Self::Calls
            | Self::News => minute,
            Self::FullSweep
            | Self::Sweep
            | Self::Prune
            | Self::Names
            | Self::Bounces
            | Self::Figures
            | Self::Spreadsheets => lease,
        }
    }
}

/// The loops of this process. Cheap to clone.
#[derive(Clone)]
pub struct Loops {
    clock: Clock,
    gauge: IntGaugeVec,
    inner: Arc<Mutex<Option<Turns>>>,
}

/// Of a process that works.
struct Turns {
    begun: Moment,
    last: BTreeMap<Loop, Moment>,
}

impl Loops {
    /// None has begun.
    pub fn new(clock: Clock, metrics: &Metrics) -> Self {
        Self {
            clock,
            gauge: metrics.last_turn.clone(),
            inner: Arc::default(),
        }
    }

    /// The worker begins in this process.
    pub fn begin(&self) {
        *self.turns() = Some(Turns {
            begun: Moment::now(),
            last: BTreeMap::new(),
        });
    }

    /// The worker has ended: nobody waits for a turn any more.
    pub fn end(&self) {
        *self.turns() = None;
    }

    /// A turn has come to its end. One that failed by a fault of ours is none; what Stripe or the mail
    /// server say is no such fault.
    pub fn turned(&self, which: Loop) {
        let now = self.clock.now().timestamp();
        self.gauge.with_label_values(&[which.name()]).set(now);
        if let Some(turns) = self.turns().as_mut() {
            turns.last.insert(which, Moment::now());
        }
    }

    /// A loop that has not turned for longer than it may: a minute, a chore for its lease. None where no
    /// worker runs.
    pub fn standing_still(&self) -> Option<Loop> {
        self.standing(MINUTE, LEASE)
    }

    fn standing(&self, minute: Duration, lease: Duration) -> Option<Loop> {
        let turns = self.turns();
        let turns = turns.as_ref()?;
        Loop::ALL.into_iter().find(|which| {
            let last = turns.last.get(which).unwrap_or(&turns.begun);
            last.after(which.may_stand(minute, lease)) <= Moment::now()
        })
    }

    /// Whether every loop has turned at all, and lately enough: those that are no chores within `minute`.
    pub fn have_turned(&self, minute: Duration) -> bool {
        let all = self.turns().as_ref().map(|turns| turns.last.len());
        all == Some(Loop::ALL.len()) && self.standing(minute, LEASE).is_none()
    }

    fn turns(&self) -> MutexGuard<'_, Option<Turns>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loops() -> Loops {
        Loops::new(Clock::system(), &Metrics::new())
    }

    #[test]
    fn a_process_without_a_worker_stands_nowhere_and_turns_nowhere() {
        let loops = loops();
        loops.turned(Loop::Mails);
        assert_eq!(loops.standing_still(), None);
        assert!(!loops.have_turned(MINUTE));
    }

    #[test]
    fn every_loop_must_have_turned_and_lately() {
        let loops = loops();
        loops.begin();
        assert_eq!(loops.standing_still(), None, "they have a minute to begin");
        for which in Loop::ALL {
            assert!(!loops.have_turned(MINUTE), "{which:?}");
            loops.turned(which);
        }
        assert!(loops.have_turned(MINUTE));
        assert!(!loops.have_turned(Duration::ZERO));
        loops.end();
        assert!(!loops.have_turned(MINUTE));
    }

    #[test]
    fn the_loop_that_stands_still_is_named_and_a_chore_has_its_lease() {
        let loops = loops();
        loops.begin();
        for which in Loop::ALL {
            loops.turned(which);
        }
        let no_time = Duration::ZERO;
        assert_eq!(loops.standing(MINUTE, LEASE), None);
        assert_eq!(loops.standing(no_time, LEASE), Some(Loop::Events));
        assert_eq!(loops.standing(MINUTE, no_time), Some(Loop::FullSweep));
    }
}
