//! `/ops/orders/{id}`: why it is not paid, answered on one screen, and what can be done about it.

pub mod act;
mod answer;
mod cart;
pub mod change;
mod confirm;
mod consequences;
mod deed;
mod done;
mod mail;
mod money;
mod next;
pub mod page;
pub mod refund;
mod story;
mod stripe;
mod sure;
mod told;

pub use self::deed::{
    ask_cancel, ask_send, ask_settle, ask_stripe, ask_withdraw, cancel, do_ask_stripe, send,
    settle, withdraw,
};
