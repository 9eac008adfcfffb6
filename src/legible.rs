//! Text of somebody else, made fit to be shown: on a terminal, in a line of the log, in a refusal.
//!
//! A control character can clear a screen, name a window or forge a line, and so can the marks that turn
//! the direction of what follows. Each is written as JSON escapes it, like `\u001b`: a person sees what
//! stands there, and a text of JSON still says the same.

use std::fmt::Write;

use crate::foreign_text::breaks;

/// How much of a value that is wrong is repeated: enough to find it again.
pub const EXCERPT: usize = 80;

/// A value in one line.
pub fn one_line(text: &str) -> String {
    escaped(text, |_| false)
}

/// A text of several lines, which keeps its line ends and tabs.
pub fn lines(text: &str) -> String {
    escaped(&text.replace("\r\n", "\n"), |c| matches!(c, '\n' | '\t'))
}

/// The beginning of a value in one line: so many letters of it at most, and `…` where there were more.
pub fn excerpt(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        Some((end, _)) => one_line(&text[..end]) + "…",
        None => one_line(text),
    }
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut legible = String::with_capacity(text.len());
    for c in text.chars() {
        if is_command(c) && !stays(c) {
            // All of them have four digits at most. Writing into a text does not fail.
            let _ = write!(legible, "\\u{:04x}", u32::from(c));
        } else {
            legible.push(c);
        }
    }
    legible
}

/// What breaks a line or steers a terminal (which takes `\u009b` for ESC and `[`), and what embeds,
/// overrides or isolates a direction.
fn is_command(c: char) -> bool {
    breaks(c) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        assert_eq!(
            one_line("a\0b\u{1b}[2J\u{9b}2J\n\u{7f}\u{202e}\u{2028}ü"),
            r"a\u0000b\u001b[2J\u009b2J\u000a\u007f\u202e\u2028ü"
        );
        assert_eq!(lines("a\r\n\tb\rc"), "a\n\tb\\u000dc");
    }

    #[test]
    fn a_text_of_json_says_the_same_as_before() {
        let value = serde_json::json!({ "a\u{9b}": "\u{1b}\u{7f}\u{202e}\n" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let read: serde_json::Value = serde_json::from_str(&lines(&text)).unwrap();
        assert_eq!(read, value);
    }

    #[test]
    fn an_excerpt_is_counted_in_letters() {
        assert_eq!(excerpt("üü", 2), "üü");
        assert_eq!(excerpt("ü\nü", 2), "ü\\u000a…");
    }
}
