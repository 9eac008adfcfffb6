//! Refunds of orders as rows. Whoever writes one holds the payment intent's lock, or changes only the attempt
//! that it has seen.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use crate::{column::column_enum, schema::order_refunds};

column_enum! {
    /// How far a refund is that was asked for of an order.
    pub enum RefundState {
        /// Stripe's answer is not written down: whoever asks again asks for the same.
        Asked = "asked",
        /// Stripe has begun it: it is waited for.
        UnderWay = "under_way",
        /// The money has gone back.
        Made = "made",
        /// It has not, and why.
        NotMade = "not_made",
    }
}

impl RefundState {
    /// Those of a refund that has not come to its end.
    pub const IN_FLIGHT: [Self; 2] = [Self::Asked, Self::UnderWay];
}

/// A refund that somebody asked for of an order.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = order_refunds)]
pub struct OrderRefund {
    /// Ours; Stripe's refund names it.
    pub id: Uuid,
    /// Whose money it is.
    #[serde(skip)]
    pub order_id: Uuid,
    /// The caller's.
    pub key: String,
    /// `pi_…`
    pub payment_intent: String,
    /// What the caller said; none: all that was left.
    #[serde(skip)]
    pub asked_amount: Option<i64>,
    /// In minor units of the payment's currency.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: String,
    /// How far it is.
    pub state: RefundState,
    /// `re_…`
    pub refund_id: Option<String>,
    /// Why it was not made.
    pub failure: Option<String>,
    /// When somebody asked for it.
    pub asked_at: DateTime<Utc>,
    /// Who.
    pub asked_by: String,
    /// How often Stripe was asked.
    #[serde(skip)]
    pub attempt: i32,
}

impl OrderRefund {
    /// Whether a caller who says so much means this refund.
    pub fn is_for(&self, asked_amount: Option<i64>) -> bool {
        asked_amount == self.asked_amount || asked_amount == Some(self.amount)
    }
}

/// The refund with this id.
pub fn find(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<OrderRefund>> {
    order_refunds::table
        .find(id)
        .select(OrderRefund::as_select())
        .first(connection)
        .optional()
}

/// The refund of an order under a caller's key.
pub fn find_by_key(
    connection: &mut PgConnection,
    order: Uuid,
    key: &str,
) -> QueryResult<Option<OrderRefund>> {
    order_refunds::table
        .filter(order_refunds::order_id.eq(order))
        .filter(order_refunds::key.eq(key))
        .select(OrderRefund::as_select())
        .first(connection)
        .optional()
}

/// Those of these orders, oldest first.
pub fn refunds_of(connection: &mut PgConnection, orders: &[Uuid]) -> QueryResult<Vec<OrderRefund>> {
    order_refunds::table
        .filter(order_refunds::order_id.eq_any(orders))
        .order(order_refunds::id)
        .select(OrderRefund::as_select())
        .load(connection)
}

/// Those of a payment, oldest first.
pub(super) fn of_intent(
    connection: &mut PgConnection,
    intent: &str,
) -> QueryResult<Vec<OrderRefund>> {
    order_refunds::table
        .filter(order_refunds::payment_intent.eq(intent))
        .order(order_refunds::id)
        .select(OrderRefund::as_select())
        .load(connection)
}

/// The one of a payment that has not come to its end. Asked with the intent locked.
pub fn in_flight(connection: &mut PgConnection, intent: &str) -> QueryResult<Option<OrderRefund>> {
    order_refunds::table
        .filter(order_refunds::payment_intent.eq(intent))
        .filter(order_refunds::state.eq_any(RefundState::IN_FLIGHT))
        .select(OrderRefund::as_select())
        .first(connection)
        .optional()
}

/// Those that were asked for before `until` and have not come to their end, the oldest first, `most` of them.
pub fn waiting(
    connection: &mut PgConnection,
    until: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<OrderRefund>> {
    order_refunds::table
        .filter(order_refunds::state.eq_any(RefundState::IN_FLIGHT))
        .filter(order_refunds::asked_at.lt(until))
        .order((order_refunds::asked_at, order_refunds::id))
        .limit(most)
        .select(OrderRefund::as_select())
        .load(connection)
}

/// How much of a payment has gone back by refunds of ours, by order.
pub(crate) fn made(
    connection: &mut PgConnection,
    payment: Uuid,
) -> QueryResult<HashMap<Uuid, i64>> {
    let rows: Vec<(Uuid, i64)> = order_refunds::table
        .filter(order_refunds::payment_id.eq(payment))
        .filter(order_refunds::state.eq(RefundState::Made))
        .select((order_refunds::order_id, order_refunds::amount))
        .load(connection)?;
    let mut sums = HashMap::new();
    for (order, amount) in rows {
        *sums.entry(order).or_insert(0) += amount;
    }
    Ok(sums)
}

/// An attempt has had its final answer, a failure: the next one goes under another number.
pub fn next_attempt(connection: &mut PgConnection, refund: &OrderRefund) -> QueryResult<()> {
    // Counted up once, also where two people heard the same answer.
    let still = order_refunds::table
        .find(refund.id)
        .filter(order_refunds::attempt.eq(refund.attempt));
    diesel::update(still)
        .set(order_refunds::attempt.eq(refund.attempt + 1))
        .execute(connection)
        .map(drop)
}
