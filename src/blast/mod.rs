//! Mailings: one mail for each of some orders, looked at and approved before it goes.
//!
//! A [`Content`] is written ([`create()`], [`change()`]), looked at ([`preview()`], [`send_sample()`]),
//! approved ([`approve()`]) and started ([`start()`]); [`pause`], [`resume`] and [`cancel`] do what
//! they say. **What is sent is what was approved**: an approval is bound to a hash of words,
//! recipients, addresses and amounts (`plan`), and a start compares it again. Whoever has paid
//! meanwhile gets nothing: that the outbox sees to, mail by mail.
//!
//! Mails are written outside transactions, since thousands take their time; the transaction that
//! acts on them looks whether anything has moved meanwhile (`material`).

mod approve;
mod batch;
mod control;
mod draft;
mod due;
mod edit;
mod material;
mod plan;
mod row;
mod sample;
mod start;
pub mod state;
mod trouble;
mod view;

use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;

pub use self::{
    approve::approve,
    control::{cancel, pause, resume},
    draft::{BlastFilter, ChangeDraft, Content, Draft, Selection},
    edit::{change, create},
    sample::{Preview, Recipient, Sample, preview, recipients, send_sample},
    start::start,
    view::{Approval, Blast, Counts, find, find_with_waiting, list, named},
};
use crate::{
    activity::{self, Category, Cause, Doing, Line},
    mail::BlastState as State,
    order::problem::Problems,
    schema::blasts,
};

/// What became of something that was asked of a mailing.
#[derive(Debug, Clone)]
pub enum Asked<T = Blast> {
    /// It was done; this is how things are now.
    Done(T),
    /// What was handed in is wrong.
    Invalid(Problems),
    /// It cannot be done now; the sentence says why, and what to do.
    NotNow(String),
    /// It was not done, and nothing has changed: too much is being done at once, or it took too long.
    /// The sentence says which.
    Busy(String),
    /// There is no such mailing.
    NoBlast,
}

/// Writes the history line of a mailing, in the caller's transaction, once its state is written. While it waits
/// for an approval, or is paused, the newest line of it needs somebody.
fn record_blast(
    connection: &mut diesel::PgConnection,
    id: Uuid,
    name: &str,
    what: &str,
    doing: &Doing,
) -> QueryResult<()> {
    let state: State = blasts::table
        .find(id)
        .select(blasts::state)
        .first(connection)?;
    let waits = [State::Draft, State::Paused].map(State::name);
    activity::over(connection, Cause::Mailing(id, &waits), doing)?;
    let line = Line::about(
        None,
        Category::Blast,
        format!("mailing {what}: {name}"),
        doing,
    );
    let mut detail = json!({ "blast": id, "note": doing.note });
    let line = match state {
        State::Draft | State::Paused => {
            detail["waits"] = json!(state);
            line.attention()
        }
        State::Approved | State::Sending | State::Done | State::Cancelled | State::Recalled => line,
    };
    activity::record(connection, line.detail(detail))
}
