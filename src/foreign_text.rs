//! Text that somebody else wrote, made safe: the one way in which it reaches a row, a line of the log, a
//! terminal or a mail. Pure.
//!
//! PostgreSQL refuses a NUL, a log line ends at a line break, a terminal obeys control characters, and
//! nobody can use a code of five megabytes.

use std::{fmt, ops::Deref};

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::Serialize;

/// One line of bounded length, without control characters and without marks that turn the direction of
/// what follows.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ForeignText(String);

/// How many characters a text has at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(usize);

impl Limit {
    /// A code, a type, the name of a field.
    pub const WORD: Self = Self(100);
    /// An id, an address, somebody's name.
    pub const NAME: Self = Self(255);
    /// What a server says, why something failed.
    pub const SENTENCE: Self = Self(500);

    /// Any other number of characters.
    pub const fn characters(count: usize) -> Self {
        Self(count)
    }
}

impl ForeignText {
    /// What is safe of `text`: control characters are blanks, marks of direction and blanks around it
    /// are gone; what is longer than `limit` is cut, with `…` as its last character.
    pub fn new(text: &str, limit: Limit) -> Self {
        Self::of(safe(text.chars()), limit)
    }

    /// The same of a text of several lines, such as a note of the shop's: their ends stay.
    pub fn lines(text: &str, limit: Limit) -> Self {
        let text = text.replace("\r\n", "\n");
        let characters = text.chars().filter(|c| !turns(*c));
        let inner = |c: char| if c != '\n' && breaks(c) { ' ' } else { c };
        Self::of(characters.map(inner), limit)
    }

    /// The same of bytes; those that are not UTF-8 are `?`.
    pub fn from_bytes(bytes: &[u8], limit: Limit) -> Self {
        let characters = bytes.utf8_chunks().flat_map(|chunk| {
            let wrong = (!chunk.invalid().is_empty()).then_some('?');
            chunk.valid().chars().chain(wrong)
        });
        Self::of(safe(characters), limit)
    }

    /// Keeps no more in memory than the limit, however long the text is.
    fn of(safe: impl Iterator<Item = char>, limit: Limit) -> Self {
        let mut safe = safe.skip_while(|c| c.is_whitespace());
        let mut kept: String = safe.by_ref().take(limit.0).collect();
        let is_cut = safe.any(|c| !c.is_whitespace());
        if is_cut {
            kept.pop();
        }
        kept.truncate(kept.trim_end().len());
        if is_cut && limit.0 > 0 {
            kept.push('…');
        }
        Self(kept)
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The characters of a text that can stand in one line, one after the other from left to right.
pub fn safe(characters: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    characters
        .filter(|c| !turns(*c))
        .map(|c| if breaks(c) { ' ' } else { c })
}

/// Whether it ends a line or steers a terminal. The two separators are line breaks to many programs,
/// though Unicode calls them no controls.
pub fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether it is a blank around a value: one that spreadsheets and web pages leave there unseen, too.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// Whether something is seen of it where it stands alone: no blank, and none of those that Unicode calls ignorable,
/// such as joiners and selectors, which belong to the letter before them.
pub fn is_seen(c: char) -> bool {
    let ignorable = matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}');
    !is_blank(c) && !c.is_control() && !ignorable
}

/// Whether a text that people write in several lines has something else in it than lines: what
/// PostgreSQL cannot keep, or a terminal would obey.
pub fn has_controls(text: &str) -> bool {
    text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Whether it turns the direction of what follows, so that a text reads as another one.
pub fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl Deref for ForeignText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ForeignText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl From<ForeignText> for String {
    fn from(text: ForeignText) -> Self {
        text.0
    }
}

/// The text in Unicode's composed form (NFC): `ü` is one character, however it was typed.
pub fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(text)
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe(text: &str) -> String {
        ForeignText::new(text, Limit::SENTENCE).into()
    }

    #[test]
    fn what_ends_a_line_or_steers_a_terminal_is_a_blank() {
        for (foreign, expected) in [
            ("550 5.1.1 no such\0user", "550 5.1.1 no such user"),
            ("\r\n a\r\nBcc: b\t\u{85}\n", "a  Bcc: b"),
            ("\u{1b}[2Jgone\u{7f}\u{9b}31m", "[2Jgone  31m"),
            ("a\u{2028}b\u{2029}c", "a b c"),
            ("a\u{202e}b\u{2066}c\u{200f}d\u{61c}", "abcd"),
            ("Größe, 大小 🙂", "Größe, 大小 🙂"),
            ("\0", ""),
        ] {
            assert_eq!(safe(foreign), expected, "{foreign:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_at_a_character() {
        let cut = |text: &str| String::from(ForeignText::new(text, Limit::characters(4)));
        assert_eq!(cut("üüüü"), "üüüü");
        assert_eq!(cut("üüüüü"), "üüü…");
        assert_eq!(cut("a    b"), "a…");
        assert_eq!(cut("a\0\0\0\0\n"), "a");
        assert_eq!(cut(&"x".repeat(5_000_000)), "xxx…");
        assert_eq!(
            String::from(ForeignText::new("ab", Limit::characters(0))),
            ""
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_question_marks() {
        for (bytes, expected) in [
            (&b"250 sch\xf6n"[..], "250 sch?n"),
            (b"\xff\xfe", "??"),
            (b"half \xe2\x82", "half ?"),
            ("ganz schön".as_bytes(), "ganz schön"),
            (b"a\0\xff", "a ?"),
        ] {
            assert_eq!(
                ForeignText::from_bytes(bytes, Limit::WORD).as_str(),
                expected
            );
        }
    }

    #[test]
    fn a_text_of_several_lines_keeps_their_ends_and_no_other_control_character() {
        let text = ForeignText::lines("two\r\nlines\u{1b}[31m\0\u{202e}x\n", Limit::NAME);
        assert_eq!(text.as_str(), "two\nlines [31m x");
    }
}
