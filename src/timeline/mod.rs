//! An order's story: every fact in its order, and the next step that somebody of the shop can take.
//!
//! The log tells most of it; what only rows know (checkouts, mails, reminder decisions, cases) is
//! put between. No address and no token is in it.

mod facts;
mod next;
mod story;

use chrono::{DateTime, Utc};
use diesel::{PgConnection, QueryResult};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{activity::Category, mail::Mailer, order};

/// The JSON of a story.
#[derive(Debug, Clone, Serialize)]
pub struct Timeline {
    /// Oldest first.
    pub data: Vec<Entry>,
    /// A sentence; `None` when nothing needs doing.
    pub next_step: Option<String>,
}

/// One fact.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// When.
    pub at: DateTime<Utc>,
    /// What it is about.
    pub category: Category,
    /// For people.
    pub what: String,
    /// Who did it, where that is known.
    pub actor: Option<String>,
    /// For machines.
    pub detail: Value,
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
    let data = story::entries(connection, order.id)?;
    let next_step = next::step(&facts::next_step_facts(connection, &order, mailer, now)?);
    Ok(Some(Timeline { data, next_step }))
}
