//! A spreadsheet of orders: one line each, or several with one reference.
//!
//! Text becomes records with their line numbers, records become rows under the header's columns,
//! rows with one reference become an order. An order is taken whole or not at all: a bad line takes
//! the other lines of its reference with it.

mod columns;
mod duplicates;
mod group;
mod row;

use chrono::{DateTime, Utc};

use self::{
    columns::{Columns, REQUIRED},
    group::Orders,
};
use super::prior_system::PriorSystem;
use crate::{
    order::draft::NewOrder,
    spreadsheet::{BadLine, FileError, Sheet},
};

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
    pub prior: PriorSystem,
}

/// Reads a whole file: UTF-8 with or without BOM, separated by comma or semicolon. An error means
/// that no line of it can be understood; what is wrong in single lines is in [`Import::bad`]. Nothing
/// in it can have happened after `now`.
pub fn parse(bytes: &[u8], now: DateTime<Utc>) -> Result<Import, FileError> {
    let sheet = Sheet::open(bytes)?.ok_or(FileError::Empty(&REQUIRED))?;
    let columns = Columns::read(&sheet.header)?;
    let mut orders = Orders::default();
    for record in sheet.records {
        match columns.row(record, now) {
            Ok(row) => orders.add(row),
            Err(bad) => orders.add_bad(bad),
        }
    }
    Ok(orders.finish())
}

#[cfg(test)]
mod tests;
