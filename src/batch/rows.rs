//! Batches as rows.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::{Act, Outcome};
use crate::{
    activity::Doing,
    random,
    schema::{order_batch_parts, order_batches, orders},
};

/// So long what came of it can be looked at. The log keeps it for longer.
const KEPT: TimeDelta = TimeDelta::days(7);

/// What somebody wished for many orders.
#[derive(Debug, Clone, Queryable)]
pub struct Batch {
    /// Its row.
    pub id: Uuid,
    /// What is done.
    pub act: Act,
    /// What they had to say about it.
    pub note: Option<String>,
    /// Who.
    pub actor: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// One of its orders.
#[derive(Debug, Clone, Queryable)]
pub struct Part {
    /// The order.
    pub order_id: Uuid,
    /// What came of it; none yet.
    pub outcome: Option<Outcome>,
    /// Why it could not be done.
    pub why: Option<String>,
    /// Its reference.
    pub reference: String,
    /// Whose it is.
    pub name: Option<String>,
}

/// Writes down what is wished, with a row for each order that exists. Forgets those of more than a week ago.
pub fn begin(
    connection: &mut PgConnection,
    act: Act,
    ids: &[Uuid],
    doing: &Doing,
) -> QueryResult<Uuid> {
    diesel::delete(order_batches::table.filter(order_batches::at.lt(doing.at - KEPT)))
        .execute(connection)?;
    let id = random::row_id(doing.at);
    diesel::insert_into(order_batches::table)
        .values((
            order_batches::id.eq(id),
            order_batches::act.eq(act),
            order_batches::note.eq(&doing.note),
            order_batches::actor.eq(&doing.actor),
            order_batches::at.eq(doing.at),
        ))
        .execute(connection)?;
    let standing: Vec<Uuid> = orders::table
        .filter(orders::id.eq_any(ids))
        .select(orders::id)
        .load(connection)?;
    let parts = standing.into_iter().map(|order| {
        (
            order_batch_parts::batch_id.eq(id),
            order_batch_parts::order_id.eq(order),
        )
    });
    diesel::insert_into(order_batch_parts::table)
        .values(parts.collect::<Vec<_>>())
        .execute(connection)?;
    Ok(id)
}

/// The batch with this id.
pub fn find(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Batch>> {
    order_batches::table
        .find(id)
        .select((
            order_batches::id,
            order_batches::act,
            order_batches::note,
            order_batches::actor,
            order_batches::at,
        ))
        .first(connection)
        .optional()
}

impl Batch {
    /// Its orders, by reference.
    pub fn parts(&self, connection: &mut PgConnection) -> QueryResult<Vec<Part>> {
        order_batch_parts::table
            .inner_join(orders::table)
            .filter(order_batch_parts::batch_id.eq(self.id))
            .order(orders::reference)
            .select((
                orders::id,
                order_batch_parts::outcome,
                order_batch_parts::why,
                orders::reference,
                orders::name,
            ))
            .load(connection)
    }
}

/// Its orders that have no outcome yet.
pub(super) fn left(connection: &mut PgConnection, batch: Uuid) -> QueryResult<Vec<Uuid>> {
    order_batch_parts::table
        .filter(order_batch_parts::batch_id.eq(batch))
        .filter(order_batch_parts::outcome.is_null())
        .order(order_batch_parts::order_id)
        .select(order_batch_parts::order_id)
        .load(connection)
}

/// Whether an order has no outcome yet; asked once it is locked.
pub(super) fn is_left(
    connection: &mut PgConnection,
    batch: Uuid,
    order: Uuid,
) -> QueryResult<bool> {
    let left: Option<Option<Outcome>> = order_batch_parts::table
        .find((batch, order))
        .select(order_batch_parts::outcome)
        .first(connection)
        .optional()?;
    Ok(left == Some(None))
}

/// What came of it for one order, in the transaction of what was done.
pub(super) fn end(
    connection: &mut PgConnection,
    part: (Uuid, Uuid),
    outcome: Outcome,
    why: Option<&str>,
) -> QueryResult<()> {
    diesel::update(order_batch_parts::table.find(part))
        .set((
            order_batch_parts::outcome.eq(outcome),
            order_batch_parts::why.eq(why),
        ))
        .execute(connection)
        .map(drop)
}
