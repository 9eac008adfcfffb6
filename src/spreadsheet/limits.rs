//! How large a spreadsheet may be: far more than a shop has, and little enough to be read in seconds.

/// Bytes of a file. It is held in memory whole.
pub const FILE_BYTES: usize = 64 * 1024 * 1024;
/// Records of a file, without blank ones. All orders of a file are one transaction, in which each takes
/// some fifty microseconds; in memory each is about a kilobyte.
pub const ROWS: usize = 300_000;
/// Columns: the 10 of orders, Stripe's 50 keys, and room for those that a spreadsheet adds. A header is
/// compared column by column.
pub const COLUMNS: usize = 256;
/// Bytes of a record. What is longer is a quotation that was closed too late.
pub const RECORD_BYTES: usize = 64 * 1024;
/// Bytes of a cell: twice the longest text of any column (a note of 2,000 letters of four bytes).
pub const CELL_BYTES: usize = 16 * 1024;
