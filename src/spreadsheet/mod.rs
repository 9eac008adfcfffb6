//! Spreadsheets as people hand them in: text, records with their line numbers, and a header.
//!
//! What the columns mean is the business of whoever reads one: orders, addresses that are not
//! written to, people whose carts are wanted.
//!
//! A file has limits, so that a wrong one is refused in seconds and in a sentence: they are in
//! [`limits`].

mod cell;
mod header;
pub mod limits;
mod records;
mod sheet;
mod text;
mod written;

use limits::{COLUMNS, FILE_BYTES, ROWS};

pub use self::{
    cell::{as_meant, without_formula},
    header::Header,
    records::{Record, Records},
    sheet::Sheet,
    written::written,
};
use crate::legible::{EXCERPT, excerpt};

/// A line that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// The first physical line of the record, counted from 1 with the header.
    pub line: u64,
    /// The order's reference that stands in it, if one does.
    pub reference: Option<String>,
    /// What is wrong and what to do. It never repeats an e-mail address.
    pub reason: String,
}

/// Why no line of a file can be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Nothing in it, where these columns are required.
    #[error("the file is empty; its first line must name the columns: {}", .0.join(", "))]
    Empty(&'static [&'static str]),
    /// Another encoding, found in this line.
    #[error("the file is not UTF-8 (line {0}); in Excel, save it as “CSV UTF-8 (comma delimited)”")]
    NotUtf8(u64),
    /// The header lacks columns, or has others. Each is a sentence.
    #[error("{}", .0.join("; "))]
    Columns(Vec<String>),
    /// The header has so many columns.
    #[error("the first line has {0} columns; at most {COLUMNS} are taken")]
    TooManyColumns(usize),
    /// More bytes than are read.
    #[error("the file is too large; at most {} MiB are taken, split it", FILE_BYTES / 1024 / 1024)]
    TooLarge,
    /// More records than are taken at once.
    #[error("the file is too long; at most {ROWS} lines are taken, split it")]
    TooManyRows,
}

/// A value of the file in a sentence about it: its beginning, in quotation marks.
pub fn quoted(value: &str) -> String {
    format!("“{}”", excerpt(value, EXCERPT))
}
