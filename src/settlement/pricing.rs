//! What catalogue prices come to: Stripe alone knows, and tells it when it opens a session.

use diesel::prelude::*;
use uuid::Uuid;

use super::Share;
use crate::{
    gateway::Session,
    order::{self, Order, money::Money},
    schema::session_orders,
};

/// Keeps what the session's one order with catalogue prices comes to, with the session and as what is
/// owed today. Callers hold the locks.
pub(super) fn learn(
    connection: &mut PgConnection,
    row: Uuid,
    session: &Session,
    shares: &mut [Share],
    orders: &[Order],
) -> QueryResult<()> {
    let known: i64 = shares.iter().filter_map(|share| share.amount).sum();
    let mut unknown: Vec<&mut Share> = shares
        .iter_mut()
        .filter(|share| share.amount.is_none())
        .collect();
    let [share] = unknown.as_mut_slice() else {
        return Ok(());
    };
    let order = orders.iter().find(|order| order.id == share.order_id);
    let (Some(subtotal), Some(order)) = (session.amount_subtotal, order) else {
        return Ok(());
    };
    if session.currency.as_deref() != Some(order.currency.code()) {
        return Ok(());
    }
    let amount = subtotal - known;
    diesel::update(session_orders::table.find((row, order.id)))
        .set(session_orders::amount.eq(amount))
        .execute(connection)?;
    share.amount = Some(amount);
    order::set_amount(connection, order.id, amount)
}

impl Share {
    /// What `order` owes by its share of the session: a catalogue price is what it was when the session
    /// was opened, as long as nothing else is asked for since.
    pub(super) fn owed(&self, order: &Order) -> Option<Money> {
        let amount = if order.has_catalogue_prices() {
            self.amount.filter(|_| self.version == order.version)
        } else {
            order.amount_total
        };
        Some(Money::new(amount?, order.currency))
    }
}
