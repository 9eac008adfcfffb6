//! Taking a file's orders in, with what an older system has done about them: [`whole()`] takes a file in as one
//! thing, [`look()`] says beforehand what it would do.
//!
//! An order that stands with other content is an error, or it is changed ([`Way`]); [`compare()`] decides. Before a
//! change its open payment page is closed at Stripe ([`close_open`]), so that nobody pays the old amount.
//!
//! Sessions that the older system sent out become rows as if we had replaced them: an event about one
//! finds its order, and a click closes the newest at Stripe before it mints. A payment that it took
//! settles its order, and nobody is asked again.

mod close;
mod compare;
mod difference;
pub mod file;
pub mod kept;
mod look;
mod name;
pub mod prior_system;
mod rule;
mod run;
mod seen;
mod take_in;
mod taken;
mod whole;

pub use self::{
    close::{Closed, close_open},
    compare::{Compared, Left, Said, Way, Why, compare},
    difference::{Difference, What},
    look::look,
    name::ImportName,
    run::{Ran, run},
    seen::fingerprint,
    taken::{Brought, Counts, Differs, Taken},
    whole::{Came, Report, whole},
};
use crate::order;

/// So many orders of a file are taken in at once.
pub const AT_ONCE: usize = order::AT_ONCE;
