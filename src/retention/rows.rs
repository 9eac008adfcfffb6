//! Lines of the log, which go after a while whatever they are about.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::schema::activity;

/// Lines of one batch.
const BATCH: i64 = 2_000;

/// Prunes some lines from before `until`, oldest first; tells how many.
pub(super) fn prune(connection: &mut PgConnection, until: DateTime<Utc>) -> QueryResult<usize> {
    let old: Vec<i64> = activity::table
        .filter(activity::at.lt(until))
        .order(activity::id)
        .limit(BATCH)
        .select(activity::id)
        .load(connection)?;
    diesel::delete(activity::table.filter(activity::id.eq_any(old))).execute(connection)
}
