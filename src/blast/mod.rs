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

mod again;
mod approve;
mod batch;
mod control;
mod counts;
mod draft;
mod due;
mod edit;
mod example;
mod fits;
mod lasts;
mod material;
mod outcome;
mod plan;
pub mod preflight;
mod problems;
mod progress;
mod ready;
mod recall;
mod recipient;
mod row;
mod sample;
mod standing;
mod start;
pub mod state;
mod stop;
mod trouble;
mod two;
mod view;
mod watch;
mod wave;
mod who;

use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;

pub use self::{
    again::{Retried, could_go_again, retry_failed},
    approve::{Seen, approve, is_ones_own},
    control::{cancel, pause, resume},
    counts::Counts,
    draft::{ChangeDraft, Content, Draft, name_after},
    edit::{change, create},
    example::{Example, example},
    outcome::{COLUMNS, Outcome},
    preflight::launch,
    progress::{ApprovedMails, FirstWave, approved_mails, time_left},
    recall::{Correction, Progress, Recall, RecallDraft, recall},
    recipient::{RecipientRow, RowsAsked, Words, recipients},
    sample::{Going, Preview, Recipient, Sample, Size, preview, send_sample},
    standing::{Facts, Standing, facts},
    start::start,
    stop::PausedBy,
    two::command_actor,
    view::{
        Approval, Blast, called, exists, find, find_and_lock, find_with_waiting, list,
        name_and_state,
    },
    watch::wave_outcomes,
    wave::WaveOutcomes,
    who::{BlastFilter, Selection, Who},
};
use crate::{
    activity::{self, Category, Cause, Doing, Line},
    app::App,
    db::DbError,
    mail::BlastState as State,
    order::problem::Problems,
    schema::blasts,
};

/// What mailings decide by themselves, and the next order of a recall; tells whether there may be more to do.
///
/// # Errors
/// The database's.
pub async fn work_off(app: &App) -> Result<bool, DbError> {
    watch::look(app).await?;
    recall::carry_out(app).await
}

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
    /// It was not started: its pre-flight says why.
    Grounded(Vec<preflight::Check>),
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
    nobody_waits(connection, id, doing)?;
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

/// Closes the lines that say that a mailing waits for somebody.
fn nobody_waits(connection: &mut diesel::PgConnection, id: Uuid, doing: &Doing) -> QueryResult<()> {
    let waits = [State::Draft, State::Paused].map(State::name);
    activity::over(connection, Cause::Mailing(id, &waits), doing)
}
