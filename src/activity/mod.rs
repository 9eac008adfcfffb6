//! The one log of what happened: append-only, written in the transaction of what it tells.

mod dismissal;
pub mod feed;
pub mod live;
mod note;
mod over;
mod search;

pub use self::{
    dismissal::{Dismissed, dismiss},
    note::{Note, NoteError},
    over::{Cause, over, told_at},
};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{column::column_enum, schema::activity};

column_enum! {
    /// How much a line matters to the shop.
    pub enum Level {
        /// Good to know.
        Info = "info",
        /// Somebody should look.
        Attention = "attention",
    }
}

column_enum! {
    /// What a line is about.
    pub enum Category {
        /// What is owed, and where the order stands.
        Order = "order",
        /// Its Checkout Sessions.
        Checkout = "checkout",
        /// Money that came, came back, or did not come.
        Payment = "payment",
        /// Money that does not add up.
        Case = "case",
        /// What was written to somebody.
        Mail = "mail",
        /// A decision about the one reminder.
        Reminder = "reminder",
        /// A mailing.
        Blast = "blast",
        /// Whom nothing is written to.
        Suppression = "suppression",
        /// Stripe's events.
        Webhook = "webhook",
        /// The switches.
        Settings = "settings",
        /// Accounts, and who signed in.
        People = "people",
        /// What was deleted.
        Retention = "retention",
    }
}

/// Who does something, and when.
#[derive(Debug, Clone)]
pub struct Doing {
    /// `payer`, `stripe`, `command line`, `api:NAME` …
    pub actor: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What they had to say about it.
    pub note: Option<String>,
}

/// One line of the log.
#[derive(Debug, Clone)]
pub struct Line {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The order it is about, if one.
    pub order_id: Option<Uuid>,
    /// What it is about.
    pub category: Category,
    /// How much it matters.
    pub level: Level,
    /// Who did it: `payer`, `stripe`, `api:NAME`, `cli` …
    pub actor: String,
    /// A sentence for people. No address and no token.
    pub what: String,
    /// Figures for machines. No address and no token.
    pub detail: Value,
}

impl Line {
    /// That somebody did something about an order, or about none: good to know, without figures.
    pub fn about(
        order_id: Option<Uuid>,
        category: Category,
        what: impl Into<String>,
        doing: &Doing,
    ) -> Self {
        Self {
            at: doing.at,
            order_id,
            category,
            level: Level::Info,
            actor: doing.actor.clone(),
            what: what.into(),
            detail: json!({}),
        }
    }

    /// The same for somebody to look at.
    #[must_use]
    pub fn attention(self) -> Self {
        self.level(Level::Attention)
    }

    /// The same with this weight.
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// The same with figures.
    #[must_use]
    pub fn detail(self, detail: Value) -> Self {
        Self { detail, ..self }
    }
}

/// Writes a line.
pub fn record(connection: &mut PgConnection, line: Line) -> QueryResult<()> {
    record_all(connection, vec![line])
}

/// Writes lines, in their order.
pub fn record_all(connection: &mut PgConnection, lines: Vec<Line>) -> QueryResult<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let rows = lines.into_iter().map(|line| {
        (
            activity::at.eq(line.at),
            activity::order_id.eq(line.order_id),
            activity::category.eq(line.category),
            activity::level.eq(line.level),
            activity::actor.eq(line.actor),
            activity::what.eq(line.what),
            activity::detail.eq(line.detail),
        )
    });
    diesel::insert_into(activity::table)
        .values(rows.collect::<Vec<_>>())
        .execute(connection)
        .map(drop)
}
