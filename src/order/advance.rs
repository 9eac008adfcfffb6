//! From state to state: the only place that changes one.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{
    Doing, Order, history,
    row::Evidence,
    state::{Fact, Move, State},
};
use crate::{activity::Level, schema::orders};

/// Moves a locked order as the table in [`super::state`] says, and writes the history line.
pub fn advance(
    connection: &mut PgConnection,
    order: &Order,
    fact: Fact,
    doing: &Doing,
) -> QueryResult<Move> {
    advance_as_of(connection, order, fact, doing.at, doing)
}

/// [`advance`], for a fact that happened before anybody told us: the evidence is of `happened_at`, the
/// history line of today.
pub fn advance_as_of(
    connection: &mut PgConnection,
    order: &Order,
    fact: Fact,
    happened_at: DateTime<Utc>,
    doing: &Doing,
) -> QueryResult<Move> {
    let moved = order.state.after(fact, happened_at);
    if let Move::To(next) = moved {
        diesel::update(orders::table.find(order.id))
            .set(Evidence::that(next))
            .execute(connection)?;
        let level = if matches!(next, State::InReview { .. }) {
            Level::Attention
        } else {
            Level::Info
        };
        let what = format!("order {} → {}", order.state.name(), next.name());
        history(connection, order, doing, level, what)?;
    }
    Ok(moved)
}
