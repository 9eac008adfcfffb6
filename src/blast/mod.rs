//! Mailings: one mail for each of some orders, looked at and approved before it goes.
//!
//! A [`Content`] is written ([`create()`], [`change()`]), looked at ([`preview()`], [`test()`]),
//! approved ([`approve()`]) and started ([`start()`]); [`pause`], [`resume`] and [`cancel`] do what
//! they say. **What is sent is what was approved**: an approval is bound to a hash of words,
//! recipients, addresses and amounts (`content`), and a start compares it again. Whoever has paid
//! meanwhile gets nothing: that the outbox sees to, mail by mail.
//!
//! Mails are written outside transactions, since thousands take their time; the transaction that
//! acts on them looks whether anything has moved meanwhile (`material`).

mod approve;
mod content;
mod control;
mod counts;
mod draft;
mod edit;
mod findings;
mod material;
mod pace;
mod plan;
mod preview;
mod ready;
mod recipients;
mod row;
mod sample;
mod selection;
mod start;
pub mod state;
mod trouble;
mod view;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use serde_json::json;
use uuid::Uuid;

pub use self::{
    approve::approve,
    control::{cancel, pause, resume},
    counts::Counts,
    draft::{ChangeDraft, Content, Draft},
    edit::{change, create},
    preview::{Preview, Sample, preview},
    recipients::{Recipient, recipients},
    sample::test,
    selection::{Filter, Selection},
    start::start,
    view::{Approval, Blast, find, list, named},
};
use crate::{
    activity::{self, Doing, Level},
    order::problem::Problems,
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
    /// There is no such mailing.
    NoBlast,
}

/// Writes the history line of a mailing.
fn tell(
    connection: &mut diesel::PgConnection,
    id: Uuid,
    name: &str,
    what: &str,
    doing: &Doing,
) -> QueryResult<()> {
    let line = activity::Line {
        at: doing.at,
        order_id: None,
        category: activity::Category::Blast,
        level: Level::Info,
        actor: doing.actor.clone(),
        what: format!("mailing {what}: {name}"),
        detail: json!({ "blast": id, "note": doing.note }),
    };
    activity::record(connection, line)
}

/// The later of now and the time before which nothing is sent.
fn not_before(send_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> DateTime<Utc> {
    send_at.map_or(now, |at| at.max(now))
}
