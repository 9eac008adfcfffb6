//! The orders of a mailing, by the mailing's own rows.

use diesel::prelude::*;
use uuid::Uuid;

use super::{OrderRow, filter::FilterPart, find::matching};
use crate::schema::{blast_recipients, orders, outbox_orders};

/// Orders that are looked at with one statement: a mailing to thousands has few of the status that is asked
/// for, or none.
const STRETCH: usize = 1_000;

/// A page of those that were approved for this mailing or mailed by it, newest first.
///
/// The mailing's ids are read whole, each by the mailing's index: asked for the newest of them, or for
/// orders that are "one or the other of these", PostgreSQL may read those of all mailings.
pub(super) fn list(
    connection: &mut PgConnection,
    filter: &FilterPart,
    blast: Uuid,
    limit: i64,
) -> QueryResult<Vec<OrderRow>> {
    let mut found: Vec<OrderRow> = Vec::new();
    let mut ids = ids(connection, blast)?;
    ids.retain(|id| filter.before.is_none_or(|before| *id < before));
    for ids in ids.chunks(STRETCH) {
        let missing = limit - i64::try_from(found.len()).unwrap_or(limit);
        if missing <= 0 {
            break;
        }
        let rows: Vec<OrderRow> = matching(connection, filter)?
            .filter(orders::id.eq_any(ids))
            .limit(missing)
            .load(connection)?;
        found.extend(rows);
    }
    Ok(found)
}

/// The ids of all that were approved for this mailing or mailed by it, newest first.
pub fn ids(connection: &mut PgConnection, blast: Uuid) -> QueryResult<Vec<Uuid>> {
    let mut ids: Vec<Uuid> = blast_recipients::table
        .filter(blast_recipients::blast_id.eq(blast))
        .select(blast_recipients::order_id)
        .load(connection)?;
    // A mailing's samples are about no order.
    let mailed: Vec<Uuid> = outbox_orders::table
        .filter(outbox_orders::blast_id.eq(blast))
        .select(outbox_orders::order_id)
        .load(connection)?;
    ids.extend(mailed);
    ids.sort_unstable_by(|one, other| other.cmp(one));
    ids.dedup();
    Ok(ids)
}
