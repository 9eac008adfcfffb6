//! What is noted in memory and written in batches.
//!
//! Whoever notes something waits for nothing: not for the database, and not for the batch that is being
//! written. What is lost with a process or a batch was never promised.

use std::{
    collections::HashMap,
    hash::Hash,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

/// Between two batches: a page that somebody loads after a click shows it, and a busy evening is a handful
/// of statements a minute.
const EVERY: Duration = Duration::from_secs(10);
/// The last batch of a process that ends takes no longer: all of its end has thirty seconds.
const LAST: Duration = Duration::from_secs(2);

/// What is not written yet, each thing by its key. Cheap to clone.
#[derive(Debug)]
pub struct Noted<K, V> {
    noted: Arc<Mutex<HashMap<K, V>>>,
    most: usize,
}

impl<K, V> Clone for Noted<K, V> {
    fn clone(&self) -> Self {
        Self {
            noted: Arc::clone(&self.noted),
            most: self.most,
        }
    }
}

impl<K: Eq + Hash, V: Default> Noted<K, V> {
    /// Room for so many keys; what is noted of more is lost.
    pub fn at_most(most: usize) -> Self {
        Self {
            noted: Arc::default(),
            most,
        }
    }

    /// Notes something of this key.
    pub fn add(&self, key: K, note: impl FnOnce(&mut V)) {
        let mut noted = self.lock();
        if noted.len() < self.most || noted.contains_key(&key) {
            note(noted.entry(key).or_default());
        }
    }

    /// The batch. The lock is held for as long as it takes to put an empty one in its place.
    pub fn take(&self) -> HashMap<K, V> {
        mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, V>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a batch every ten seconds, until the process is to stop; then the last one follows
/// ([`write_last`]).
pub async fn keep_writing(mut write: impl AsyncFnMut(), mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => write().await,
            _ = stop.wait_for(|stopped| *stopped) => return,
        }
    }
}

/// Writes what is left, once nobody notes anything any more.
pub async fn write_last(what: &str, write: impl Future<Output = ()>) {
    if tokio::time::timeout(LAST, write).await.is_err() {
        log::warn!("the last {what} were not written in time");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_of_keys_fills_the_memory_and_known_ones_are_still_noted() {
        let noted: Noted<usize, usize> = Noted::at_most(100);
        for key in 0..1_000 {
            noted.add(key, |count| *count += 1);
        }
        noted.clone().add(0, |count| *count += 1);
        let batch = noted.take();
        assert_eq!((batch.len(), batch[&0], batch[&99]), (100, 2, 1));
        assert!(noted.take().is_empty(), "a batch is taken once");
    }

    #[actix_web::test]
    async fn a_stop_ends_the_writing() {
        let stop = watch::Sender::new(true);
        keep_writing(async || panic!("not ten seconds yet"), stop.subscribe()).await;
    }
}
