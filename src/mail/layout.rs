//! Lines as mail programs like them, those in a terminal and those on a phone.

use textwrap::{Options, WordSeparator, WordSplitter};

/// RFC 3676 asks for at most 78; this leaves room for a reply's `> `.
const WIDTH: usize = 72;
/// What stands above the lines about the sender: programs know it with its blank.
const SIGNATURE: &str = "-- ";

/// A text without blanks at the ends of its lines and with one line end at its own. A paragraph is one
/// line, however long.
pub fn tidy(text: &str) -> String {
    let lines = text.lines().map(|line| match line.trim_end() {
        "--" => SIGNATURE,
        line => line,
    });
    let mut text = lines.collect::<Vec<_>>().join("\n").trim_end().to_owned();
    text.push('\n');
    text
}

/// The same as `format=flowed` (RFC 3676): long lines are broken between words, with a blank where a
/// narrow window may join them again. What is indented keeps its breaks. An address stays whole
/// however long it is: one that is cut cannot be clicked.
pub fn flowed(text: &str) -> String {
    let mut flowed = String::with_capacity(text.len() + text.len() / WIDTH);
    for line in text.lines() {
        let indented = line.starts_with(' ');
        let soft = if indented || line == SIGNATURE {
            ""
        } else {
            " "
        };
        for (at, piece) in broken(line).iter().enumerate() {
            if at > 0 {
                flowed.push_str(soft);
                flowed.push('\n');
            }
            // A blank in front is taken off by whoever reads; these would be read as something else.
            if piece.starts_with([' ', '>']) || piece.starts_with("From ") {
                flowed.push(' ');
            }
            flowed.push_str(piece);
        }
        flowed.push('\n');
    }
    flowed
}

fn broken(line: &str) -> Vec<String> {
    if line == SIGNATURE {
        return vec![line.to_owned()];
    }
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let options = Options::new(WIDTH)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    let pieces = textwrap::wrap(line, options);
    pieces.into_iter().map(String::from).collect()
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

    /// As RFC 3676, 4 has mail programs read it.
    fn read(flowed: &str) -> String {
        let mut text = String::new();
        for line in flowed.lines() {
            let line = line.strip_prefix(' ').unwrap_or(line);
            text += line;
            if !line.ends_with(' ') || line == "-- " {
                text.push('\n');
            }
        }
        text
    }

    #[test]
    fn a_long_paragraph_is_broken_between_words_and_can_be_joined_again() {
        let paragraph = tidy(&"Sommerfest über alles ".repeat(20));
        let flowed = flowed(&paragraph);
        assert!(flowed.lines().count() > 5);
        assert!(flowed.lines().all(|line| line.chars().count() <= WIDTH + 1));
        assert_eq!(read(&flowed), paragraph);
    }

    #[test]
    fn what_is_indented_stays_below_itself() {
        let flowed = flowed(&tidy(&format!("  {}", "word ".repeat(30))));
        assert!(flowed.lines().count() > 1);
        assert!(
            flowed
                .lines()
                .all(|line| line.starts_with("   word") && !line.ends_with(' '))
        );
    }

    #[test]
    fn an_address_stays_whole_however_long_it_is() {
        let address = format!(
            "https://pay.example.org/pay/{}-{}",
            "a".repeat(90),
            "b".repeat(90)
        );
        let flowed = flowed(&format!("Please pay here, since it is due: {address}"));
        assert!(flowed.lines().any(|line| line == address), "{flowed}");
    }

    #[test]
    fn what_would_be_read_as_something_else_is_not() {
        let text = "> 5 players\nFrom me to you\n  indented\n-- \nClub\n";
        let flowed = flowed(text);
        assert_eq!(
            flowed,
            " > 5 players\n From me to you\n   indented\n-- \nClub\n"
        );
        assert_eq!(read(&flowed), text);
    }

    #[test]
    fn empty_lines_stay_and_the_text_ends_with_one_line_end() {
        assert_eq!(tidy("a\n\nb  \n--\nc\n\n\n"), "a\n\nb\n-- \nc\n");
    }

    #[test]
    fn a_subject_has_one_line_whatever_is_put_into_it() {
        assert_eq!(
            one_line(" Cup\r\nBcc: x@example.org\t\u{0} "),
            "Cup Bcc: x@example.org"
        );
    }
}
