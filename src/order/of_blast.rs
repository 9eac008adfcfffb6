//! The orders of a mailing, by the mailing's own rows.

use diesel::prelude::*;
use uuid::Uuid;

use super::{OrderFilter, OrderRow, find::matching};
use crate::schema::{blast_recipients, orders, outbox_orders};

/// Orders that are looked at with one statement: a mailing to thousands has few of the status that is asked
/// for, or none.
const STRETCH: i64 = 1_000;

/// A page of those that were approved for this mailing or mailed by it, newest first.
///
/// A stretch of ids at a time, since PostgreSQL would read all orders for "one or the other of these".
pub(super) fn list(
    connection: &mut PgConnection,
    filter: &OrderFilter,
    blast: Uuid,
    limit: i64,
) -> QueryResult<Vec<OrderRow>> {
    let mut found: Vec<OrderRow> = Vec::new();
    let mut before = filter.before;
    loop {
        let ids = ids(connection, blast, before)?;
        let Some(last) = ids.last() else {
            return Ok(found);
        };
        before = Some(*last);
        let missing = limit - i64::try_from(found.len()).unwrap_or(limit);
        let rows: Vec<OrderRow> = matching(connection, filter)?
            .filter(orders::id.eq_any(&ids))
            .limit(missing)
            .load(connection)?;
        found.extend(rows);
        if i64::try_from(found.len()).unwrap_or(limit) >= limit {
            return Ok(found);
        }
    }
}

/// The next ids before this one, newest first; both kinds of rows are read in the order of their index.
fn ids(
    connection: &mut PgConnection,
    blast: Uuid,
    before: Option<Uuid>,
) -> QueryResult<Vec<Uuid>> {
    let before = before.unwrap_or(Uuid::max());
    let approved = blast_recipients::table
        .filter(blast_recipients::blast_id.eq(blast))
        .filter(blast_recipients::order_id.lt(before))
        .order(blast_recipients::order_id.desc())
        .limit(STRETCH)
        .select(blast_recipients::order_id);
    // A mailing's samples are about no order.
    let mailed = outbox_orders::table
        .filter(outbox_orders::blast_id.eq(blast))
        .filter(outbox_orders::order_id.lt(before))
        .order(outbox_orders::order_id.desc())
        .limit(STRETCH)
        .select(outbox_orders::order_id);
    let mut ids: Vec<Uuid> = approved.load(connection)?;
    ids.extend(mailed.load::<Uuid>(connection)?);
    ids.sort_unstable_by(|one, other| other.cmp(one));
    ids.dedup();
    // Below the shorter of the two stretches the other's rows are not known yet.
    ids.truncate(usize::try_from(STRETCH).unwrap_or(usize::MAX));
    Ok(ids)
}
