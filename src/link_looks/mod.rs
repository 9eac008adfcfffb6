//! The last look at a pay link, by a person and by a machine: for bills only, never for carts.
//!
//! A click notes it in memory ([`LinkLooks::note`]), and every ten seconds one batch is written
//! (`batches`): a click waits for nothing more, and the order's row, which whoever pays locks, is not
//! touched. A batch that is lost is a lost look, and nothing is decided by one.

mod rows;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use self::rows::{LastLooks, of_order};
use crate::{batches::Noted, db::Db, visitor::Visitor};

/// Orders of one batch: more than are clicked on in ten seconds. Looks at more are lost.
const MOST: usize = 10_000;

/// Looks that are not written yet. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LinkLooks(Noted<Uuid, LastLooks>);

impl Default for LinkLooks {
    fn default() -> Self {
        Self(Noted::at_most(MOST))
    }
}

impl LinkLooks {
    /// Notes that somebody looks at an order's link now.
    pub fn note(&self, order: Uuid, by: Visitor, at: DateTime<Utc>) {
        let look = match by {
            Visitor::Person => LastLooks {
                by_person: Some(at),
                ..LastLooks::default()
            },
            Visitor::Machine(_) => LastLooks {
                by_machine: Some(at),
                ..LastLooks::default()
            },
        };
        self.add(order, look);
    }

    fn add(&self, order: Uuid, look: LastLooks) {
        self.0.add(order, |last| *last = last.and(look));
    }
}

/// Writes what has been noted. Those of an order that is locked at this moment wait for the next batch.
pub async fn write(looks: &LinkLooks, db: &Db) {
    let batch = looks.0.take();
    if batch.is_empty() {
        return;
    }
    let mut sorted: Vec<(Uuid, LastLooks)> = batch.into_iter().collect();
    sorted.sort_unstable_by_key(|(order, _)| *order);
    let written = db.transaction(move |connection| rows::write(connection, &sorted));
    match written.await {
        Ok(left) => left
            .into_iter()
            .for_each(|(order, look)| looks.add(order, look)),
        Err(error) => log::warn!("looks at links were not written, and are not known: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::visitor::Sign;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(seconds)
    }

    #[test]
    fn the_last_look_of_each_kind_is_kept_whatever_comes_in_which_order() {
        let (looks, order) = (LinkLooks::default(), Uuid::nil());
        looks.note(order, Visitor::Machine(Sign::NoUserAgent), at(3));
        looks.note(order, Visitor::Person, at(2));
        looks.note(order, Visitor::Machine(Sign::Prefetch), at(1));
        let expected = LastLooks {
            by_person: Some(at(2)),
            by_machine: Some(at(3)),
        };
        assert_eq!(looks.0.take(), HashMap::from([(order, expected)]));
        assert!(looks.0.take().is_empty(), "a batch is taken once");
    }
    #[test]
    fn no_number_of_links_fills_the_memory() {
        let looks = LinkLooks::default();
        let order = |number: usize| Uuid::from_u128(number as u128);
        for number in 0..2 * MOST {
            looks.note(order(number), Visitor::Person, at(0));
        }
        looks.note(order(0), Visitor::Person, at(9));
        let batch = looks.0.take();
        assert_eq!(batch.len(), MOST);
        assert_eq!(batch[&order(0)].by_person, Some(at(9)));
    }
}
