//! Sentences with times and names in them: each time is a `<time>`, each name a `<bdi>`.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::{
    line::sentence,
    when::{When, at_a_time, on_a_day},
};

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Piece {
    /// Our own words.
    Text { text: String },
    /// Somebody else's.
    Name { name: String },
    /// A time, with how it is said.
    Time { stamp: String, said: String },
}

impl From<&str> for Piece {
    fn from(text: &str) -> Self {
        Self::Text {
            text: text.to_owned(),
        }
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Self::Text { text }
    }
}

/// Somebody else's words: a name, a note, what a server said.
pub fn name(name: impl Into<String>) -> Piece {
    Piece::Name { name: name.into() }
}

/// Sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Prose(pub Vec<Piece>);

impl<P: Into<Piece>> From<P> for Prose {
    fn from(piece: P) -> Self {
        Self(vec![piece.into()])
    }
}

impl Prose {
    /// Somebody else's words alone.
    pub fn of_name(words: impl Into<String>) -> Self {
        Self::from(name(words))
    }

    /// The same with more behind it.
    #[must_use]
    pub fn and(mut self, more: impl Into<Self>) -> Self {
        self.0.extend(more.into().0);
        self
    }

    /// The same with somebody else's words behind it.
    #[must_use]
    pub fn and_name(self, words: impl Into<String>) -> Self {
        self.and(Self::of_name(words))
    }

    /// The same as a sentence of its own: it begins with a capital letter.
    #[must_use]
    pub fn begun(mut self) -> Self {
        if let Some(Piece::Text { text }) = self.0.first_mut() {
            *text = sentence(text);
        }
        self
    }

    /// Without marks, for a title.
    pub fn plain(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text { text } => text.clone(),
            Piece::Name { name } => name.clone(),
            Piece::Time { said, .. } => said.clone(),
        };
        self.0.iter().map(piece).collect()
    }
}

/// `prose!["They left ", clock.day(at), "."]`
macro_rules! prose {
    ($($piece:expr),* $(,)?) => {
        $crate::web::ops::prose::Prose(vec![$($crate::web::ops::prose::Piece::from($piece)),*])
    };
}
pub(super) use prose;

/// How times are said on a page.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    pub zone: Tz,
    pub now: DateTime<Utc>,
}

impl Times {
    /// `on Saturday, 21 November`
    pub fn day(self, at: DateTime<Utc>) -> Piece {
        self.said(at, on_a_day(at, self.zone, self.now))
    }

    /// `Saturday, 21 November`
    pub fn day_alone(self, at: DateTime<Utc>) -> Piece {
        let said = on_a_day(at, self.zone, self.now);
        self.said(at, said.trim_start_matches("on ").to_owned())
    }

    /// `today at 15:15`
    pub fn moment(self, at: DateTime<Utc>) -> Piece {
        self.said(at, at_a_time(at, self.zone, self.now))
    }

    /// `Monday, 1 June, at 09:00`
    pub fn moment_alone(self, at: DateTime<Utc>) -> Piece {
        let said = at_a_time(at, self.zone, self.now);
        self.said(at, said.trim_start_matches("on ").to_owned())
    }

    fn said(self, at: DateTime<Utc>, said: String) -> Piece {
        let When { stamp, .. } = When::of(at, self.zone);
        Piece::Time { stamp, said }
    }
}
