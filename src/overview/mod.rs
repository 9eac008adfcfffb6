//! What the first page says: what needs somebody, what is owed, how far orders came, and whether Stripe and
//! mail are alive. Each is one or two statements, and none reads more the more orders or lines there are.

use std::time::Duration;

mod attention;
mod owed;
mod signs;
pub mod thing;
mod way;

pub use self::{
    attention::{About, Group, Open, OpenCase, attention},
    owed::{
        MOST, MOST_OF_A_MAILING, Mailing, Owed, by_mailing, never_mailed, owed, unpaid_by_mailing,
    },
    signs::{Signs, is_first_day, recovery_is_or_was_on, signs},
    way::{DAYS, MAILS_OF_A_REPORT, Mailed, Way, funnel, way},
};

/// So long may PostgreSQL work for each of the figures that count thousands of orders. Where that is not enough
/// the page does without: what needs somebody does not wait for them.
pub const PATIENCE: Duration = Duration::from_millis(800);
/// The same for a page that is about some days that somebody has chosen: it says which figure it does without. A
/// process has few connections for its pages, and while it counts on one, nobody else has a page of it.
pub const PATIENCE_OF_REPORT: Duration = Duration::from_secs(2);
