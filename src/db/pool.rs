//! The connections of one lane.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    DbError,
    connection::{Address, Link},
    limits::CONNECTING,
    refusal::refusal,
};

/// A connection is closed after so long, so that a server is not kept from giving memory back.
const OLDEST: Duration = Duration::from_secs(30 * 60);
/// One that was not used for so long is closed: firewalls forget it.
const LONGEST_REST: Duration = Duration::from_secs(10 * 60);
/// The first pause between two tries to connect; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Connections that are free, and turns for as many callers as there may be connections.
pub(super) struct Pool {
    pub address: Address,
    free: Mutex<Vec<Link>>,
    turns: Arc<Semaphore>,
}

impl Pool {
    pub fn new(address: Address, size: u32) -> Self {
        Self {
            address,
            free: Mutex::default(),
            turns: Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1))),
        }
    }

    /// A turn. It comes before a thread is taken, so that a lane never has more threads than
    /// connections, and before a connection, of which there are then never too many.
    pub async fn turn(&self) -> Result<OwnedSemaphorePermit, DbError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        turn.map_err(|_| DbError::Late)
    }

    /// A free connection, or a new one. The caller has a turn.
    pub fn take(&self) -> Result<Link, DbError> {
        let (began, mut pause) = (Instant::now(), FIRST_PAUSE);
        while let Some(link) = self.free().pop() {
            if link.opened.elapsed() < OLDEST && link.used.elapsed() < LONGEST_REST {
                return Ok(link);
            }
        }
        loop {
            let error = match self.address.connect() {
                Ok(link) => return Ok(link),
                Err(error) => error,
            };
            // A server that starts again is there in a moment.
            if began.elapsed() + pause >= CONNECTING {
                return Err(refusal(self.address.url(), &error));
            }
            std::thread::sleep(pause);
            pause *= 2;
        }
    }

    /// Gives back a connection that can be used again.
    pub fn give_back(&self, mut link: Link) {
        if !link.is_broken() {
            link.used = Instant::now();
            self.free().push(link);
        }
    }

    /// Closes what is free: where one connection is dead or cannot write, its neighbours are like it.
    pub fn forget_free(&self) {
        let links = std::mem::take(&mut *self.free());
        drop(links);
    }

    fn free(&self) -> MutexGuard<'_, Vec<Link>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
