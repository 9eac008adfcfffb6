//! The one reminder: what every expired Checkout Session leads to, and why.
//!
//! [`rule`] decides, purely; the decisions are rows. A scheduled reminder is a mail that is due later;
//! the outbox asks the rule again when it claims that mail.

mod end;
mod list;
pub mod purchases;
mod row;
pub mod rule;

use chrono::Duration;

pub use self::end::{Attempt, Place, again, end, lock_orders};
pub use self::list::{CartSum, carts_of, counts};
pub use self::row::{
    Decided, Decision, DecisionView, already_reminded, decided, handed_over, list,
};

/// When a reminder is sent.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// From expiry to reminder.
    pub delay: Duration,
    /// An expiry older than this is never reminded.
    pub max_age: Duration,
}
