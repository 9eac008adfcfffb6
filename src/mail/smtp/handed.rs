//! What becomes of a mail at the server, and how far it has come.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::time::sleep;

use super::gate::Lease;
use crate::mail::refusal::Refusal;

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandOver {
    /// The server has taken it, and calls it so from now on, if it said a name that nobody can guess.
    Accepted(Option<String>),
    /// The server has said no. It does not have the mail.
    Refused(Refusal),
    /// Nothing that can be understood was said before the mail was handed over. The server does not have
    /// it.
    BrokenOff(String),
    /// The final dot was written and no answer came: nobody can know.
    Unknown(String),
    /// A kept connection turned out to be closed before anything was said: try on a fresh one.
    Stale,
}

/// Whether the mail in hand was written to its end, so that its final dot may have left. Cheap to clone;
/// all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Written(Arc<AtomicBool>);

impl Written {
    /// Whether it was. Until then the server cannot have the mail.
    pub fn is_whole(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    pub(super) fn is_whole_now(&self, whole: bool) {
        self.0.store(whole, Ordering::SeqCst);
    }

    /// Waits until the time is over: for the message to be written to its end, then for the answer to its
    /// dot.
    pub(super) async fn too_late(&self, lease: Lease) {
        sleep(lease.write_by().left()).await;
        if self.is_whole() {
            sleep(lease.answer_by().left()).await;
        }
    }
}
