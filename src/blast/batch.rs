//! The mails of a start, a few at a time.

use chrono::{DateTime, Utc};

use crate::{
    mail::{Text, Wave},
    reminder::rule::Reason,
};

/// Mails that are written before they are queued. A batch is four round trips.
const BATCH: usize = 500;
/// Bytes of such mails: fewer are queued at once if they are long, since the statement has a copy.
const BATCH_BYTES: usize = 4 << 20;

/// A mail that is ready to be written and queued.
#[derive(Debug)]
pub struct ReadyMail {
    /// Of which order, by its place in the material.
    pub order: usize,
    /// It is not what was approved, but not owed either: it ends at once.
    pub ends: Option<Reason>,
}

/// A mail that is written.
pub struct Written<'a> {
    pub mail: &'a ReadyMail,
    pub text: Text,
    /// When it is its turn; none of one that does not go.
    pub due_at: Option<DateTime<Utc>>,
    /// Whether it goes first, or is held until those that do have gone.
    pub wave: Option<Wave>,
}

/// Mails that are written and not yet queued.
#[derive(Default)]
pub struct Batch<'a> {
    pub mails: Vec<Written<'a>>,
    bytes: usize,
}

impl<'a> Batch<'a> {
    /// Puts one more into it.
    pub fn add(&mut self, written: Written<'a>) {
        self.bytes += written.text.subject.len() + written.text.body.len();
        self.mails.push(written);
    }

    /// Whether it is to be queued before another one is written.
    pub fn is_full(&self) -> bool {
        self.mails.len() >= BATCH || self.bytes >= BATCH_BYTES
    }
}
