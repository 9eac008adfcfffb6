//! What a page says of decisions besides their rows: whose cart it was, and how many there are.

use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use super::row::Decision;
use crate::{
    db::{Counts, count_each},
    schema::{carts, checkout_sessions, reminder_decisions as decisions},
};

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

/// How many decisions there are of each kind; of each, `most` are counted at most.
pub fn counts(connection: &mut PgConnection, most: i64) -> QueryResult<Counts<Decision>> {
    let column = ("reminder_decisions", "decision");
    count_each(connection, column, &Decision::ALL, most)
}
