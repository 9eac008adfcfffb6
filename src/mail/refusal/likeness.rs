//! What makes two refusals the same: pure.

use std::fmt;

use super::{Enhanced, Reply};

/// Code and enhanced code; where there is no enhanced code, the text without addresses and numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Likeness(String);

impl Likeness {
    /// Of a server's reply.
    pub fn of(reply: &Reply<'_>) -> Self {
        match Enhanced::of(reply.text) {
            Some(enhanced) => Self(format!("{} {enhanced}", reply.code)),
            None => Self::without(reply.text, reply.recipient).unless_empty(reply.code),
        }
    }

    /// Of words alone.
    pub fn of_words(text: &str) -> Self {
        Self::without(text, "")
    }

    fn without(text: &str, recipient: &str) -> Self {
        let (text, recipient) = (text.to_lowercase(), recipient.to_lowercase());
        let (name, domain) = recipient.rsplit_once('@').unwrap_or_default();
        let words = text.split_whitespace().filter(|word| {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
            !varies(word) && (bare.is_empty() || (bare != name && bare != domain))
        });
        Self(words.collect::<Vec<_>>().join(" "))
    }

    fn unless_empty(self, code: u16) -> Self {
        if self.0.is_empty() {
            Self(code.to_string())
        } else {
            self
        }
    }

    /// As it is stored and compared.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Likeness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// Whether a word is another one for each mail: an address, a number, the id of a queue.
fn varies(word: &str) -> bool {
    word.contains('@') || word.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::refusal::Stage;

    fn likeness(code: u16, text: &str, recipient: &str) -> String {
        let reply = Reply {
            stage: Stage::Recipient,
            code,
            text,
            sender: "club@club.example",
            recipient,
        };
        Likeness::of(&reply).to_string()
    }

    #[test]
    fn codes_are_compared_before_words() {
        for text in [
            "5.7.1 <ann@example.org> no",
            "5.7.1 another sentence",
            "#5.7.1",
        ] {
            assert_eq!(likeness(550, text, "ann@example.org"), "550 5.7.1");
        }
        assert_ne!(likeness(554, "5.7.1 no", ""), likeness(550, "5.7.1 no", ""));
        assert_ne!(likeness(550, "5.7.2 no", ""), likeness(550, "5.7.1 no", ""));
    }

    #[test]
    fn without_an_enhanced_code_texts_are_the_same_but_for_addresses_and_numbers() {
        let ann = likeness(
            550,
            "<ann@example.org> No such user here (q4Xy1)",
            "ann@example.org",
        );
        let bo = likeness(
            550,
            "<bo@example.net>  no such USER here (q7Ab2)",
            "bo@example.net",
        );
        assert_eq!((ann.as_str(), ann == bo), ("no such user here", true));
        let ann = likeness(550, "No such user 'ann' at example.org.", "ann@example.org");
        let bo = likeness(550, "No such user 'bo' at example.net.", "bo@example.net");
        assert_eq!((ann.as_str(), ann == bo), ("no such user at", true));
        assert_ne!(
            likeness(550, "mailbox full", ""),
            likeness(550, "no such user", "")
        );
    }

    #[test]
    fn a_reply_without_any_words_is_its_code() {
        assert_eq!(likeness(550, "", ""), "550");
        assert_eq!(likeness(554, "<ann@example.org>", "ann@example.org"), "554");
    }
}
