//! Counts that come to an end: a page says "at least 10,000" sooner than it waits for all rows to be read.

use serde::Serialize;

/// How many there are, as far as was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// So many.
    pub count: i64,
    /// There may be more.
    pub or_more: bool,
}

/// The count of rows of which `most` and one more were asked for.
pub fn at_most(rows: i64, most: i64) -> Count {
    Count {
        count: rows.min(most),
        or_more: rows > most,
    }
}
