//! Enhanced status codes (RFC 3463, RFC 5248), and whose fault each of them is: pure.
//!
//! The list is IANA's registry "SMTP Enhanced Status Codes", row by row, and behind it the numbers that
//! large providers have added: those of Exchange Online, as Microsoft documents them.

use super::{Fault, Ours, Quota};

/// `5.1.1`: class, subject, detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Enhanced {
    /// 4 for what passes, 5 for what stays.
    pub class: u16,
    subject: u16,
    detail: u16,
}

/// How much a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It says it all.
    Sure(Fault),
    /// Unless the words blame somebody else.
    Usually(Fault),
    /// Nothing: the words and the stage have to.
    Open,
}

use Meaning::{Open, Sure, Usually};

const GONE: Fault = Fault::Address { gone: true };
const ADDRESS: Fault = Fault::Address { gone: false };
const SENDER: Fault = Fault::Ours(Ours::Sender);
const LOG_IN: Fault = Fault::Ours(Ours::LogIn);
const TLS: Fault = Fault::Ours(Ours::Tls);
const REPUTATION: Fault = Fault::Ours(Ours::Reputation);
const SET_UP: Fault = Fault::Ours(Ours::SetUp);

impl Enhanced {
    /// The code of a text: its first word, or one that is marked as a code, as in `(#5.1.1)` and
    /// `[5.1.1]`. A number in the middle of a sentence is none.
    pub fn of(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let first = words.next()?;
        // A line of a reply that was not taken apart: `550-5.1.1`.
        let bare = match first.split_once('-') {
            Some((code, rest)) if code.len() == 3 => rest,
            _ => first,
        };
        let is_marked = |word: &&str| word.contains('#') || word.starts_with('[');
        Self::read(bare).or_else(|| words.filter(is_marked).find_map(Self::read))
    }

    fn read(word: &str) -> Option<Self> {
        let number = |part: &str| -> Option<u16> {
            let is_number =
                (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| part.parse().ok())?
        };
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let mut parts = word.splitn(3, '.').map(number);
        let (class, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
        matches!(class, 4 | 5).then_some(Self {
            class,
            subject,
            detail,
        })
    }

    /// Whose fault it is, said with the reply code `code`.
    pub fn meaning(self, code: u16) -> Meaning {
        match (self.subject, self.detail) {
            (1, detail) => addressing(detail),
            (2, detail) => mailbox(detail),
            (3, detail) => mail_system(detail),
            (4, detail) => network(detail),
            // Commands: the stage tells more. Several are used for anything (5.5.0).
            (5, _) => protocol(self.detail),
            // Non-ASCII addresses.
            (6, 7) => Sure(ADDRESS),
            // The content and its form.
            (6, _) => Sure(Fault::Mail),
            (7, detail) => policy(code, detail),
            _ => Open,
        }
    }
}

impl std::fmt::Display for Enhanced {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

fn addressing(detail: u16) -> Meaning {
    match detail {
        // No mailbox; no domain; no such syntax; moved without a forwarding address; null MX.
        1 | 2 | 3 | 6 | 10 => Usually(GONE),
        // The sender's syntax; the sender's domain.
        7 | 8 => Usually(SENDER),
        // Exchange Online: the recipients of a day.
        90 => Sure(Fault::Quota(Quota::Day)),
        // Other; ambiguous. 5.1.0 is said of senders, too.
        _ => Usually(ADDRESS),
    }
}

fn mailbox(detail: u16) -> Meaning {
    match detail {
        // Longer than this mailbox takes.
        3 => Usually(Fault::Mail),
        // Exchange Online: what one recipient may receive in an hour.
        121 | 122 => Sure(ADDRESS),
        // Exchange Online: shut out after many errors of ours; 252 are wrong senders.
        252 => Sure(SENDER),
        251..=255 => Sure(SET_UP),
        // Other; disabled; full; a list that cannot be expanded.
        _ => Usually(ADDRESS),
    }
}

fn mail_system(detail: u16) -> Meaning {
    match detail {
        // It takes no mail at all.
        2 => Usually(Fault::Ours(Ours::Connection)),
        // Features that it does not have; too big.
        3 | 4 => Usually(Fault::Mail),
        // It is set up wrongly.
        5 => Usually(SET_UP),
        // Other; full; a changed priority.
        _ => Usually(Fault::Mail),
    }
}

fn network(detail: u16) -> Meaning {
    match detail {
        // Congestion, which passes. As a refusal for good it is Gmail's word for a day's limit.
        5 => Usually(Fault::Quota(Quota::Unsaid)),
        // The way to the recipient: no answer, no route, a loop, too old. Exchange Online says 5.4.1 of
        // an address that it does not know, and of one that it does not relay to.
        _ => Usually(ADDRESS),
    }
}

fn protocol(detail: u16) -> Meaning {
    match detail {
        // Too many recipients. A mail of ours has one, so that they are counted over several.
        3 => Usually(Fault::TooFast),
        _ => Open,
    }
}

fn policy(code: u16, detail: u16) -> Meaning {
    match detail {
        // Exchange Online uses two numbers of RFC 5248's for what a recipient has forbidden.
        12 | 13 if code == 550 => Sure(ADDRESS),
        // No expansion of lists; another owner than when the address was confirmed (RFC 7293).
        2 | 17 | 18 => Usually(ADDRESS),
        // Conversion, features, cryptography, integrity; priority; ARC.
        3..=7 | 15 | 16 | 19 | 29 | 30 => Usually(Fault::Mail),
        // Yahoo's number for its policy on content.
        9 if code == 554 => Usually(Fault::Mail),
        // Credentials; a mechanism too weak; a password to be changed; an account disabled; no trust.
        8 | 9 | 12 | 13 | 14 => Usually(LOG_IN),
        // Encryption needed, for mail and for the log-in.
        10 | 11 => Usually(TLS),
        // DKIM, SPF, several of them; a sender's domain that takes no mail.
        20..=24 | 26 | 27 => Usually(SENDER),
        // Reverse DNS.
        25 => Usually(SET_UP),
        // A flood: it passes, or somebody has closed the door.
        28 if code < 500 => Sure(Fault::TooFast),
        28 => Usually(REPUTATION),
        _ => exchange_online(detail),
    }
}

fn exchange_online(detail: u16) -> Meaning {
    match detail {
        57 | 139 => Sure(LOG_IN),
        60 => Sure(SENDER),
        64 => Sure(Fault::Ours(Ours::Relaying)),
        // What a recipient or a group has forbidden; the recipient's certificate.
        124 | 133..=136 | 321..=325 | 504 | 505 | 507 | 510 | 513 | 514 => Sure(ADDRESS),
        // What a tenant may send to the outside in a day.
        232 | 233 => Sure(Fault::Quota(Quota::Day)),
        506 => Sure(SET_UP),
        // DMARC; the level of authentication; a domain that is not ours.
        509 | 515 | 750 => Sure(SENDER),
        512 => Sure(Fault::Mail),
        // 4.7.500 is said of a server that is busy.
        500 => Usually(REPUTATION),
        501..=503 | 508 | 511 | 606..=649 | 700..=749 | 850..=899 => Sure(REPUTATION),
        // X.7.0 and X.7.1 are said of everything.
        _ => Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        Enhanced::of(text).map(|code| code.to_string())
    }

    #[test]
    fn a_code_stands_first_or_is_marked() {
        for (text, code) in [
            ("5.1.1 gone", "5.1.1"),
            ("  5.7.26 no", "5.7.26"),
            ("#5.1.0 Address rejected.", "5.1.0"),
            ("[5.1.1] gone", "5.1.1"),
            ("<5.1.1> gone", "5.1.1"),
            ("5.1.1: gone", "5.1.1"),
            ("550-5.1.1 gone", "5.1.1"),
            ("sorry, no mailbox here by that name. (#5.1.1)", "5.1.1"),
            ("no such user [5.1.1]", "5.1.1"),
            ("4.1.1 unverified: host mx said: 550 [5.1.1] gone", "4.1.1"),
        ] {
            assert_eq!(found(text).as_deref(), Some(code), "{text}");
        }
    }

    #[test]
    fn another_number_is_no_code() {
        for text in [
            "",
            "gone",
            "see 5.1.1",
            "5.1 gone",
            "5.1.x gone",
            "5.1.1.7 gone",
            "5.1.1000 gone",
            "2.1.5 fine",
            "9.1.1 gone",
            "5..1 gone",
            "[192.0.2.1] blocked",
            "host said: 550 5.1.1 gone",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
