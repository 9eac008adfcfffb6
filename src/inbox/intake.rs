//! Keeping events: requests that arrive together are one statement and one commit.

use std::sync::{Arc, Mutex, PoisonError};

use diesel::{PgConnection, QueryResult};
use tokio::sync::{Mutex as Turn, oneshot};

use super::new::{self, NewEvent};
use crate::db::{Db, DbError};

/// Rows that one statement inserts at most.
const BATCH: usize = 256;

/// What became of an event that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is durable.
    New,
    /// It was already.
    Known,
}

type Answer = oneshot::Sender<Option<Kept>>;

/// The web side of the inbox. Cheap to clone.
#[derive(Clone, Default)]
pub struct Intake {
    waiting: Arc<Mutex<Vec<(NewEvent, Answer)>>>,
    writing: Arc<Turn<()>>,
}

/// One statement where all of them are new, as nearly always.
fn insert(connection: &mut PgConnection, events: &[NewEvent]) -> QueryResult<Vec<String>> {
    let new = new::insert(connection, events)?;
    let known = events.iter().filter(|event| !new.contains(&event.id));
    let known: Vec<String> = known.map(|event| event.id.clone()).collect();
    if let (false, Some(event)) = (known.is_empty(), events.first()) {
        new::delivered(connection, &known, event.received_at)?;
    }
    Ok(new)
}

impl Intake {
    /// Keeps `event`; when this returns, it is durable.
    ///
    /// While one caller writes, the others' events gather, and the next one writes them all.
    ///
    /// # Errors
    /// [`DbError::Late`] if it was not kept, so that Stripe sends it again.
    pub async fn keep(&self, db: &Db, event: NewEvent) -> Result<Kept, DbError> {
        let (answer, mut answered) = oneshot::channel();
        self.waiting().push((event, answer));
        loop {
            tokio::select! {
                biased;
                kept = &mut answered => return kept.ok().flatten().ok_or(DbError::Late),
                _writing = self.writing.lock() => self.write(db).await,
            }
        }
    }

    async fn write(&self, db: &Db) {
        let batch: Vec<_> = {
            let mut waiting = self.waiting();
            let some = waiting.len().min(BATCH);
            waiting.drain(..some).collect()
        };
        if batch.is_empty() {
            return;
        }
        let (events, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let kept = keep_all(db, events).await;
        for (kept, answer) in kept.into_iter().zip(answers) {
            // A caller that has gone needs no answer.
            let _ = answer.send(kept);
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<(NewEvent, Answer)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps all of them in one statement. If the database refuses that, each alone, so that one which cannot
/// be kept is sent again by Stripe without the others.
async fn keep_all(db: &Db, events: Vec<NewEvent>) -> Vec<Option<Kept>> {
    let all = events.clone();
    let ids: Vec<_> = events.iter().map(|event| event.id.clone()).collect();
    match db.run(move |connection| insert(connection, &all)).await {
        Ok(new) => ids.iter().map(|id| Some(became(&new, id))).collect(),
        Err(error) if error.is_away() || events.len() == 1 => {
            log::error!("{} events were not kept: {error}", ids.len());
            vec![None; ids.len()]
        }
        Err(_) => {
            let mut kept = Vec::new();
            for event in events {
                kept.extend(Box::pin(keep_all(db, vec![event])).await);
            }
            kept
        }
    }
}

fn became(new: &[String], id: &String) -> Kept {
    if new.contains(id) {
        Kept::New
    } else {
        Kept::Known
    }
}
