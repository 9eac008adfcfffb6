//! What goes by its age alone, table by table: the condition of each stands here once.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::batch;
use crate::mail::{Kind, State};
use crate::schema::{activity, outbox};

/// Lines of the log of one batch: they are short, and nothing hangs on them.
const LINES: i64 = 2_000;
/// Mails of one batch; each may have 200,000 bytes.
const MAILS: i64 = 200;

/// Lines of the log from before `until`, oldest first, whatever they are about.
pub(super) fn activity(connection: &mut PgConnection, until: DateTime<Utc>) -> QueryResult<usize> {
    let old = activity::table
        .filter(activity::at.lt(until))
        .order(activity::at)
        .limit(LINES)
        .select(activity::id);
    batch::delete(connection, old, |ids: Vec<i64>| {
        diesel::delete(activity::table.filter(activity::id.eq_any(ids)))
    })
}

/// Test mails of mailings that were made before `until` and are done with: samples with a payer's name and
/// link in them, which the shop has seen. Mails that let somebody in, too: their link is long void.
pub(super) fn seen_mails(
    connection: &mut PgConnection,
    until: DateTime<Utc>,
) -> QueryResult<usize> {
    // Asked twice: a person may send one again between the two statements.
    let is_done = || outbox::state.ne_all([State::Queued, State::Sending]);
    let old = outbox::table
        .filter(outbox::kind.eq_any([Kind::Test, Kind::Account]))
        .filter(outbox::created_at.lt(until))
        .filter(is_done())
        .limit(MAILS)
        .select(outbox::id);
    batch::delete(connection, old, |ids: Vec<uuid::Uuid>| {
        diesel::delete(
            outbox::table
                .filter(outbox::id.eq_any(ids))
                .filter(is_done()),
        )
    })
}
