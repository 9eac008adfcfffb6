//! Text into records of cells, each with the line that it begins on.

/// The records of a text. Blank ones (no text in any cell) are left out.
pub struct Records<'t> {
    text: &'t str,
    reader: csv::Reader<&'t [u8]>,
    /// How far lines have been counted: a byte of the text and its line.
    counted: (usize, u64),
}

/// One record.
pub struct Record {
    /// Its first physical line, counted from 1.
    pub line: u64,
    /// Its cells, trimmed; line breaks inside of one have become a blank.
    pub cells: Vec<String>,
    /// It ran into the end of the file inside of a quotation.
    pub unclosed: bool,
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
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator(text))
            .from_reader(text.as_bytes());
        Self {
            text,
            reader,
            counted: (0, 1),
        }
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
        let quotes = raw.bytes().filter(|b| *b == b'"').count();
        Some(Record {
            line: self.line_at(start),
            cells: record.iter().map(one_line).collect(),
            // A stray quotation mark within one line is text; one that swallows lines is an accident.
            unclosed: after == self.text.len()
                && quotes % 2 == 1
                && raw.trim().contains(['\r', '\n']),
        })
    }
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

/// Comma or semicolon, whichever the first line with text has more of outside of quotations.
fn separator(text: &str) -> u8 {
    let (mut commas, mut semicolons, mut quoted) = (0, 0, false);
    for b in text.trim_start().bytes() {
        match b {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            b',' if !quoted => commas += 1,
            b';' if !quoted => semicolons += 1,
            _ => {}
        }
    }
    if semicolons > commas { b';' } else { b',' }
}

/// A cell as one trimmed line: a break that a spreadsheet allows in a cell has no place in what
/// Stripe and a mail show in one.
fn one_line(cell: &str) -> String {
    let lines: Vec<&str> = cell
        .split(['\r', '\n'])
        .map(str::trim)
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
                .map(|record| record.unclosed)
                .collect::<Vec<_>>()
        };
        assert_eq!(unclosed("a,b\n1,\"x\n2,y\n3,z\n"), [false, true]);
        assert_eq!(unclosed("a,b\n1,2\" pipe\n"), [false, false]);
        assert_eq!(unclosed("a,b\n1,\"x\ny\"\n"), [false, false]);
    }
}
