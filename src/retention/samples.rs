//! Test mails of mailings: samples with a payer's name and link in them, which the shop has seen.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::schema::outbox;

/// Mails of one batch.
const BATCH: i64 = 200;

/// Prunes some that were made before `until` and are done with; tells how many.
pub(super) fn prune(connection: &mut PgConnection, until: DateTime<Utc>) -> QueryResult<usize> {
    let old: Vec<uuid::Uuid> = outbox::table
        .filter(outbox::kind.eq("test"))
        .filter(outbox::created_at.lt(until))
        .filter(outbox::state.ne_all(["queued", "sending"]))
        .limit(BATCH)
        .select(outbox::id)
        .load(connection)?;
    let old = outbox::table
        .filter(outbox::id.eq_any(old))
        .filter(outbox::state.ne_all(["queued", "sending"]));
    diesel::delete(old).execute(connection)
}
