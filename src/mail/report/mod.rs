//! What is said of a mail after a server has taken it: it came back, or somebody complained. Pure.
//!
//! Three things say it: a message in a mailbox ([`message`]: RFC 3464 and RFC 5965), and the hooks of two
//! mail providers ([`ses`], [`postmark`]). All become [`Report`]s, and what a refusal means for the address
//! is judged where a live reply is judged ([`refusal::judge`]).

mod fields;
mod ids;
pub mod message;
pub mod postmark;
pub mod ses;

pub use self::ids::{Ids, server_id};
use super::refusal::{self, Fault, Reply, Stage};
use crate::foreign_text::{ForeignText, Limit};

/// Recipients that one report can name: a mail of ours has one.
const MOST_RECIPIENTS: usize = 50;

/// One thing that is said of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which mail it may be about.
    pub about: Ids,
    /// Whose address it names. One that names another than the mail's is about somebody whom that mail was
    /// forwarded to.
    pub recipient: Option<String>,
    /// What it says.
    pub said: Said,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It came back.
    CameBack {
        /// There is no such address: no mail goes there again.
        gone: bool,
        /// Code and words, safe and bounded.
        why: String,
    },
    /// The recipient called it spam.
    Complained,
    /// The recipient told the provider that they want no more.
    WantsNoMore,
    /// It is still tried, or nobody says that it did not arrive.
    NotYet,
}

/// Whose mail it was, and to whom; empty where the report does not say.
#[derive(Debug, Clone, Copy, Default)]
struct Between<'a> {
    sender: &'a str,
    recipient: &'a str,
}

impl Said {
    /// It came back, for what a server said: `status` as in RFC 3463, `diagnostic` as `550 5.1.1 no such
    /// user`, with or without the code. What it says of our own address says nothing of the recipient's.
    fn came_back(status: &str, diagnostic: &str, between: Between) -> Self {
        let (code, words) = code_and_words(status, diagnostic);
        let text = match words.split_whitespace().next() {
            Some(first) if is_status(first) => words.to_owned(),
            _ => format!("{status} {words}"),
        };
        let fault = refusal::judge(&Reply {
            stage: Stage::Recipient,
            code,
            text: text.trim(),
            sender: between.sender,
            recipient: between.recipient,
        });
        let why = format!("{code} {}", text.trim());
        Self::CameBack {
            gone: fault == Fault::Address { gone: true },
            why: ForeignText::new(&why, Limit::SENTENCE).into(),
        }
    }
}

/// The reply's code, or the one that the status amounts to.
fn code_and_words<'a>(status: &str, diagnostic: &'a str) -> (u16, &'a str) {
    let diagnostic = diagnostic.trim();
    let said = diagnostic.split_at_checked(3).and_then(|(code, words)| {
        let code: u16 = code.parse().ok().filter(|code| (400..600).contains(code))?;
        let ends = words.is_empty() || words.starts_with([' ', '-']);
        ends.then(|| (code, words.trim_start_matches([' ', '-'])))
    });
    said.unwrap_or(match status.starts_with('4') {
        true => (450, diagnostic),
        false => (550, diagnostic),
    })
}

/// `5.1.1`.
fn is_status(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(is_number)
}

#[cfg(test)]
mod tests;
