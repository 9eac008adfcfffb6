//! The one log of what happened: append-only, written in the transaction of what it tells.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::schema::activity;

/// How much a line matters to the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Good to know.
    Info,
    /// Somebody should look.
    Attention,
}

/// One line of the log.
#[derive(Debug, Clone)]
pub struct Line {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The order it is about, if one.
    pub order_id: Option<Uuid>,
    /// `order`, `checkout`, `payment` …
    pub category: &'static str,
    /// How much it matters.
    pub level: Level,
    /// Who did it: `payer`, `stripe`, `api:NAME`, `cli` …
    pub actor: String,
    /// A sentence for people. No address and no token.
    pub what: String,
    /// Figures for machines. No address and no token.
    pub detail: Value,
}

/// Writes a line.
///
/// # Errors
/// What PostgreSQL says.
pub fn record(connection: &mut PgConnection, line: Line) -> QueryResult<()> {
    record_all(connection, vec![line])
}

/// Writes lines, in their order.
///
/// # Errors
/// What PostgreSQL says.
pub fn record_all(connection: &mut PgConnection, lines: Vec<Line>) -> QueryResult<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let rows = lines.into_iter().map(|line| {
        (
            activity::at.eq(line.at),
            activity::order_id.eq(line.order_id),
            activity::category.eq(line.category),
            activity::level.eq(match line.level {
                Level::Info => "info",
                Level::Attention => "attention",
            }),
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
