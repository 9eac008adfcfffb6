//! An order's story: every fact in its order, and the next step that somebody of the shop can take.
//!
//! The log tells most of it; what only rows know (checkouts, mails, reminder decisions, cases) is
//! put between. The API shows it as it is ([`order_timeline`]), the order's page in words of its own
//! ([`page_facts`]): both from the same facts and the same decision.

mod entry;
mod facts;
pub mod happened;
pub mod next;
mod page;
mod signs;
pub mod sure;
mod words;

use chrono::{DateTime, Utc};
use diesel::{PgConnection, QueryResult};
use serde::Serialize;
use uuid::Uuid;

pub use self::{
    entry::Entry,
    page::{PageFacts, page_facts},
};
use crate::{mail::Mailer, order};

/// The JSON of a story.
#[derive(Debug, Clone, Serialize)]
pub struct Timeline {
    /// Oldest first.
    pub data: Vec<Entry>,
    /// A sentence; `None` when nothing needs doing.
    pub next_step: Option<String>,
}

/// The story of an order; `None` if there is none. `mailer`, where it is known, tells whether mail is off.
pub fn order_timeline(
    connection: &mut PgConnection,
    order_id: Uuid,
    mailer: Option<&Mailer>,
    now: DateTime<Utc>,
) -> QueryResult<Option<Timeline>> {
    let Some(order) = order::find(connection, order_id)? else {
        return Ok(None);
    };
    let happened = happened::happened(connection, order.id)?;
    let next = next::next(&facts::next_step_facts(connection, &order, mailer, now)?);
    Ok(Some(Timeline {
        data: happened.into_iter().map(Entry::from).collect(),
        next_step: words::in_words(&next),
    }))
}
