//! What the handle, the server's workers and the postman share.

use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::catalogue::Catalogue;
use super::clock::Settable;
use super::faults::Faults;
use super::idempotency::Keys;
use super::journal::Journal;
use super::settings::Settings;
use super::world::World;

/// What the postman is told.
pub enum Job {
    /// Deliver, with retries.
    Post(String),
    /// One POST, whatever became of the event before.
    Once(String, Sender<Result<u16, String>>),
    Stop,
}

pub struct Shared {
    pub settings: Settings,
    pub clock: Settable,
    pub keys: Mutex<Keys>,
    pub faults: Mutex<Faults>,
    pub journal: Mutex<Journal>,
    pub latency: Mutex<Duration>,
    /// TCP connections accepted, whatever came over them.
    pub accepted: AtomicU64,
    /// Those of them that carried a call of the API.
    pub connections: AtomicUsize,
    pub jobs: UnboundedSender<Job>,
    world: Mutex<World>,
}

impl Shared {
    pub fn new(settings: Settings, jobs: UnboundedSender<Job>) -> Shared {
        let mut world = World::default();
        world.catalogue = Catalogue::seeded();
        world.endpoint.url.clone_from(&settings.webhook_url);
        Shared {
            settings,
            clock: Settable::default(),
            keys: Mutex::default(),
            faults: Mutex::default(),
            journal: Mutex::default(),
            latency: Mutex::default(),
            accepted: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
            jobs,
            world: Mutex::new(world),
        }
    }

    /// Does something with the account at the present moment: what is past its time has expired
    /// before, and what happened is on its way to the webhook endpoint afterwards.
    pub fn with<T>(&self, act: impl FnOnce(&mut World, i64) -> T) -> T {
        let now = self.clock.now().timestamp();
        let (result, outgoing) = {
            let mut world = lock(&self.world);
            world.look(now);
            let result = act(&mut world, now);
            (result, world.outgoing())
        };
        for id in outgoing {
            // Without a postman the simulator is being dropped.
            let _ = self.jobs.send(Job::Post(id));
        }
        result
    }
}

/// A lock whose holder panicked is taken over: a test's failure shall not hide behind another.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
