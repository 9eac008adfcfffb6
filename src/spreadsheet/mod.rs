//! Spreadsheets as people hand them in: text, records with their line numbers, and a header.
//!
//! What the columns mean is the business of whoever reads one: orders, addresses that are not
//! written to, people whose carts are wanted.

mod header;
mod records;
mod text;

pub use self::{
    header::Header,
    records::{Record, Records},
    text::text,
};

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
}
