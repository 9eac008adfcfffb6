//! The club of the demo.

pub const NAME: &str = "Rovers Youth FC";
/// Whom its mails come from.
pub const TREASURER: &str = "treasurer@rovers.example.org";
