//! What a page says of decisions besides their rows: whose cart it was, and how many there are.

use std::collections::HashMap;

use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Text},
};
use uuid::Uuid;

use super::row::Decision;
use crate::schema::{carts, checkout_sessions, reminder_decisions as decisions};

/// What was in a cart: minor units and currency, where Stripe told.
pub type CartSum = (Option<i64>, Option<String>);

/// The carts that these decisions are about, by the decision.
pub fn carts_of(connection: &mut PgConnection, of: &[Uuid]) -> QueryResult<HashMap<Uuid, CartSum>> {
    let rows: Vec<(Uuid, Option<i64>, Option<String>)> = decisions::table
        .inner_join(checkout_sessions::table.inner_join(carts::table))
        .filter(decisions::id.eq_any(of))
        .select((decisions::id, carts::amount, carts::currency))
        .load(connection)?;
    Ok(rows
        .into_iter()
        .map(|(id, amount, currency)| (id, (amount, currency)))
        .collect())
}

/// Decisions of one kind.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct OfDecision {
    /// Which.
    #[diesel(sql_type = Text)]
    pub decision: Decision,
    /// How many, as far as was counted.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// How many there are of each; of each, `most` are counted at most.
pub fn counts(connection: &mut PgConnection, most: i64) -> QueryResult<Vec<OfDecision>> {
    diesel::sql_query(
        "SELECT wanted.decision, \
             (SELECT count(*) FROM (SELECT FROM reminder_decisions WHERE decision = wanted.decision LIMIT $2) few) AS count \
         FROM unnest($1) AS wanted (decision)",
    )
    .bind::<Array<Text>, _>(&Decision::ALL[..])
    .bind::<BigInt, _>(most)
    .load(connection)
}
