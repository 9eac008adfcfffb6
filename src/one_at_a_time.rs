//! One at a time, by order: clicks on one order in one process take turns.
//!
//! Two replicas need no such thing: they meet at the row and at the idempotency key. It only spares
//! Stripe a hundred equal calls when a hundred clicks come at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

type Turn = tokio::sync::Mutex<()>;

/// The turns that are being waited for. Cheap to clone.
#[derive(Clone, Default)]
pub struct OneAtATime(Arc<Mutex<Turns>>);

#[derive(Default)]
struct Turns {
    of: HashMap<Uuid, Weak<Turn>>,
    /// With so many, those that nobody waits for any more are thrown away.
    most: usize,
}

/// So many turns are kept however few are waited for.
const KEPT: usize = 64;

impl OneAtATime {
    /// Waits until nobody else works on `id` in this process; the turn ends with the guard. Tells
    /// too whether somebody did, so that there is something new to look at.
    pub async fn lock(&self, id: Uuid) -> (OwnedMutexGuard<()>, bool) {
        let turn = self.0.lock().unwrap_or_else(PoisonError::into_inner).of(id);
        match Arc::clone(&turn).try_lock_owned() {
            Ok(guard) => (guard, false),
            Err(_) => (turn.lock_owned().await, true),
        }
    }
}

impl Turns {
    fn of(&mut self, id: Uuid) -> Arc<Turn> {
        let turn = self.of.get(&id).and_then(Weak::upgrade).unwrap_or_default();
        self.of.insert(id, Arc::downgrade(&turn));
        // When there are twice as many as were of use the last time: to look at all of them for each click
        // would take as long as there are clicks.
        if self.of.len() > self.most {
            self.of.retain(|_, turn| turn.strong_count() > 0);
            self.most = (2 * self.of.len()).max(KEPT);
        }
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_that_nobody_waits_for_are_thrown_away_and_the_others_kept() {
        let mut turns = Turns::default();
        let held: Vec<_> = (0..100).map(|id| turns.of(Uuid::from_u128(id))).collect();
        for id in 1_000..10_000 {
            turns.of(Uuid::from_u128(id));
        }
        assert!(turns.of.len() <= 4 * held.len(), "{}", turns.of.len());
        for (id, turn) in (0..).zip(&held) {
            assert!(Arc::ptr_eq(&turns.of(Uuid::from_u128(id)), turn));
        }
    }
}
