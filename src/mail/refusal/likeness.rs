//! What makes two refusals the same: pure.

use std::fmt;

use super::{Reply, enhanced};

/// Code and enhanced code; where there is no enhanced code, the text without addresses and numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Likeness(String);

impl Likeness {
    /// Of a server's reply.
    pub fn of(reply: &Reply<'_>) -> Self {
        match enhanced(reply.text) {
            Some((class, subject, detail)) => {
                Self(format!("{} {class}.{subject}.{detail}", reply.code))
            }
            None => Self::of_words(reply.text),
        }
    }

    /// Of words alone.
    pub fn of_words(text: &str) -> Self {
        let words = text.split_whitespace().filter(|word| !varies(word));
        Self(words.collect::<Vec<_>>().join(" ").to_lowercase())
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
