//! What the first page says: what needs somebody, what is owed, how far orders came, and whether Stripe and
//! mail are alive. Each is one or two statements, and none reads more the more orders or lines there are.

mod attention;
mod owed;
mod signs;
pub mod thing;
mod way;

pub use self::{
    attention::{About, Group, Open, OpenCase, attention},
    owed::{MOST, Mailing, Owed, owed, unpaid_by_mailing},
    signs::{Signs, is_first_day, recovery_is_or_was_on, signs},
    way::{DAYS, Way, way},
};
