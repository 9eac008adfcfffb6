//! Lines as terminal mail programs like them.

use textwrap::{Options, WordSeparator, WordSplitter};

/// RFC 3676 asks for at most 78; this leaves room for a reply's `> `.
const WIDTH: usize = 72;

/// Breaks long lines between words, keeps their indentation, and leaves an address whole however
/// long it is: one that is cut cannot be clicked.
pub fn wrap(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.trim_end();
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let options = Options::new(WIDTH)
            .subsequent_indent(&indent)
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation);
        // What follows two hyphens and a blank is a signature to mail programs; the blank stays.
        if line == "--" {
            "-- ".to_owned()
        } else {
            textwrap::fill(line, options)
        }
    });
    let mut text: String = lines.collect::<Vec<_>>().join("\n").trim_end().to_owned();
    text.push('\n');
    text
}

/// One line without control characters, as a subject must be.
pub fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words_and_keep_their_indentation() {
        let wrapped = wrap(&format!("{}\n  {}", "word ".repeat(30), "über ".repeat(30)));
        assert!(wrapped.lines().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(wrapped.matches("word").count(), 30);
        assert_eq!(wrapped.matches("\n  über").count(), 3);
    }

    #[test]
    fn an_address_stays_whole_however_long_it_is() {
        let address = format!(
            "https://pay.example.org/pay/{}-{}",
            "a".repeat(90),
            "b".repeat(90)
        );
        let wrapped = wrap(&format!("Please pay here, since it is due: {address}"));
        assert!(wrapped.lines().any(|line| line == address), "{wrapped}");
    }

    #[test]
    fn empty_lines_stay_and_the_text_ends_with_one_line_end() {
        assert_eq!(wrap("a\n\nb  \n--\nc\n\n\n"), "a\n\nb\n-- \nc\n");
    }

    #[test]
    fn a_subject_has_one_line_whatever_is_put_into_it() {
        assert_eq!(
            one_line(" Cup\r\nBcc: x@example.org\t\u{0} "),
            "Cup Bcc: x@example.org"
        );
    }
}
