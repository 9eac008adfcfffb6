//! Finds the addresses in a plain text, as a mail program does that makes them clickable.

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    Words(&'t str),
    /// Whole, from `http` to its last letter.
    Link(&'t str),
}

/// Takes a text apart; put together again the pieces are the text.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = start_of_link(rest) {
        let (words, from_link) = rest.split_at(start);
        let (link, after) = from_link.split_at(length_of_link(from_link));
        pieces.push(Piece::Words(words));
        pieces.push(Piece::Link(link));
        rest = after;
    }
    pieces.push(Piece::Words(rest));
    pieces.retain(|piece| *piece != Piece::Words(""));
    pieces
}

fn start_of_link(text: &str) -> Option<usize> {
    text.match_indices("http").map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let here = &text[*at..];
        let address = here
            .strip_prefix("http://")
            .or_else(|| here.strip_prefix("https://"));
        !before.is_some_and(char::is_alphanumeric)
            && address
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['))
    })
}

/// Up to a space or a bracket that no address has; the sentence's punctuation is not the link's.
fn length_of_link(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"“”„«»".contains(c);
    let mut link = &text[..text.find(ends).unwrap_or(text.len())];
    while let Some(last) = link.chars().next_back() {
        let opening = match last {
            ')' => Some('('),
            ']' => Some('['),
            _ => None,
        };
        let count = |wanted: char| link.matches(wanted).count();
        let unopened = opening.is_some_and(|opening| count(last) > count(opening));
        if !unopened && !".,;:!?'’…".contains(last) {
            break;
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    link.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<&str> {
        let link = |piece| match piece {
            Piece::Link(link) => Some(link),
            Piece::Words(_) => None,
        };
        pieces(text).into_iter().filter_map(link).collect()
    }

    #[test]
    fn a_link_is_whole_and_without_the_sentence_around_it() {
        assert_eq!(
            links("Pay (https://a.example/pay/x_-~.y?b=1&c=%20#d), or http://b.example:80/."),
            [
                "https://a.example/pay/x_-~.y?b=1&c=%20#d",
                "http://b.example:80/"
            ]
        );
        assert_eq!(
            links("<https://a.example/(b)>\nhttps://c.example"),
            ["https://a.example/(b)", "https://c.example"]
        );
        assert_eq!(links("„https://a.example/ä“"), ["https://a.example/ä"]);
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        assert!(links("http, https:// and shttp://a.example or ftp://b.example").is_empty());
    }

    #[test]
    fn nothing_is_lost() {
        let text = "Ä https://a.example/. http https://b.example";
        let whole: String = pieces(text)
            .into_iter()
            .map(|piece| match piece {
                Piece::Words(text) | Piece::Link(text) => text,
            })
            .collect();
        assert_eq!(whole, text);
    }
}
