//! `/ops/orders`: orders found, many at once, a new one, and what is paid, for paper.

mod asked;
mod batch;
mod file;
mod list;
mod many;
mod new;
mod none;
mod paid;
pub mod row;
pub mod sum;

pub use self::{
    asked::Asked,
    batch::{go_on, show as show_batch},
    file::file,
    list::show,
    many::{ask_cash, ask_send, cash, picked, send},
    new::{create, show as show_new},
    paid::show as show_paid,
    sum::in_words as sum_in_words,
};
