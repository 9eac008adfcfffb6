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
pub struct OneAtATime(Arc<Mutex<HashMap<Uuid, Weak<Turn>>>>);

impl OneAtATime {
    /// Waits until nobody else works on `id` in this process; the turn ends with the guard. Tells
    /// too whether somebody did, so that there is something new to look at.
    pub async fn lock(&self, id: Uuid) -> (OwnedMutexGuard<()>, bool) {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = turns.get(&id).and_then(Weak::upgrade).unwrap_or_default();
            // Those that nobody waits for any more: the map is as long as the clicks of this moment.
            turns.retain(|_, turn| turn.strong_count() > 0);
            turns.insert(id, Arc::downgrade(&turn));
            turn
        };
        match Arc::clone(&turn).try_lock_owned() {
            Ok(guard) => (guard, false),
            Err(_) => (turn.lock_owned().await, true),
        }
    }
}
