//! A whole file: its header, and the records below it.

use super::{
    FileError, Header, Records,
    limits::{COLUMNS, FILE_BYTES, ROWS},
    text::text,
};

/// A file within its limits.
pub struct Sheet<'t> {
    /// What its columns are called.
    pub header: Header,
    /// The records below the header.
    pub records: Records<'t>,
}

impl<'t> Sheet<'t> {
    /// Reads UTF-8 with or without BOM, separated by comma, semicolon or tab. `None`: it is empty.
    ///
    /// # Errors
    /// It is another encoding, or beyond a limit that concerns the whole file.
    pub fn open(bytes: &'t [u8]) -> Result<Option<Self>, FileError> {
        if bytes.len() > FILE_BYTES {
            return Err(FileError::TooLarge);
        }
        let mut records = Records::new(text(bytes)?);
        let Some(first) = records.next() else {
            return Ok(None);
        };
        if first.width > COLUMNS {
            return Err(FileError::TooManyColumns(first.width));
        }
        if let Some(wrong) = first.wrong {
            return Err(FileError::Columns(vec![format!("the first line: {wrong}")]));
        }
        if records.are_more_than(ROWS) {
            return Err(FileError::TooManyRows);
        }
        records.below(&first);
        let header = Header::new(first.cells);
        Ok(Some(Self { header, records }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<FileError> {
        Sheet::open(text.as_bytes()).err()
    }

    #[test]
    fn a_file_may_have_as_much_as_its_limits_say_and_no_more() {
        let columns = |count: usize| vec!["x"; count].join(",");
        assert_eq!(refused(&columns(256)), None);
        assert_eq!(refused(&columns(257)), Some(FileError::TooManyColumns(257)));
        let rows = |count: usize| format!("x\n{}{}", "1\n".repeat(count), ",\n \n".repeat(10));
        assert_eq!(refused(&rows(ROWS)), None);
        assert_eq!(refused(&rows(ROWS + 1)), Some(FileError::TooManyRows));
        let size = |bytes: usize| format!("x{}", "\n".repeat(bytes - 1));
        assert_eq!(refused(&size(FILE_BYTES)), None);
        assert_eq!(refused(&size(FILE_BYTES + 1)), Some(FileError::TooLarge));
    }

    #[test]
    fn an_empty_file_has_no_header_and_an_unclosed_one_is_told() {
        assert!(Sheet::open(b" \n\n").unwrap().is_none());
        let said = refused("\"x,y\n1,2\n").unwrap().to_string();
        assert!(
            said.starts_with("the first line: a quotation mark opens here"),
            "{said}"
        );
    }
}
