//! What a run would delete, with the days that somebody thinks of: counted, and nothing is touched.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;

use super::{carts, events, rows, until_by};
use crate::{
    db::{Count, at_most},
    settings::Settings,
    visits,
};

/// Rows of a table that are counted: "at least 10,000" says as much to whoever decides as the true number.
const MOST: i64 = 10_000;
/// Carts that are counted: a dozen questions are asked of each.
const MOST_CARTS: i64 = 1_000;

/// How much would go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct WouldGo {
    /// Carts that nobody paid for.
    pub carts: Count,
    /// Orders that restored some of them, with their mails.
    pub orders: Count,
    /// Stripe's events.
    pub events: Count,
    /// Lines of the log.
    pub activity: Count,
    /// Test mails of mailings, and mails that let somebody in.
    pub mails: Count,
    /// Days whose visits are counted.
    pub visits: Count,
}

/// What a run at `now` would delete if the settings were these.
pub fn would_go(
    connection: &mut PgConnection,
    settings: &Settings,
    now: DateTime<Utc>,
    max_age: chrono::Duration,
) -> QueryResult<WouldGo> {
    let until = until_by(settings, now, max_age);
    let (gone, orders) = carts::count(connection, until.carts, MOST_CARTS + 1)?;
    let many = |rows: usize| at_most(i64::try_from(rows).unwrap_or(i64::MAX), MOST);
    let of_carts = |rows: usize| at_most(i64::try_from(rows).unwrap_or(i64::MAX), MOST_CARTS);
    Ok(WouldGo {
        carts: of_carts(gone),
        orders: of_carts(orders),
        events: many(events::count_old(connection, until.events, MOST + 1)?),
        activity: many(rows::count_activity(connection, until.activity, MOST + 1)?),
        mails: many(rows::count_seen_mails(
            connection,
            until.activity,
            MOST + 1,
        )?),
        visits: at_most(visits::count_old(connection, until.visits)?, MOST),
    })
}
