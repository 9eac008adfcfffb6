//! Randomness: the only place that asks the system for it.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that asks the system"
)]

use std::sync::Mutex;

use chrono::{DateTime, Utc};
use uuid::{ContextV7, Timestamp, Uuid};

/// A fresh row id (UUID version 7): random, and later ones sort behind earlier ones, also within a
/// millisecond of this process.
pub fn row_id(now: DateTime<Utc>) -> Uuid {
    static ORDER: Mutex<ContextV7> = Mutex::new(ContextV7::new());
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(
        &ORDER,
        seconds,
        now.timestamp_subsec_nanos(),
    ))
}

/// A generator whose output nobody can guess.
pub fn generator() -> impl rand::CryptoRng {
    rand::rng()
}

/// `N` bytes that nobody can guess.
pub fn bytes<const N: usize>() -> [u8; N] {
    rand::random()
}

/// A share between 0 and 1, to spread retries of many callers over time.
pub fn share() -> f64 {
    rand::random()
}
