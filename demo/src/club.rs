//! The club of the demo.

pub const NAME: &str = "Rovers Youth FC";
/// Whom its mails come from.
pub const TREASURER: &str = "treasurer@rovers.example.org";
/// Who signs in to its pages: one who may do everything, one who may work.
pub const ADMIN: (&str, &str) = ("Aoife Byrne", TREASURER);
/// The other one, so that two can approve a mailing.
pub const OPERATOR: (&str, &str) = ("Tom Keane", "coach@rovers.example.org");
/// Of both. It lets nobody in but to this demo, which listens on this machine alone.
pub const PASSWORD: &str = "summer cup 2026";
