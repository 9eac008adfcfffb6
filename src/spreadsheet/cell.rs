//! Cells that we write: a spreadsheet takes some texts for formulas, and runs them.

use crate::foreign_text::breaks;

/// A text as a cell that is no formula, in one line and without control characters. One that a
/// spreadsheet would run gets an apostrophe before it, and so does one that [`as_meant`] would take for
/// such a one, so that what is written is read back as it was.
pub fn without_formula(text: &str) -> String {
    let text = text.replace(breaks, " ");
    let text = text.trim();
    let apostrophe = if is_formula(text.trim_start_matches('\'')) {
        "'"
    } else {
        ""
    };
    format!("{apostrophe}{text}")
}

/// What a cell meant before [`without_formula`] wrote it. Of a file that somebody else wrote it takes
/// an apostrophe that marks a text as none to be run, which is what people type for that.
pub fn as_meant(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text.trim_start_matches('\'')) => text,
        _ => cell,
    }
}

/// A tab and a line end begin a formula too; no cell begins with one, since it is trimmed. The
/// full-width signs are the keyboard's in Japan, and a spreadsheet there takes them as well.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_formula_is_written_as_a_text() {
        for (text, cell) in [
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("\t=1", "'=1"),
            ("\r\n+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            ("'=1", "''=1"),
            ("'", "'"),
            ("'Ann'", "'Ann'"),
            ("1=1", "1=1"),
            ("a\u{1b}[2J\n=1", "a [2J =1"),
            ("", ""),
        ] {
            assert_eq!(without_formula(text), cell, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "[='+a@ -]{0,6}") {
            let cell = without_formula(&text);
            prop_assert!(!is_formula(&cell));
            prop_assert_eq!(as_meant(&cell), text.trim());
        }
    }
}
