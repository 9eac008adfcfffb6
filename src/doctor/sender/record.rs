//! Records of the DNS as text: what of them is read, and how. Pure.

use crate::{
    doctor::Finding,
    foreign_text::{ForeignText, Limit},
};

/// Letters of a record that are read: the longest key is a quarter of that.
pub const LONGEST: usize = 4_096;

/// What the DNS said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Texts, each with its strings joined (RFC 7208, 3.3).
    Found(Vec<String>),
    /// There is no such name, or it has no text.
    Nothing,
    /// No answer, or none that can be read.
    Unheard,
}

/// The texts that begin as such a record does, in letters of any case.
pub fn beginning_with<'a>(texts: &'a [String], version: &str) -> Vec<&'a str> {
    let texts = texts.iter().map(|text| text.trim());
    let begins = |text: &&str| {
        let begin = text.get(..version.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(version))
            && !text[version.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    texts.filter(begins).collect()
}

/// The fields of `v=DMARC1; p=none` (RFC 6376, 3.2), in its order; `None`: one is no field, or is there twice.
pub fn tags(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut tags: Vec<(&str, &str)> = Vec::new();
    for part in text.split(';').map(str::trim) {
        if part.is_empty() {
            continue;
        }
        let (name, value) = part.split_once('=')?;
        let name = name.trim();
        if tags.iter().any(|(known, _)| *known == name) {
            return None;
        }
        tags.push((name, value.trim()));
    }
    Some(tags)
}

/// What is said where [`tags`] finds none.
pub const NO_FIELDS: &str = "its fields have to be name=value, each once, with ; between them";

/// The value of a field.
pub fn tag<'a>(tags: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    let found = tags.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| *value)
}

/// What is said where the DNS is silent.
pub fn unheard(name: &str) -> Finding {
    Finding::Remark(format!("the DNS gave no answer to {name}"))
}

/// Foreign words as they can stand in a sentence.
pub fn quoted(text: &str) -> String {
    let text = ForeignText::new(text, Limit::WORD);
    format!("\u{201c}{text}\u{201d}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_begins_with_its_version_and_ends_it() {
        let texts = [" V=spf1 mx", "v=spf10 mx", "v=spf1", "google=v=spf1", ""].map(str::to_owned);
        assert_eq!(beginning_with(&texts, "v=spf1"), ["V=spf1 mx", "v=spf1"]);
    }

    #[test]
    fn fields_are_read_whatever_stands_between_them() {
        let read = tags("v=DMARC1 ;p = none;; ").unwrap();
        assert_eq!(read, [("v", "DMARC1"), ("p", "none")]);
        assert_eq!(tag(&read, "p"), Some("none"));
        assert_eq!(tags("v=DMARC1; none"), None);
        assert_eq!(tags("p=none; p=reject"), None);
    }
}
