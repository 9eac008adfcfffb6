//! Whose fault a refusal is: pure.
//!
//! [`judge`] is the one place where a mail server's no is understood. Reply codes are RFC 5321's,
//! enhanced ones RFC 3463's.

mod likeness;

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
    /// The address that mails come from.
    Sender,
    /// That the server should carry mail for us to others.
    Relaying,
    /// Our address on the network, our domain, our links: somebody's list has them.
    Reputation,
    /// Something else that holds for every mail: our name in EHLO, the account, the server's set-up.
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

/// Judges a reply that is a no.
pub fn judge(reply: &Reply<'_>) -> Fault {
    let enhanced = enhanced(reply.text);
    match (reply.stage, reply.code) {
        // We must log in first, or differently (RFC 4954).
        (_, 530 | 534 | 535 | 538) => Fault::Ours(Ours::LogIn),
        (Stage::Sender, 500..) => Fault::Ours(Ours::Sender),
        // The sender's address is wrong, said at whatever moment.
        (_, 500..) if matches!(enhanced, Some((5, 1, 7 | 8))) => Fault::Ours(Ours::Sender),
        (_, 500..) => match enhanced {
            Some((5, 1, 1 | 2 | 3 | 6 | 10)) => Fault::Address { gone: true },
            _ => Fault::Mail,
        },
        _ => Fault::Later(None),
    }
}

/// `5.1.1 There is no such mailbox` begins with an enhanced status code.
fn enhanced(text: &str) -> Option<(u16, u16, u16)> {
    let mut parts = text
        .split_whitespace()
        .next()?
        .splitn(3, '.')
        .map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::{Fault::*, Stage::*, *};

    #[test]
    fn what_a_refusal_means_depends_on_where_it_came_and_what_it_says() {
        const GONE: Fault = Address { gone: true };
        for (stage, code, text, expected) in [
            (Recipient, 450, "4.2.0 greylisted", Later(None)),
            (Sender, 451, "try again", Later(None)),
            (Recipient, 550, "5.1.1 no such user", GONE),
            (Message, 550, "5.1.10 null MX", GONE),
            (Recipient, 550, "no such user", Mail),
            (Message, 554, "5.7.1 looks like spam", Mail),
            (Sender, 550, "5.7.1 not from you", Ours(super::Ours::Sender)),
            (Message, 535, "5.7.8 wrong", Ours(super::Ours::LogIn)),
        ] {
            let reply = Reply {
                stage,
                code,
                text,
                sender: "club@club.example",
                recipient: "ann@example.org",
            };
            assert_eq!(judge(&reply), expected, "{stage:?} {code} {text}");
        }
    }
}
