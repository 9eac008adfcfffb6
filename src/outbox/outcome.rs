//! What became of a mail.

use std::time::Duration;

use super::{
    Kind, State,
    claim::Claimed,
    flow::{
        Cause,
        follow::{Answer, Try},
    },
    retry::wait,
};
use crate::{
    foreign_text::{ForeignText, Limit},
    mail::{
        refusal::{Fault, Refusal},
        smtp::HandOver,
    },
};

/// Stands where the database refused the server's words.
const UNWRITABLE: &str = "what the mail server said cannot be written down";

/// What became of a mail.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The mail.
    pub mail: Claimed,
    /// What the server said.
    pub handed: HandOver,
    /// The server was asked about it: a mail that cannot be made never gets so far.
    pub was_asked: bool,
    /// The server has asked for the message, or may have.
    pub begun: bool,
}

impl Outcome {
    /// The state that is stored.
    pub fn state(&self) -> State {
        match &self.handed {
            HandOver::Accepted(_) => State::Sent,
            HandOver::Refused(refusal) => match refusal.fault {
                Fault::Address { .. } | Fault::Mail => State::Bounced,
                Fault::Ours(_) | Fault::Quota(_) | Fault::TooFast | Fault::Later(_) => {
                    State::Queued
                }
            },
            HandOver::BrokenOff(_) | HandOver::Stale => State::Queued,
            HandOver::Unknown(_) => State::Unknown,
        }
    }

    /// It was accepted, and that is all: no reminder's decision waits for it, and no pause.
    pub fn is_simply_accepted(&self) -> bool {
        let is_alone = self.mail.kind != Kind::Reminder && !self.mail.passed_a_pause;
        matches!(self.handed, HandOver::Accepted(_)) && self.begun && is_alone
    }

    /// The same without the server's words; its codes stay.
    pub fn without_words(&self) -> Self {
        let safe = |why: &str| match code(why) {
            none if none.is_empty() => UNWRITABLE.to_owned(),
            code => format!("{code}: {UNWRITABLE}"),
        };
        let handed = match &self.handed {
            HandOver::Accepted(_) => HandOver::Accepted(None),
            HandOver::Stale => HandOver::Stale,
            HandOver::Refused(refusal) => HandOver::Refused(Refusal {
                why: safe(&refusal.why),
                ..refusal.clone()
            }),
            HandOver::BrokenOff(why) => HandOver::BrokenOff(safe(why)),
            HandOver::Unknown(why) => HandOver::Unknown(safe(why)),
        };
        Self {
            mail: self.mail.clone(),
            handed,
            ..*self
        }
    }

    /// What it says about whether mail gets through; `own_domain` is ours.
    pub fn as_try<'a>(&'a self, likeness: &'a str, own_domain: &str) -> Try<'a> {
        let domain = domain_of(&self.mail.address);
        Try {
            mail: self.mail.id,
            counts: self.was_asked && self.mail.kind.is_to_a_payer() && domain != own_domain,
            recipient: self.mail.address_hash,
            domain,
            returned: self.mail.returned.as_deref(),
            answer: self.answer(likeness),
        }
    }

    fn answer<'a>(&'a self, likeness: &'a str) -> Answer<'a> {
        let refusal = match &self.handed {
            HandOver::Accepted(_) => return Answer::Accepted,
            HandOver::BrokenOff(_) | HandOver::Unknown(_) => return Answer::NotNow,
            HandOver::Stale => return Answer::Nothing,
            HandOver::Refused(refusal) => refusal,
        };
        match (refusal.fault, Cause::of(refusal.fault)) {
            (_, Some(cause)) => Answer::Ours {
                cause,
                likeness,
                why: &refusal.why,
            },
            (Fault::Address { gone }, _) => Answer::Refused {
                likeness,
                gone,
                why: &refusal.why,
            },
            (Fault::Mail, _) => Answer::Refused {
                likeness,
                gone: false,
                why: &refusal.why,
            },
            (Fault::Later(Some(ours)), _) => Answer::NotNowOurs {
                cause: Cause::of_ours(ours),
                likeness,
                why: &refusal.why,
            },
            _ => Answer::NotNow,
        }
    }

    /// What makes its refusal the same as another one, as it can be stored.
    pub fn likeness(&self) -> String {
        match &self.handed {
            HandOver::Refused(refusal) => {
                ForeignText::new(refusal.likeness.as_str(), Limit::SENTENCE).into()
            }
            _ => String::new(),
        }
    }

    /// The refusal says that there is no such address.
    pub fn says_gone(&self) -> bool {
        match &self.handed {
            HandOver::Refused(refusal) => refusal.fault == Fault::Address { gone: true },
            _ => false,
        }
    }

    /// The refusal says that we are too fast.
    pub fn says_too_fast(&self) -> bool {
        match &self.handed {
            HandOver::Refused(refusal) => refusal.fault == Fault::TooFast,
            _ => false,
        }
    }

    /// What the server calls the mail from now on.
    pub fn server_id(&self) -> Option<&str> {
        match &self.handed {
            HandOver::Accepted(id) => id.as_deref(),
            _ => None,
        }
    }

    /// What went wrong, in words.
    pub fn why(&self) -> Option<&str> {
        match &self.handed {
            HandOver::Accepted(_) | HandOver::Stale => None,
            HandOver::BrokenOff(why) | HandOver::Unknown(why) => Some(why),
            HandOver::Refused(refusal) => Some(&refusal.why),
        }
    }

    /// Seconds until the next try. A refusal that is ours is no try of this mail: the pause waits. An
    /// alert does not wait for the pause, so it has its own tries.
    pub fn wait(&self, first: Duration) -> f64 {
        if self.is_late() || (self.is_ours() && self.mail.kind.goes_before_all()) {
            wait(first, self.mail.attempts).as_secs_f64()
        } else {
            0.0
        }
    }

    /// Not taken for a reason that may pass by itself.
    pub fn is_late(&self) -> bool {
        match &self.handed {
            HandOver::BrokenOff(_) => true,
            HandOver::Refused(refusal) => matches!(refusal.fault, Fault::Later(_) | Fault::TooFast),
            HandOver::Accepted(_) | HandOver::Unknown(_) | HandOver::Stale => false,
        }
    }

    /// Whether it counts as a try of this mail.
    pub fn is_a_try(&self) -> bool {
        match &self.handed {
            HandOver::Stale => false,
            HandOver::Refused(_) => !self.is_ours() || self.mail.kind.goes_before_all(),
            HandOver::Accepted(_) | HandOver::BrokenOff(_) | HandOver::Unknown(_) => true,
        }
    }

    fn is_ours(&self) -> bool {
        match &self.handed {
            HandOver::Refused(refusal) => Cause::of(refusal.fault).is_some(),
            _ => false,
        }
    }
}

/// `550 5.1.1`, without the server's words: they often name the address.
pub(super) fn code(why: &str) -> String {
    let codes = why
        .split_whitespace()
        .take_while(|word| word.chars().all(|c| c.is_ascii_digit() || c == '.'));
    codes.collect::<Vec<_>>().join(" ")
}

/// The domain of an address, in small letters.
pub fn domain_of(address: &str) -> String {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    domain.trim().to_lowercase()
}
