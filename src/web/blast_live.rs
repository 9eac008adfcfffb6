//! Mailings as they go, for whoever follows one, a program or a page: a process looks once for all that are
//! followed, and not at all while none is. A reader gets how things are, not what has changed: whoever was away
//! has missed nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::{
    rt::{spawn, time::sleep},
    web::Data,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::Instant,
};
use uuid::Uuid;

use crate::{
    app::App,
    blast::{self, Facts},
    db::DbError,
};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// A look that takes long, since the mailings are large, is followed by a pause of so many times that long: looks
/// take a fifth of one connection's time at most.
const PAUSES: u32 = 4;
/// Streams of programs that one process has: each is a connection that is kept. Pages have places of their own.
const STREAMS: usize = 100;

/// The looks of one process.
pub struct BlastLive {
    app: App,
    looks: watch::Sender<Looked>,
    followed: Mutex<Followed>,
    room: Arc<Semaphore>,
}

/// What a look has found.
type Looked = Arc<HashMap<Uuid, Arc<Facts>>>;

/// Which mailings are followed, by how many.
#[derive(Default)]
struct Followed {
    readers: HashMap<Uuid, usize>,
    runs: bool,
}

impl BlastLive {
    /// `app` has the connections of API and pages.
    pub fn new(app: App) -> Self {
        Self {
            app,
            looks: watch::Sender::new(Arc::default()),
            followed: Mutex::default(),
            room: Arc::new(Semaphore::new(STREAMS)),
        }
    }

    /// The place of a program's stream, if there is one left.
    pub fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.room).try_acquire_owned().ok()
    }

    fn followed(&self) -> MutexGuard<'_, Followed> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look(&self, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Arc<Facts>>, DbError> {
        let (mailer, now) = (self.app.mailer.clone(), self.app.clock.now());
        let look = move |connection: &mut _| blast::facts(connection, &ids, &mailer, now);
        let found = self.app.db.run(look).await?.into_iter();
        Ok(found.map(|(id, facts)| (id, Arc::new(facts))).collect())
    }
}

/// A reader of one mailing. It is followed until this is dropped.
pub struct Following {
    live: Data<BlastLive>,
    id: Uuid,
    looks: watch::Receiver<Looked>,
    first: Option<Arc<Facts>>,
}

/// Follows a mailing, if there is one with this id.
///
/// # Errors
/// The database's.
pub async fn follow(live: &Data<BlastLive>, id: Uuid) -> Result<Option<Following>, DbError> {
    // The looks first: what changes while the mailing is read is in the next of them.
    let looks = live.looks.subscribe();
    let Some(first) = live.look(vec![id]).await?.remove(&id) else {
        return Ok(None);
    };
    let mut followed = live.followed();
    *followed.readers.entry(id).or_default() += 1;
    if !std::mem::replace(&mut followed.runs, true) {
        spawn(look_on(live.clone()));
    }
    drop(followed);
    Ok(Some(Following {
        live: live.clone(),
        id,
        looks,
        first: Some(first),
    }))
}

impl Following {
    /// How it is when this is asked first, then what each look has found. Nothing is lost if the wait is given up.
    pub async fn next(&mut self) -> Arc<Facts> {
        loop {
            if let Some(first) = self.first.take() {
                return first;
            }
            if self.looks.changed().await.is_err() {
                // The sender lives as long as we do.
                return std::future::pending().await;
            }
            // One that is not among them was not followed yet when that look began.
            let found = self.looks.borrow_and_update().get(&self.id).cloned();
            if let Some(facts) = found {
                return facts;
            }
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut followed = self.live.followed();
        if let Some(readers) = followed.readers.get_mut(&self.id) {
            *readers -= 1;
            if *readers == 0 {
                followed.readers.remove(&self.id);
            }
        }
    }
}

/// Looks until nobody reads.
async fn look_on(live: Data<BlastLive>) {
    loop {
        let ids: Vec<Uuid> = {
            let mut followed = live.followed();
            if followed.readers.is_empty() {
                followed.runs = false;
                return;
            }
            followed.readers.keys().copied().collect()
        };
        let begun = Instant::now();
        // While the database is away there is no news; the next look has all of it.
        if let Ok(found) = live.look(ids).await {
            live.looks.send_replace(Arc::new(found));
        }
        sleep(LOOK.max(begun.elapsed() * PAUSES)).await;
    }
}
