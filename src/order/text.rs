//! Short texts that an order carries: its reference, the payer's name, what a line is for.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::foreign_text::{breaks, composed, is_blank, is_seen, safe, turns};

/// What the shop calls the order. Unique, compared to the letter.
pub type Reference = Text<120>;
/// The payer's name, as the mail greets them.
pub type Name = Text<200>;
/// What a line is for, as the payer reads it at Stripe.
pub type Description = Text<250>;

/// A text of 1 to `MAX` characters, trimmed, in one line: no control characters, so that it can
/// stand in a mail header, a log line and a JSON column. Letters are composed (Unicode NFC), so that a
/// name typed on two machines is one.
///
/// What is read from a row is taken as it is: it was checked when it came, by the rules of that day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize>(String);

/// Why a text cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing that is seen.
    #[error("this must not be missing or empty")]
    Empty,
    /// More than `max` characters.
    #[error("this has {length} characters; shorten it to {max}")]
    TooLong {
        /// What it has.
        length: usize,
        /// What it may have.
        max: usize,
    },
    /// A tab, a line break, a NUL…
    #[error("this has a tab, a line break or another control character in it; remove it")]
    Control,
    /// A mark that is not seen, and makes a text read as another one.
    #[error("this has an invisible mark in it that turns the direction of letters; type it anew")]
    Direction,
}

impl<const MAX: usize> Text<MAX> {
    /// Trims and checks.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim_matches(is_blank);
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        let text = composed(text);
        one_line(&text, MAX)?;
        if text.chars().any(turns) {
            return Err(TextError::Direction);
        }
        if !text.contains(is_seen) {
            return Err(TextError::Empty);
        }
        Ok(Self(text))
    }

    /// What can be taken of a text that somebody else has written: in one line, cut where it is too long,
    /// without marks that turn the direction of what follows. `None`: nothing is left.
    pub fn fitted(text: &str) -> Option<Self> {
        let line: String = safe(text.chars()).collect();
        let fits: String = line.trim().chars().take(MAX).collect();
        Self::parse(&fits).ok()
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks that a text has at most `max` characters and stays in one line.
pub(crate) fn one_line(text: &str, max: usize) -> Result<(), TextError> {
    let length = text.chars().count();
    if length > max {
        return Err(TextError::TooLong { length, max });
    }
    if text.chars().any(breaks) {
        Err(TextError::Control)
    } else {
        Ok(())
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(text: Text<MAX>) -> Self {
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_somebody_else_is_cut_to_what_can_be_taken() {
        let fitted = |text: &str| Reference::fitted(text).map(String::from);
        assert_eq!(
            fitted(" Scarf,\n\tblue\u{202e} "),
            Some("Scarf,  blue".to_owned())
        );
        assert_eq!(fitted(&"ü".repeat(121)), Some("ü".repeat(120)));
        for nothing in ["", " \n", "\u{200e}"] {
            assert_eq!(fitted(nothing), None);
        }
    }

    #[test]
    fn blanks_around_a_text_are_dropped_and_those_inside_stay() {
        for text in [
            "\u{a0} U12  Miller\r\n",
            "\u{200b}U12  Miller\u{feff}\u{2060} ",
        ] {
            assert_eq!(Reference::parse(text).unwrap().as_str(), "U12  Miller");
        }
    }

    #[test]
    fn a_name_typed_on_two_machines_is_one() {
        let (composed, decomposed) = ("U12-M\u{fc}ller", "U12-Mu\u{308}ller");
        let read = |text| Reference::parse(text).map(String::from);
        assert_eq!(read(decomposed), read(composed));
        assert_eq!(read(decomposed).as_deref(), Ok(composed));
    }

    #[test]
    fn letters_of_any_script_stay_and_marks_of_direction_are_refused() {
        // Joiners are part of words in Persian and Hindi, and of some emoji.
        for text in [
            "علی\u{200c}رضا",
            "क्\u{200d}ष",
            "李小龍",
            "👨\u{200d}👩\u{200d}👧",
        ] {
            assert_eq!(Name::parse(text).unwrap().as_str(), text);
        }
        for mark in ['\u{202e}', '\u{200f}', '\u{2066}', '\u{61c}'] {
            let text = format!("CUP{mark}-1");
            assert_eq!(Reference::parse(&text), Err(TextError::Direction));
        }
    }

    #[test]
    fn what_is_stored_is_read_by_the_rules_of_its_day() {
        let text: Description = serde_json::from_str("\"a\\u202eb\\tc\"").unwrap();
        assert_eq!(text.as_str(), "a\u{202e}b\tc");
    }

    #[test]
    fn length_is_counted_in_characters_and_not_in_bytes() {
        assert!(Reference::parse(&"ü".repeat(120)).is_ok());
        assert_eq!(
            Reference::parse(&"ü".repeat(121)),
            Err(TextError::TooLong {
                length: 121,
                max: 120
            })
        );
    }

    #[test]
    fn empty_texts_and_control_characters_are_refused() {
        for text in [
            " \t ",
            "\u{200b}",
            "\u{200d}\u{ad}",
            "\u{3164} \u{2800}",
            "\u{fe0f}",
        ] {
            assert_eq!(Reference::parse(text), Err(TextError::Empty), "{text:?}");
        }
        for text in ["a\tb", "a\nBcc: b", "a\0b", "a\u{85}b", "a\u{2028}b"] {
            assert_eq!(Reference::parse(text), Err(TextError::Control), "{text:?}");
        }
    }
}
