//! What goes by its age alone, table by table: the condition of each stands here once.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::batch;
use crate::mail::{Kind, State};
use crate::schema::{activity, outbox};

/// Which lines are old.
#[diesel::dsl::auto_type]
fn old_lines(until: DateTime<Utc>) -> _ {
    activity::table.filter(activity::at.lt(until))
}

/// How many old lines there are; `most` are counted.
pub(super) fn count_activity(
    connection: &mut PgConnection,
    until: DateTime<Utc>,
    most: i64,
) -> QueryResult<usize> {
    let old = old_lines(until).order(activity::at).limit(most);
    Ok(old.select(activity::id).load::<i64>(connection)?.len())
}

/// How many of the mails that the shop has seen are old; `most` are counted.
pub(super) fn count_seen_mails(
    connection: &mut PgConnection,
    until: DateTime<Utc>,
    most: i64,
) -> QueryResult<usize> {
    let old = outbox::table
        .filter(outbox::kind.eq_any([Kind::Test, Kind::Account]))
        .filter(outbox::created_at.lt(until))
        .filter(outbox::state.ne_all(IN_HAND))
        .limit(most);
    Ok(old.select(outbox::id).load::<uuid::Uuid>(connection)?.len())
}

/// Lines of the log of one batch: they are short, and nothing hangs on them.
const LINES: i64 = 2_000;
/// A mail that may still go out.
const IN_HAND: [State; 2] = [State::Queued, State::Sending];
/// Mails of one batch; each may have 200,000 bytes.
const MAILS: i64 = 200;

/// Lines of the log from before `until`, oldest first, whatever they are about.
pub(super) fn activity(connection: &mut PgConnection, until: DateTime<Utc>) -> QueryResult<usize> {
    let old = old_lines(until)
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
    let is_done = || outbox::state.ne_all(IN_HAND);
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
