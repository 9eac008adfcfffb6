//! Keeping events: requests that arrive together are one statement and one commit.

use diesel::{PgConnection, QueryResult};

use super::new::{self, NewEvent};
use crate::{
    db::{Db, DbError},
    together::Together,
};

/// What became of an event that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is durable.
    New,
    /// It was already.
    Known,
}

/// The web side of the inbox. Cheap to clone.
#[derive(Clone, Default)]
pub struct Intake(Together<NewEvent, Option<Kept>>);

impl Intake {
    /// Keeps `event`; when this returns, it is durable.
    ///
    /// # Errors
    /// [`DbError::Late`] if it was not kept, so that Stripe sends it again.
    pub async fn keep(&self, db: &Db, event: NewEvent) -> Result<Kept, DbError> {
        let Self(together) = self;
        let kept = together.ask(event, || {
            let db = db.clone();
            move |events| keep_all(db.clone(), events)
        });
        kept.await.flatten().ok_or(DbError::Late)
    }
}

/// Keeps all of them in one statement. If the database refuses that, each alone, so that one which cannot
/// be kept is sent again by Stripe without the others.
async fn keep_all(db: Db, events: Vec<NewEvent>) -> Vec<Option<Kept>> {
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
                kept.extend(Box::pin(keep_all(db.clone(), vec![event])).await);
            }
            kept
        }
    }
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

fn became(new: &[String], id: &String) -> Kept {
    if new.contains(id) {
        Kept::New
    } else {
        Kept::Known
    }
}
