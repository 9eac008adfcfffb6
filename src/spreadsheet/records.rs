//! Text into records of cells, each with the line that it begins on.

use super::limits::{CELL_BYTES, COLUMNS, RECORD_BYTES};
use crate::foreign_text::is_blank;

/// Letters of a cell that are kept of a record that is wrong: enough to name it, and more than a
/// reference may have, so that none is taken for another one's.
const KEPT: usize = 200;

/// The records of a text. Blank ones (no text in any cell) are left out.
pub struct Records<'t> {
    text: &'t str,
    separator: u8,
    reader: csv::Reader<&'t [u8]>,
    /// How far lines have been counted: a byte of the text and its line.
    counted: (usize, u64),
    /// What the header has.
    columns: Columns,
}

/// Columns at the end that have no name and are empty: a spreadsheet writes them where somebody once touched
/// them, in the header and in every record.
#[derive(Debug, Clone, Copy)]
struct Columns {
    /// Those with a name, up to the last one.
    named: usize,
    /// As many as a record must have for the rest of it to be dropped. In any other, a cell too many is a
    /// decimal comma without quotation marks, and what stands behind it is not what it seems.
    written: Option<usize>,
}

/// One record.
pub struct Record {
    /// Its first physical line, counted from 1.
    pub line: u64,
    /// Its cells, trimmed; line breaks inside of one have become a blank. Of a record that is wrong, the
    /// beginnings of the first ones.
    pub cells: Vec<String>,
    /// How many cells stand in the file.
    pub width: usize,
    /// Why it cannot be taken, whatever its columns mean: what is wrong and what to do.
    pub wrong: Option<String>,
}

impl Record {
    /// The text of this cell; `None` where there is none, or no such cell.
    pub fn filled(&self, at: impl Into<Option<usize>>) -> Option<&str> {
        let cell = self.cells.get(at.into()?)?;
        (!cell.is_empty()).then_some(cell.as_str())
    }
}

impl<'t> Records<'t> {
    /// The records of this text.
    pub fn new(text: &'t str) -> Self {
        let (separator, text, line) = match told_separator(text) {
            Some((separator, rest)) => (separator, rest, 2),
            None => (separator(text), text, 1),
        };
        Self {
            text,
            separator,
            reader: reader(text.as_bytes(), separator),
            counted: (0, line),
            columns: Columns {
                named: 0,
                written: None,
            },
        }
    }

    /// From now on the records are those below this header.
    pub(super) fn below(&mut self, header: &Record) {
        self.columns = Columns {
            named: header.cells.len(),
            written: Some(header.width),
        };
    }

    /// The line of a byte, which must not lie before that of the last call. The reader's own count
    /// is of no use: it stands where the last record ended, before blank lines and a lone `\n`.
    fn line_at(&mut self, byte: usize) -> u64 {
        let (from, line) = self.counted;
        let passed = &self.text.as_bytes()[from..byte];
        let next = |at: usize| self.text.as_bytes().get(from + at + 1);
        let breaks = passed.iter().enumerate().filter(|(at, b)| match b {
            b'\n' => true,
            b'\r' => next(*at) != Some(&b'\n'),
            _ => false,
        });
        let line = line + breaks.count() as u64;
        self.counted = (byte, line);
        line
    }

    fn read(&mut self) -> Option<Record> {
        let mut record = csv::StringRecord::new();
        let before = self.reader.position().byte() as usize;
        // The text is UTF-8 and in memory, and records may have any length: there is no error left.
        if !self.reader.read_record(&mut record).unwrap_or(false) {
            return None;
        }
        let after = self.reader.position().byte() as usize;
        let raw = &self.text[before..after];
        let start = before + raw.len() - raw.trim_start_matches(['\r', '\n']).len();
        let unclosed = after == self.text.len() && is_unclosed(raw);
        let wrong = wrong(&record, &self.text[start..after], unclosed);
        let (most, letters) = match wrong {
            Some(_) => (COLUMNS, KEPT),
            None => (usize::MAX, usize::MAX),
        };
        let cells = record.iter().take(most).map(|cell| one_line(cell, letters));
        let mut cells: Vec<String> = cells.collect();
        let Columns { named, written } = self.columns;
        let is_as_wide = written.is_none_or(|written| written == record.len());
        while is_as_wide && cells.len() > named && cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        Some(Record {
            line: self.line_at(start),
            cells,
            width: record.len(),
            wrong,
        })
    }

    /// Whether more than so many records follow, without blank ones. Nothing of them is kept.
    pub(super) fn are_more_than(&self, most: usize) -> bool {
        let rest = &self.text.as_bytes()[self.reader.position().byte() as usize..];
        let mut reader = reader(rest, self.separator);
        let (mut record, mut filled) = (csv::ByteRecord::new(), 0);
        while reader.read_byte_record(&mut record).unwrap_or(false) && filled <= most {
            filled += usize::from(record.iter().any(|cell| !cell.trim_ascii().is_empty()));
        }
        filled > most
    }
}

fn reader(text: &[u8], separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text)
}

/// Why a record cannot be taken. The whole of it is no part of the sentence.
fn wrong(record: &csv::StringRecord, raw: &str, unclosed: bool) -> Option<String> {
    if unclosed {
        return Some(UNCLOSED.to_owned());
    }
    if raw.len() > RECORD_BYTES {
        return Some(format!(
            "this has {} bytes; at most {} KiB are taken: a quotation mark may be missing where a cell ends",
            raw.len(),
            RECORD_BYTES / 1024
        ));
    }
    if record.len() > COLUMNS {
        let cells = record.len();
        return Some(format!(
            "this has {cells} cells; at most {COLUMNS} are taken"
        ));
    }
    let long = record.iter().position(|cell| cell.len() > CELL_BYTES)?;
    Some(format!(
        "the cell in column {} has {} bytes; at most {CELL_BYTES} are taken",
        long + 1,
        record[long].len()
    ))
}

const UNCLOSED: &str = "a quotation mark opens here and is never closed, so that the rest of the file \
                        counts as one cell; close or remove it";

/// A stray quotation mark within one line is text; one that swallows lines is an accident.
fn is_unclosed(raw: &str) -> bool {
    raw.bytes().filter(|b| *b == b'"').count() % 2 == 1 && raw.trim().contains(['\r', '\n'])
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        loop {
            let record = self.read()?;
            if record.cells.iter().any(|cell| !cell.is_empty()) {
                return Some(record);
            }
        }
    }
}

/// The separator that Excel writes into a first line of its own, like `sep=;`, and what follows that line.
fn told_separator(text: &str) -> Option<(u8, &str)> {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let line = line.trim_matches(['\r', ' ', '"']);
    match line.as_bytes() {
        [
            b's' | b'S',
            b'e' | b'E',
            b'p' | b'P',
            b'=',
            separator @ (b',' | b';' | b'\t'),
        ] => Some((*separator, rest)),
        _ => None,
    }
}

/// Comma, semicolon or tab, whichever the first line with text has most of outside of quotations.
fn separator(text: &str) -> u8 {
    let (mut commas, mut semicolons, mut tabs, mut quoted) = (0, 0, 0, false);
    for b in text.trim_start().bytes() {
        match b {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            b',' if !quoted => commas += 1,
            b';' if !quoted => semicolons += 1,
            b'\t' if !quoted => tabs += 1,
            _ => {}
        }
    }
    match commas.max(semicolons).max(tabs) {
        most if most == commas => b',',
        most if most == semicolons => b';',
        _ => b'\t',
    }
}

/// A cell as one trimmed line, so many letters of it at most: a break that a spreadsheet allows in a cell
/// has no place in what Stripe and a mail show in one.
fn one_line(cell: &str, letters: usize) -> String {
    let cell = match cell.char_indices().nth(letters) {
        Some((end, _)) => &cell[..end],
        None => cell,
    };
    let lines: Vec<&str> = cell
        .split(['\r', '\n'])
        .map(|line| line.trim_matches(is_blank))
        .filter(|line| !line.is_empty())
        .collect();
    lines.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<u64> {
        Records::new(text).map(|record| record.line).collect()
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        Records::new(text).map(|record| record.cells).collect()
    }

    #[test]
    fn the_line_is_the_records_first_whatever_stands_before_it() {
        assert_eq!(lines("a,b\nc,d\ne,f"), [1, 2, 3]);
        assert_eq!(lines("a,b\r\nc,d\r\ne,f\r\n"), [1, 2, 3]);
        assert_eq!(lines("a,b\rc,d\re,f\r"), [1, 2, 3]);
        assert_eq!(lines("\n\na,b\n\n\nc,d\n"), [3, 6]);
        assert_eq!(lines("\r\n\r\na,b\r\n\r\n\r\nc,d\r\n"), [3, 6]);
        assert_eq!(lines("a,\"x\ny\nz\"\nc,d\n\n\"p\n\",q\ne,f"), [1, 4, 6, 8]);
        assert_eq!(
            lines("a,\"x\r\ny\"\r\nc,d\r\n\r\n\"p\r\n\",q\r\ne,f"),
            [1, 3, 5, 7]
        );
        assert_eq!(lines("\n\"\nx\",b\nc,d"), [2, 4]);
    }

    #[test]
    fn lines_without_text_are_left_out() {
        assert_eq!(
            cells("a,b\n   \n,,,\n\"\",\nc,d\n"),
            [["a", "b"], ["c", "d"]]
        );
        assert_eq!(lines("a,b\n   \n,,,\nc,d\n"), [1, 4]);
    }

    #[test]
    fn spreadsheets_are_taken_as_programs_write_them() {
        assert_eq!(
            cells("sep=;\r\na;b\r\n1,5;2\r\n"),
            [["a", "b"], ["1,5", "2"]]
        );
        assert_eq!(cells("\"sep=,\"\na,b;c\n"), [["a", "b;c"]]);
        assert_eq!(lines("sep=;\na;b\n\nc;d"), [2, 4]);
        assert_eq!(
            cells("a\tb\tc, d\n1,5\t2\t3\n"),
            [["a", "b", "c, d"], ["1,5", "2", "3"]]
        );
        assert_eq!(
            cells("\u{a0}a\u{200b},\u{feff}b\u{202f}\n\u{2060} c d ,e"),
            [["a", "b"], ["c d", "e"]]
        );
        let mut records = Records::new("a,b,,\n1,,,\n1,2,,\n,,,\n1,2,3,\n1,2,,,\n");
        let header = records.next().unwrap();
        assert_eq!(header.cells, ["a", "b"]);
        records.below(&header);
        let rest: Vec<_> = records.map(|record| record.cells).collect();
        // The last one is wider than the header: a decimal comma, perhaps.
        let last = vec!["1", "2", "", "", ""];
        assert_eq!(
            rest,
            [vec!["1", ""], vec!["1", "2"], vec!["1", "2", "3"], last]
        );
    }

    #[test]
    fn the_separator_is_read_off_the_first_line_outside_of_quotations() {
        assert_eq!(cells("a;b\n1,5;2"), [["a", "b"], ["1,5", "2"]]);
        assert_eq!(cells("\"a;x;y\",b\n1;5,2"), [["a;x;y", "b"], ["1;5", "2"]]);
        assert_eq!(
            cells("\r\n\"a,\n,x\";b\n1,5;2"),
            [["a, ,x", "b"], ["1,5", "2"]]
        );
    }

    #[test]
    fn quotations_keep_separators_doubled_marks_and_line_breaks() {
        assert_eq!(
            cells("a,b\n\"x, \"\"y\"\"\",\" p \r\n\r\n q\""),
            [["a", "b"], ["x, \"y\"", "p q"]]
        );
    }

    #[test]
    fn a_quotation_that_swallows_the_rest_of_the_file_is_noticed() {
        let unclosed = |text| {
            Records::new(text)
                .map(|record| record.wrong.is_some_and(|wrong| wrong == UNCLOSED))
                .collect::<Vec<_>>()
        };
        assert_eq!(unclosed("a,b\n1,\"x\n2,y\n3,z\n"), [false, true]);
        assert_eq!(unclosed("a,b\n1,2\" pipe\n"), [false, false]);
        assert_eq!(unclosed("a,b\n1,\"x\ny\"\n"), [false, false]);
    }

    #[test]
    fn a_record_beyond_a_limit_is_wrong_and_little_of_it_is_kept() {
        let wrong = |text: &str| Records::new(text).next().unwrap();
        let cell = |bytes: usize| "x".repeat(bytes);
        assert_eq!(wrong(&cell(CELL_BYTES)).wrong, None);
        let long = wrong(&format!("a,{}", cell(CELL_BYTES + 1)));
        assert!(
            long.wrong
                .unwrap()
                .starts_with("the cell in column 2 has 16385 bytes")
        );
        assert_eq!(long.cells, ["a", &cell(KEPT)]);
        let wide = wrong(&format!("a{}", ",x".repeat(COLUMNS)));
        assert!(wide.wrong.unwrap().starts_with("this has 257 cells"));
        assert_eq!((wide.width, wide.cells.len()), (257, 256));
        let large = wrong(&format!("{0},{0},{0},{0},{0}", cell(15_000)));
        assert!(
            large
                .wrong
                .unwrap()
                .starts_with("this has 75004 bytes; at most 64 KiB")
        );
    }
}
