//! The line of the log that no checkout can be opened: once for an order as it stands, not once a click.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, max},
    prelude::*,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    activity::{self, Category, Level, Line},
    schema::{activity as lines, checkout_sessions, session_orders},
};

/// Writes the line, unless the same refusal of this version of the order stands in the log and no session
/// has been opened since. Callers hold the order's lock.
pub(super) fn record_once(
    connection: &mut PgConnection,
    order_id: Uuid,
    version: i32,
    line: Line,
) -> QueryResult<()> {
    let opened_at: Option<DateTime<Utc>> = session_orders::table
        .inner_join(
            checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
        )
        .filter(session_orders::order_id.eq(order_id))
        .select(max(checkout_sessions::minted_at))
        .first(connection)?;
    let the_same = lines::table
        .filter(lines::order_id.eq(order_id))
        .filter(lines::level.eq(Level::Attention))
        .filter(lines::category.eq(Category::Checkout))
        .filter(lines::what.eq(&line.what))
        .filter(lines::detail.contains(json!({ "version": version })))
        .filter(lines::at.gt(opened_at.unwrap_or(DateTime::UNIX_EPOCH)));
    if diesel::select(exists(the_same)).get_result(connection)? {
        return Ok(());
    }
    activity::record(connection, line)
}
