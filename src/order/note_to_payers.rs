//! What the shop has to say to payers whose link was withdrawn.

use serde::Deserialize;

use crate::foreign_text::has_controls;

/// Some sentences in plain text, which may have line ends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct NoteToPayers(String);

/// Why a note cannot be shown to payers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteToPayersError {
    /// There is none.
    #[error("say in a sentence what was wrong: payers read it")]
    Empty,
    /// More letters than a payer reads; so many.
    #[error("payers read this, and it has {0} characters; shorten it to {most}", most = NoteToPayers::MOST)]
    TooLong(usize),
    /// What no page can show.
    #[error("this has a control character in it; remove it, line breaks and tabs may stay")]
    Control,
}

impl NoteToPayers {
    /// Letters of it at most: it stands above an amount, on a phone.
    pub const MOST: usize = 500;

    /// Checks a text.
    ///
    /// # Errors
    /// It is empty or too long, or holds a control character.
    pub fn parse(text: &str) -> Result<Self, NoteToPayersError> {
        let text = text.trim();
        let length = text.chars().count();
        if text.is_empty() {
            Err(NoteToPayersError::Empty)
        } else if length > NoteToPayers::MOST {
            Err(NoteToPayersError::TooLong(length))
        } else if has_controls(text) {
            Err(NoteToPayersError::Control)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for NoteToPayers {
    type Error = NoteToPayersError;

    fn try_from(text: String) -> Result<Self, NoteToPayersError> {
        Self::parse(&text)
    }
}

impl From<NoteToPayers> for String {
    fn from(note: NoteToPayers) -> Self {
        note.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payer_reads_some_sentences_and_no_more() {
        let said = |text: &str| NoteToPayers::parse(text).map(String::from);
        assert_eq!(
            said(" Siblings pay half.\n"),
            Ok("Siblings pay half.".to_owned())
        );
        assert_eq!(
            said(&"ü".repeat(NoteToPayers::MOST)),
            Ok("ü".repeat(NoteToPayers::MOST))
        );
        assert_eq!(said(&"ü".repeat(501)), Err(NoteToPayersError::TooLong(501)));
        assert_eq!(said(" \n"), Err(NoteToPayersError::Empty));
        assert_eq!(said("a\0b"), Err(NoteToPayersError::Control));
    }
}
