//! The inbox: every event that Stripe signed is kept once.
//!
//! The web side is [`Intake::keep`]: one durable row, then the answer. The consumer
//! works on the rows; mail asks [`payment_pending_in_inbox`] before it asks somebody to pay.

pub mod dispatch;
mod foreign;
mod intake;
mod named;
mod new;
mod payment_pending;
mod row;
pub mod search;
pub mod signature;
pub mod unread;
mod view;

pub use self::{
    foreign::{WHY as FOREIGN, take_up as take_up_foreign},
    intake::{Intake, Kept},
    named::{ERASED, NameColumns},
    new::{NO_EVENT, NewEvent, insert},
    payment_pending::{
        Held, MailToPayer, anything_pending, bind_held, held, payment_pending_in_inbox,
        pending_since,
    },
    row::{Claimed, Outcome, Source, State, claim, finish, oldest_pending},
    view::{EventView, Replayed, last_heard, list, replay},
};
