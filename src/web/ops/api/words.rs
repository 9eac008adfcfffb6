//! What is said in the document: paragraphs, with names in them that are set as code. Pure.

use serde::Serialize;
use serde_json::Value;

/// A paragraph, piece by piece.
pub type Paragraph = Vec<Piece>;

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    pub text: String,
    /// A name of the API.
    pub code: bool,
}

/// A text; empty where there is none.
pub fn of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A text's paragraphs.
pub fn paragraphs(text: &str) -> Vec<Paragraph> {
    let paragraphs = text.split("\n\n").filter(|text| !text.trim().is_empty());
    paragraphs.map(pieces).collect()
}

/// One paragraph: what stands between backticks is code.
pub fn pieces(text: &str) -> Paragraph {
    let parts = text.split('`').enumerate();
    let pieces = parts.map(|(at, part)| Piece {
        text: part.to_owned(),
        code: at % 2 == 1,
    });
    pieces.filter(|piece| !piece.text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_words() {
        let pieces = pieces("With `true` only `open` ones.");
        let codes: Vec<&str> = pieces
            .iter()
            .filter(|piece| piece.code)
            .map(|piece| piece.text.as_str())
            .collect();
        assert_eq!(codes, ["true", "open"]);
        assert_eq!(pieces.len(), 5);
        assert_eq!(paragraphs("One.\n\nTwo.").len(), 2);
        assert!(paragraphs("").is_empty());
    }
}
