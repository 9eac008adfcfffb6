//! Whose fault a refusal is: pure.
//!
//! [`judge`] is the one place where a mail server's no is understood. Reply codes are RFC 5321's,
//! enhanced ones RFC 3463's. Only a code says that an address does not exist; words never do.
//! `docs/refusals.md` has the wordings that are known, with their sources; a test judges each of them.

mod enhanced;
mod likeness;
mod wordings;
mod words;

use self::enhanced::{Enhanced, Meaning};
pub use self::likeness::Likeness;
use crate::foreign_text::{ForeignText, Limit};

/// Where in the conversation the server refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before anything else: the connection, the greeting, the answer to EHLO.
    Greeting,
    /// The answer to STARTTLS.
    Tls,
    /// The answer to our log-in.
    LogIn,
    /// The answer to MAIL.
    Sender,
    /// The answer to RCPT.
    Recipient,
    /// The answer to DATA.
    Data,
    /// The answer to the final dot.
    Message,
}

/// A reply that is a no.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    /// What it is the answer to.
    pub stage: Stage,
    /// 4xx or 5xx.
    pub code: u16,
    /// What stands behind the code, all lines in one.
    pub text: &'a str,
    /// The address in MAIL; empty where none was said yet.
    pub sender: &'a str,
    /// The address in RCPT; empty where none was said yet.
    pub recipient: &'a str,
}

/// Whose fault a refusal is, and what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The recipient's address: the mail bounces.
    Address {
        /// There is no such address: no mail goes there again.
        gone: bool,
    },
    /// This mail: it bounces.
    Mail,
    /// Ours, whatever the mail: all mail waits.
    Ours(Ours),
    /// What we are allowed to send is used up: all mail waits.
    Quota(Quota),
    /// We send faster than we are allowed to: the mail is tried later, and all others slower.
    TooFast,
    /// It may be taken later, for a reason that passes; of ours, where the words say so plainly.
    Later(Option<Ours>),
}

/// What of ours is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ours {
    /// The server cannot be reached, or speaks no SMTP.
    Connection,
    /// No connection that can be trusted.
    Tls,
    /// Our log-in, or that there is none.
    LogIn,
    /// The address that mails come from, or its domain's records: SPF, DKIM, DMARC.
    Sender,
    /// That the server should carry mail for us to others.
    Relaying,
    /// Our address on the network, our domain, our links: somebody's list has them.
    Reputation,
    /// Something else that holds for every mail: our name in EHLO, our account, the server itself.
    SetUp,
}

/// Over how long what we are allowed is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quota {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// The server does not say.
    Unsaid,
}

impl Ours {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Connection,
        Self::Tls,
        Self::LogIn,
        Self::Sender,
        Self::Relaying,
        Self::Reputation,
        Self::SetUp,
    ];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::LogIn => "log_in",
            Self::Sender => "sender",
            Self::Relaying => "relaying",
            Self::Reputation => "reputation",
            Self::SetUp => "set_up",
        }
    }
}

/// A refusal, judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// Whose fault it is.
    pub fault: Fault,
    /// Code and words of the server, or our own words; safe, and bounded.
    pub why: String,
    /// What makes it the same refusal as another one.
    pub likeness: Likeness,
}

impl Refusal {
    /// What a server said.
    pub fn said(reply: &Reply<'_>) -> Self {
        let why = format!("{} {}", reply.code, reply.text);
        Self {
            fault: judge(reply),
            why: ForeignText::new(&why, Limit::SENTENCE).into(),
            likeness: Likeness::of(reply),
        }
    }

    /// What no server said, and yet is known.
    pub fn known(fault: Fault, why: &str) -> Self {
        Self {
            fault,
            why: ForeignText::new(why, Limit::SENTENCE).into(),
            likeness: Likeness::of_words(why),
        }
    }
}

/// Judges a reply that is a no: by its enhanced code, else by its words, else by its stage.
pub fn judge(reply: &Reply<'_>) -> Fault {
    let told = told(reply);
    match reply.code {
        500.. => for_good(reply, told),
        code => for_now(reply.stage, code, told),
    }
}

/// Judges anew what is stored of a recipient's refusal, if it begins with a code of one.
pub fn judge_stored(said: &str, sender: &str, recipient: &str) -> Option<Fault> {
    let (code, text) = said.split_at_checked(3)?;
    let code = code.parse().ok().filter(|code| (400..600).contains(code))?;
    let is_reply = text.is_empty() || text.starts_with([' ', '-']);
    is_reply.then(|| {
        judge(&Reply {
            stage: Stage::Recipient,
            code,
            text: text.get(1..).unwrap_or_default(),
            sender,
            recipient,
        })
    })
}

/// What codes and words say, whether it passes or not.
fn told(reply: &Reply<'_>) -> Option<Fault> {
    let words = words::meaning(reply);
    match by_codes(reply) {
        Meaning::Sure(fault) => Some(fault),
        Meaning::Open => words,
        Meaning::Usually(fault) => match words {
            // Whatever else the words say of the recipient, the code says it better.
            None | Some(Fault::Address { .. }) => Some(fault),
            said => said,
        },
    }
}

fn by_codes(reply: &Reply<'_>) -> Meaning {
    match reply.code {
        // RFC 4954: we must log in, or otherwise.
        534 | 535 => Meaning::Sure(Fault::Ours(Ours::LogIn)),
        525 | 530 => Meaning::Usually(Fault::Ours(Ours::LogIn)),
        523 | 538 => Meaning::Usually(Fault::Ours(Ours::Tls)),
        code => Enhanced::of(reply.text).map_or(Meaning::Open, |enhanced| enhanced.meaning(code)),
    }
}

fn for_good(reply: &Reply<'_>, told: Option<Fault>) -> Fault {
    let silent = by_stage(reply.stage, reply.code);
    match told {
        None | Some(Fault::Later(_)) => silent,
        // No recipient has been named yet: it is nobody's address but ours.
        Some(Fault::Address { .. }) if !reply.stage.is_about_a_recipient() => silent,
        Some(Fault::Address { gone }) => Fault::Address {
            gone: gone && says_it_stays(reply),
        },
        Some(fault) => fault,
    }
}

/// Whether the two codes of a reply agree. Where they do not, nobody is suppressed.
fn says_it_stays(reply: &Reply<'_>) -> bool {
    Enhanced::of(reply.text).is_some_and(|enhanced| enhanced.class == 5)
        && !words::names_both(reply)
}

fn for_now(stage: Stage, code: u16, told: Option<Fault>) -> Fault {
    match told {
        Some(fault @ (Fault::Quota(_) | Fault::TooFast)) => fault,
        // The door is closed for a while to whoever knocks too often.
        None | Some(Fault::Ours(Ours::Reputation)) if code == 421 => Fault::TooFast,
        Some(Fault::Ours(ours)) => Fault::Later(Some(ours)),
        Some(Fault::Address { .. } | Fault::Mail | Fault::Later(_)) => Fault::Later(None),
        None => match by_stage(stage, code) {
            Fault::Ours(ours) if stage.is_before_any_mail() => Fault::Later(Some(ours)),
            _ => Fault::Later(None),
        },
    }
}

/// Where neither codes nor words say anything.
fn by_stage(stage: Stage, code: u16) -> Fault {
    match (stage, code) {
        (Stage::Greeting, _) => Fault::Ours(Ours::Connection),
        (Stage::Tls, _) => Fault::Ours(Ours::Tls),
        (Stage::LogIn, _) => Fault::Ours(Ours::LogIn),
        (Stage::Sender, _) => Fault::Ours(Ours::Sender),
        // It does not know the command, or not here.
        (Stage::Recipient | Stage::Data, 500 | 502..=504) => Fault::Ours(Ours::SetUp),
        (Stage::Recipient, _) => Fault::Address { gone: false },
        (Stage::Data | Stage::Message, _) => Fault::Mail,
    }
}

impl Stage {
    fn is_before_any_mail(self) -> bool {
        matches!(self, Self::Greeting | Self::Tls | Self::LogIn)
    }

    fn is_about_a_recipient(self) -> bool {
        matches!(self, Self::Recipient | Self::Data | Self::Message)
    }
}

#[cfg(test)]
mod tests;
