//! How mail gets through, as it is stored: pure.

use uuid::Uuid;

use super::Cause;
use crate::suppression::AddressHash;

/// So many recipients in a row are our fault.
const STREAK: usize = 3;
/// The same where the refusal says that there is no such address: an old list has several of those.
pub const STREAK_OF_GONE: usize = 10;
/// So many mails are remembered that were tried in vain, and so many domains of theirs.
pub const FAILING_MAILS: usize = 3;
/// See [`FAILING_MAILS`].
pub const FAILING_DOMAINS: usize = 2;

/// How mail gets through, as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flow {
    /// The number of the run.
    pub number: i64,
    /// Equal refusals in a row.
    pub run: Option<Run>,
    /// A person let mail go on: this refusal bounces.
    pub bounces: Option<String>,
    /// Mails that were tried in vain since one was accepted, the first few.
    pub failing_mails: Vec<Uuid>,
    /// Their domains, the first few.
    pub failing_domains: Vec<String>,
    /// Whether any was tried in vain.
    pub is_failing: bool,
    /// All mail waits.
    pub pause: Option<Pause>,
    /// There are refusals whose meaning is still to be written.
    pub has_pending: bool,
}

/// Equal refusals in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What they say.
    pub likeness: String,
    /// Each of them says that there is no such address.
    pub gone: bool,
    /// Whose they were, each once.
    pub recipients: Vec<AddressHash>,
}

/// All mail waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub cause: Cause,
    /// For this refusal.
    pub likeness: Option<String>,
    /// The streak's number.
    pub streak: Option<i64>,
    /// The mail that tries.
    pub trying: Option<Uuid>,
    /// Mail goes on if that one is accepted.
    pub proves: bool,
}

impl Flow {
    /// The number of the streak that mail is paused for, if it is for this refusal.
    pub fn paused_for(&self, likeness: &str) -> Option<i64> {
        let pause = self.pause.as_ref()?;
        let is_it = pause.likeness.as_deref() == Some(likeness);
        pause.streak.filter(|_| is_it)
    }

    /// The number of the run of this refusal. Where there is none at all one begins, of nobody yet.
    pub fn number_of(&mut self, likeness: &str) -> Option<i64> {
        if self.run.is_none() {
            self.number += 1;
            self.run = Some(Run {
                likeness: likeness.to_owned(),
                gone: true,
                recipients: Vec::new(),
            });
        }
        let run = self.run.as_ref()?;
        (run.likeness == likeness).then_some(self.number)
    }

    /// One more of the run, or the first one of another; tells its number.
    pub fn join(&mut self, recipient: AddressHash, likeness: &str, gone: bool) -> i64 {
        let same = self.run.take().filter(|run| run.likeness == likeness);
        let mut run = same.unwrap_or_else(|| {
            self.number += 1;
            Run {
                likeness: likeness.to_owned(),
                gone: true,
                recipients: Vec::new(),
            }
        });
        run.gone &= gone;
        if !run.recipients.contains(&recipient) && run.recipients.len() < STREAK_OF_GONE {
            run.recipients.push(recipient);
        }
        self.run = Some(run);
        self.number
    }

    /// One more was tried in vain.
    pub fn failed(&mut self, mail: Uuid, domain: &str) {
        self.is_failing = true;
        if self.failing_mails.len() < FAILING_MAILS && !self.failing_mails.contains(&mail) {
            self.failing_mails.push(mail);
        }
        let domains = &mut self.failing_domains;
        if domains.len() < FAILING_DOMAINS && !domains.iter().any(|known| known == domain) {
            domains.push(domain.to_owned());
        }
    }
}

impl Run {
    /// Whether it shows that the refusal is ours.
    pub fn is_ours(&self) -> bool {
        self.recipients.len() >= if self.gone { STREAK_OF_GONE } else { STREAK }
    }
}
