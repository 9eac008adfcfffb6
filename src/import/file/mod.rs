//! A spreadsheet of orders: one line each, or several with one reference.
//!
//! Text becomes records with their line numbers, records become rows under the header's columns,
//! rows with one reference become an order. An order is taken whole or not at all: a bad line takes
//! the other lines of its reference with it.

mod bad;
mod columns;
mod duplicates;
mod group;
mod row;

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use chrono_tz::Tz;

pub use self::bad::{BadRow, Fault};
use self::{
    columns::{Columns, REQUIRED},
    group::Orders,
};
use super::{compare::Said, prior_system::PriorSystem};
use crate::{
    order::draft::NewOrder,
    spreadsheet::{FileError, Sheet},
};

/// What a file holds. Both lists are sorted by line.
#[derive(Debug, PartialEq, Eq)]
pub struct Import {
    /// The sound orders.
    pub orders: Vec<Entry>,
    /// The lines that are not imported, each with its reason.
    pub bad: Vec<BadRow>,
    /// Which of the optional columns it has.
    pub said: Said,
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
/// in it can have happened after `now`, whose zone is the shop's: a day that stands in it is one of theirs.
pub fn parse(bytes: &[u8], now: DateTime<Tz>) -> Result<Import, FileError> {
    let sheet = Sheet::open(bytes)?.ok_or(FileError::Empty(&REQUIRED))?;
    let columns = Columns::read(&sheet.header)?;
    let mut orders = Orders::default();
    for record in sheet.records {
        match columns.row(record, now) {
            Ok(row) => orders.add(row),
            Err(bad) => orders.add_bad(bad),
        }
    }
    Ok(orders.finish(columns.said()))
}

/// What stands in these lines of a file, cell by cell, for whoever mends them; the columns' names first. A file
/// that cannot be read has none.
pub fn cells_of(bytes: &[u8], lines: &BTreeSet<u64>) -> (Vec<String>, BTreeMap<u64, Vec<String>>) {
    let Ok(Some(sheet)) = Sheet::open(bytes) else {
        return Default::default();
    };
    let names = sheet.header.cells().to_vec();
    let last = lines.last().copied().unwrap_or(0);
    let wanted = sheet
        .records
        .take_while(|record| record.line <= last)
        .filter(|record| lines.contains(&record.line));
    (
        names,
        wanted.map(|record| (record.line, record.cells)).collect(),
    )
}

#[cfg(test)]
mod tests;
