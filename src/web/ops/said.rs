//! A sentence with foreign words in it: names and references keep their own direction, and are never markup.

use serde::Serialize;

/// A sentence in pieces.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct Said(Vec<Piece>);

#[derive(Debug, Clone, Serialize)]
struct Piece {
    text: String,
    foreign: bool,
}

impl Said {
    /// Words of ours.
    pub fn of(text: impl Into<String>) -> Self {
        Self::default().and(text)
    }

    /// Somebody's name, a reference: what is not ours.
    pub fn name(text: impl Into<String>) -> Self {
        Self::default().and_name(text)
    }

    /// Words of ours after that.
    #[must_use]
    pub fn and(self, text: impl Into<String>) -> Self {
        self.with(text.into(), false)
    }

    /// What is not ours.
    #[must_use]
    pub fn and_name(self, text: impl Into<String>) -> Self {
        self.with(text.into(), true)
    }

    /// All of another one.
    #[must_use]
    pub fn and_said(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Without its pieces: for a title, or for ears.
    pub fn plain(&self) -> String {
        self.0.iter().map(|piece| piece.text.as_str()).collect()
    }

    fn with(mut self, text: String, foreign: bool) -> Self {
        self.0.push(Piece { text, foreign });
        self
    }
}
