//! A spreadsheet of orders: one line each, or several with one reference.
//!
//! Text becomes records with their line numbers, records become rows under the header's columns,
//! rows with one reference become an order. An order is taken whole or not at all: a bad line takes
//! the other lines of its reference with it.

mod apart;
mod group;
mod header;
mod records;
mod row;

pub use header::FileError;
pub(crate) use header::text;
pub(crate) use records::{Record, Records};

use group::Orders;
use header::Columns;

use chrono::{DateTime, Utc};

use super::{draft::NewOrder, elsewhere::Elsewhere};

/// What a file holds. Both lists are sorted by line.
#[derive(Debug, PartialEq, Eq)]
pub struct Import {
    /// The sound orders.
    pub orders: Vec<Entry>,
    /// The lines that are not imported, each with its reason.
    pub bad: Vec<BadLine>,
}

/// A sound order of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The line that it begins on.
    pub line: u64,
    /// What is owed, and by whom.
    pub order: NewOrder,
    /// What an older system has done about it. It is no part of the order: one that stands may get
    /// more of it.
    pub elsewhere: Elsewhere,
}

/// A line that is not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// The first physical line of the record, counted from 1 with the header.
    pub line: u64,
    /// The reference that stands in it, if one does.
    pub reference: Option<String>,
    /// What is wrong and what to do. It never repeats an e-mail address.
    pub reason: String,
}

/// Reads a whole file: UTF-8 with or without BOM, separated by comma or semicolon. An error means
/// that no line of it can be understood; what is wrong in single lines is in [`Import::bad`]. Nothing
/// in it can have happened after `now`.
pub fn parse(bytes: &[u8], now: DateTime<Utc>) -> Result<Import, FileError> {
    let text = header::text(bytes)?;
    let mut records = Records::new(text);
    let columns = Columns::read(&records.next().ok_or(FileError::Empty)?)?;
    let mut orders = Orders::default();
    for record in records {
        match columns.row(record, now) {
            Ok(row) => orders.add(row),
            Err(bad) => orders.add_bad(bad),
        }
    }
    Ok(orders.finish())
}

#[cfg(test)]
mod tests;
