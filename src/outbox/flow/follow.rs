//! What follows for all mail from what became of some: pure.
//!
//! Whatever a server's words are, refusals in a row say whose fault it is: the same one again and again
//! with nobody accepted in between is ours.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{
    Cause,
    state::{FAILING_DOMAINS, FAILING_MAILS, Flow, Pause, Run},
};
use crate::suppression::AddressHash;

/// What became of one mail.
#[derive(Debug, Clone)]
pub struct Try<'a> {
    /// The mail.
    pub mail: Uuid,
    /// It went to a payer at another domain than ours. Others say nothing about whether mail gets
    /// through: our own server takes them whatever it thinks of us.
    pub counts: bool,
    /// Whom it went to.
    pub recipient: AddressHash,
    /// Where.
    pub domain: String,
    /// It came back from a streak of this refusal.
    pub returned: Option<&'a str>,
    /// What the server said.
    pub answer: Answer<'a>,
}

/// What a server said of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// Taken.
    Accepted,
    /// Refused for good.
    Refused {
        /// What makes it the same as another one.
        likeness: &'a str,
        /// There is no such address.
        gone: bool,
        /// In words.
        why: &'a str,
    },
    /// Refused, and it is ours.
    Ours {
        /// Why all mail waits.
        cause: Cause,
        /// What makes it the same as another one.
        likeness: &'a str,
        /// In words.
        why: &'a str,
    },
    /// Neither: later, or nobody knows.
    NotNow,
    /// Later, and the words say plainly that it is ours. Of one mail that passes; of three to two domains,
    /// with nobody accepted in between, it does not.
    NotNowOurs {
        /// Why all mail waits then.
        cause: Cause,
        /// What makes it the same as another one.
        likeness: &'a str,
        /// In words.
        why: &'a str,
    },
    /// The server was not asked about it.
    Nothing,
}

/// What follows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct After {
    /// Mails that bounce though the refusal is ours: a person let mail go on.
    pub bounce_after_all: HashSet<Uuid>,
    /// Mails that bounce, with the number of their run if they are one of a run.
    pub refused: HashMap<Uuid, Option<i64>>,
    /// Those of them with no accepted mail after them: what they mean is still to be written.
    pub pending: HashSet<Uuid>,
    /// What earlier refusals mean is written now: a later mail was accepted.
    pub settles: bool,
    /// A mail was tried in vain.
    pub failed: bool,
    /// Mail goes on.
    pub lifts: bool,
    /// The mail that tried has come back, and the pause goes on.
    pub tried: bool,
    /// All mail waits, or goes on waiting.
    pub pauses: Option<NewPause>,
    /// The mails of this run go back to the queue.
    pub returns: Option<Returning>,
}

/// A reason for all mail to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPause {
    /// Why.
    pub cause: Cause,
    /// For this refusal.
    pub likeness: String,
    /// The streak's number.
    pub streak: Option<i64>,
    /// In words.
    pub why: String,
}

/// A run whose mails go back to the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returning {
    /// Its number.
    pub streak: i64,
    /// What was refused.
    pub likeness: String,
}

/// Follows what became of mails, in the order in which it is written down.
pub fn follow(flow: &mut Flow, tries: &[Try]) -> After {
    let mut after = After::default();
    for attempt in tries {
        after.take(flow, attempt);
    }
    after
}

impl After {
    fn take(&mut self, flow: &mut Flow, attempt: &Try) {
        match attempt.answer {
            Answer::Accepted => self.accepted(flow, attempt),
            Answer::Refused {
                likeness,
                gone,
                why,
            } => self.refused(flow, attempt, (likeness, why), gone),
            Answer::Ours {
                cause,
                likeness,
                why,
            } => self.ours(flow, attempt, cause, likeness, why),
            Answer::NotNow => self.try_is_over(flow, attempt),
            Answer::NotNowOurs {
                cause,
                likeness,
                why,
            } => self.not_now(flow, attempt, cause, likeness, why),
            Answer::Nothing => return self.try_is_over(flow, attempt),
        }
        if attempt.counts && attempt.answer != Answer::Accepted {
            flow.failed(attempt.mail, &attempt.domain);
            self.failed = true;
        }
    }

    fn accepted(&mut self, flow: &mut Flow, attempt: &Try) {
        if attempt.counts {
            flow.run = None;
            flow.bounces = None;
            flow.is_failing = false;
            flow.failing_mails.clear();
            flow.failing_domains.clear();
            self.settles |= flow.has_pending;
            flow.has_pending = false;
            self.pending.clear();
        }
        let proves = |pause: &Pause| pause.trying == Some(attempt.mail) && pause.proves;
        if flow.pause.as_ref().is_some_and(proves) {
            flow.pause = None;
            self.lifts = true;
        } else {
            self.try_is_over(flow, attempt);
        }
    }

    fn try_is_over(&mut self, flow: &mut Flow, attempt: &Try) {
        if let Some(pause) = &mut flow.pause
            && pause.trying == Some(attempt.mail)
        {
            (pause.trying, pause.proves) = (None, false);
            self.tried = true;
        }
    }

    fn refused(
        &mut self,
        flow: &mut Flow,
        attempt: &Try,
        (likeness, why): (&str, &str),
        gone: bool,
    ) {
        self.bounces(flow, attempt, None);
        if flow.bounces.as_deref() == Some(likeness) {
            return self.try_is_over(flow, attempt);
        }
        if let Some(streak) = flow.paused_for(likeness) {
            return self.returns(flow, attempt, streak, (likeness, why));
        }
        if !attempt.counts {
            // It neither makes nor ends a run, and goes with one: what is no family's fault is not its
            // recipient's either.
            let number = flow.number_of(likeness);
            self.bounces(flow, attempt, number);
            return self.try_is_over(flow, attempt);
        }
        if attempt.returned == Some(likeness) {
            return self.try_is_over(flow, attempt);
        }
        let number = flow.join(attempt.recipient, likeness, gone);
        self.bounces(flow, attempt, Some(number));
        if flow.run.as_ref().is_some_and(Run::is_ours) {
            self.returns(flow, attempt, flow.number, (likeness, why));
        } else {
            self.try_is_over(flow, attempt);
        }
    }

    fn bounces(&mut self, flow: &mut Flow, attempt: &Try, streak: Option<i64>) {
        self.refused.insert(attempt.mail, streak);
        self.pending.insert(attempt.mail);
        flow.has_pending = true;
    }

    fn returns(
        &mut self,
        flow: &mut Flow,
        attempt: &Try,
        streak: i64,
        (likeness, why): (&str, &str),
    ) {
        self.bounces(flow, attempt, Some(streak));
        self.returns = Some(Returning {
            streak,
            likeness: likeness.to_owned(),
        });
        let new = NewPause {
            cause: Cause::Streak,
            likeness: likeness.to_owned(),
            streak: Some(streak),
            why: why.to_owned(),
        };
        self.pause(flow, attempt, new);
    }

    fn not_now(&mut self, flow: &mut Flow, attempt: &Try, cause: Cause, likeness: &str, why: &str) {
        let mut with_this = flow.clone();
        with_this.failed(attempt.mail, &attempt.domain);
        let is_ours = attempt.counts
            && with_this.failing_mails.len() >= FAILING_MAILS
            && with_this.failing_domains.len() >= FAILING_DOMAINS;
        if !is_ours || flow.bounces.as_deref() == Some(likeness) {
            return self.try_is_over(flow, attempt);
        }
        let new = NewPause {
            cause,
            likeness: likeness.to_owned(),
            streak: None,
            why: why.to_owned(),
        };
        self.pause(flow, attempt, new);
    }

    fn ours(&mut self, flow: &mut Flow, attempt: &Try, cause: Cause, likeness: &str, why: &str) {
        // What is used up comes back; it is no reason to bounce anybody.
        if cause.bounces_after_all() && flow.bounces.as_deref() == Some(likeness) {
            self.bounce_after_all.insert(attempt.mail);
            self.bounces(flow, attempt, None);
            return self.try_is_over(flow, attempt);
        }
        let new = NewPause {
            cause,
            likeness: likeness.to_owned(),
            streak: None,
            why: why.to_owned(),
        };
        self.pause(flow, attempt, new);
    }

    fn pause(&mut self, flow: &mut Flow, attempt: &Try, new: NewPause) {
        let stands = flow.pause.as_ref();
        let is_the_try = stands.is_some_and(|pause| pause.trying == Some(attempt.mail));
        let rises = stands.is_none_or(|pause| new.cause.rank() > pause.cause.rank());
        self.try_is_over(flow, attempt);
        if !rises && !is_the_try {
            // It was in hand before, or is an alert: were the pause longer for each of those, the one that
            // tries might never come to its turn.
            return;
        }
        if rises {
            flow.pause = Some(Pause {
                cause: new.cause,
                likeness: Some(new.likeness.clone()),
                streak: new.streak,
                trying: None,
                proves: false,
            });
        }
        let said = self.pauses.as_ref().map(|said| said.cause.rank());
        if said.is_none_or(|said| said < new.cause.rank()) {
            self.pauses = Some(new);
        }
    }
}
