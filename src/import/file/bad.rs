//! A line that is not taken, and what is wrong with which cell of it.

use std::fmt;

use crate::{
    order::problem::{Problem, Problems},
    spreadsheet::BadLine,
};

/// A line that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// The first physical line of the record, counted from 1 with the header.
    pub line: u64,
    /// The order's reference that stands in it, if one does.
    pub reference: Option<String>,
    /// All that is wrong with it, at least one thing.
    pub faults: Vec<Fault>,
}

/// One thing that is wrong, and what to do. It never repeats an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The column; none: it is about the line.
    pub column: Option<String>,
    /// A sentence without its end.
    pub reason: String,
}

impl Fault {
    /// Of a cell.
    pub(super) fn of(column: impl Into<String>, reason: impl ToString) -> Self {
        Self {
            column: Some(column.into()),
            reason: reason.to_string(),
        }
    }

    /// Of the line.
    pub fn of_line(reason: impl Into<String>) -> Self {
        Self {
            column: None,
            reason: reason.into(),
        }
    }

    pub(super) fn all(problems: &Problems) -> Vec<Self> {
        let fault = |Problem { field, reason }: &Problem| Self::of(field, reason);
        problems.iter().map(fault).collect()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{column}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl BadRow {
    /// All of it in a sentence.
    pub fn reason(&self) -> String {
        let faults: Vec<String> = self.faults.iter().map(Fault::to_string).collect();
        faults.join("; ")
    }
}

impl From<BadRow> for BadLine {
    fn from(row: BadRow) -> Self {
        Self {
            line: row.line,
            reason: row.reason(),
            reference: row.reference,
        }
    }
}
