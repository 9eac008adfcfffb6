//! The payments of an order, as they are shown.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use crate::schema::{payment_allocations, payments};

/// What of a payment went to an order.
#[derive(Debug, Clone, Serialize, Queryable)]
pub struct Payment {
    /// Whose it is counted for.
    #[serde(skip)]
    pub order_id: Uuid,
    /// `pi_…`; a subscription's payment has none.
    pub payment_intent: Option<String>,
    /// In minor units.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: String,
    /// `settles`, `second_payment` or `mismatch`.
    pub verdict: String,
    /// `webhook`, `return` or `click`: who found it first.
    pub found_by: String,
    /// When it was found.
    pub at: DateTime<Utc>,
}

/// The payments of these orders, oldest first.
///
/// # Errors
/// What PostgreSQL says.
pub fn payments_of(connection: &mut PgConnection, orders: &[Uuid]) -> QueryResult<Vec<Payment>> {
    payment_allocations::table
        .inner_join(payments::table)
        .filter(payment_allocations::order_id.eq_any(orders))
        .order(payments::id)
        .select((
            payment_allocations::order_id,
            payments::payment_intent,
            payment_allocations::amount,
            payments::currency,
            payment_allocations::verdict,
            payments::found_by,
            payments::found_at,
        ))
        .load(connection)
}
