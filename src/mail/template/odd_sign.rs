//! Signs in a tag that look like plain ones, and are none. Pure.

use minijinja::machinery::Span;

use super::allowed::{Checked, refuse};

/// What a word processor or a web page puts in the place of plain signs, and the engine takes for none:
/// behind what was `read` last.
pub(super) fn refused(template: &str, read: Option<Span>) -> Checked {
    let span = read.unwrap_or_default();
    let rest = template.get(span.end_offset as usize..).unwrap_or_default();
    let why = match rest.chars().find(|c| !c.is_ascii_whitespace()) {
        Some('\u{201c}'..='\u{201f}' | '\u{2018}'..='\u{201b}' | '\u{ab}' | '\u{bb}') => {
            "a curly quotation mark in a tag; type a plain \" there"
        }
        Some(c)
            if c.is_whitespace()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}') =>
        {
            "a no-break or invisible blank in a tag; delete it and type a plain blank"
        }
        _ => return Ok(()),
    };
    let at = Span {
        start_line: span.end_line.max(1),
        ..span
    };
    refuse(at, why)
}
