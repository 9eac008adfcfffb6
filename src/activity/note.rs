//! What somebody had to say about what they do.

use serde::Deserialize;

use crate::foreign_text::has_controls;

/// A remark for the history: at most 2,000 letters, which may have line ends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Note(String);

/// Why a note cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More letters than anybody reads; so many.
    #[error("a note has {0} characters; shorten it to {most}", most = Note::MOST)]
    TooLong(usize),
    /// What PostgreSQL cannot keep, or a terminal would obey.
    #[error("a note has a control character in it; remove it, line breaks and tabs may stay")]
    Control,
}

impl Note {
    /// Letters of a note: some paragraphs. A list of the log shows a page of them.
    pub const MOST: usize = 2_000;

    /// Checks a text, which stays as it is.
    ///
    /// # Errors
    /// It is too long, or holds a control character.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for Note {
    type Error = NoteError;

    fn try_from(text: String) -> Result<Self, NoteError> {
        let length = text.chars().count();
        if length > Note::MOST {
            return Err(NoteError::TooLong(length));
        }
        if has_controls(&text) {
            return Err(NoteError::Control);
        }
        Ok(Self(text))
    }
}

impl From<Note> for String {
    fn from(note: Note) -> Self {
        note.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_kept_as_it_is_or_refused() {
        let said = |text: &str| Note::parse(text).map(String::from);
        for text in ["", " two\r\n\tlines ", &"ü".repeat(Note::MOST)] {
            assert_eq!(said(text), Ok(text.to_owned()));
        }
        assert_eq!(said(&"ü".repeat(2_001)), Err(NoteError::TooLong(2_001)));
        for text in ["a\0", "\u{1b}[m", "\u{9b}", "\u{7f}"] {
            assert_eq!(said(text), Err(NoteError::Control), "{text:?}");
        }
    }
}
