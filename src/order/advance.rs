//! From state to state: the only place that changes one.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::json;

use super::{
    Doing, Order, history_line,
    row::Evidence,
    state::{Fact, Move, State},
};
use crate::{
    activity::{self, Cause, Level},
    schema::orders,
};

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
        let what = format!("order {} → {}", order.state.name(), next.name());
        let is_in_review = |state: &State| matches!(state, State::InReview { .. });
        if is_in_review(&next) {
            // The money that does not fit has a line that needs somebody: this one would count it twice.
            let line = history_line(order.id, doing, Level::Info, what);
            let detail = json!({ "note": doing.note, "in_review": order.id, "to": next.name() });
            activity::record(connection, line.detail(detail))?;
        } else {
            let line = history_line(order.id, doing, Level::Info, what);
            let detail = json!({ "note": doing.note, "to": next.name() });
            activity::record(connection, line.detail(detail))?;
            if is_in_review(&order.state) {
                activity::over(connection, Cause::Review(order.id), doing)?;
            }
        }
    }
    Ok(moved)
}
