//! The payments of an order: written down once, with what they are to it, and shown.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    FoundBy, Share,
    verdict::{compared, verdict},
};
use crate::{
    activity::{self, Level},
    gateway::Session,
    order::{
        self, Order,
        currency::Currency,
        money::Money,
        state::{Fact, Verdict},
    },
    random,
    schema::{payment_allocations, payments},
};

/// Writes a payment down once, judges what it is to each order, and moves the orders. No orders:
/// money that a person must place.
pub(super) fn record(
    connection: &mut PgConnection,
    session: &Session,
    row: Option<Uuid>,
    owed: &[(&Share, &Order)],
    found_by: FoundBy,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let id = random::row_id(now);
    let (amount, currency) = (
        session.amount_total.unwrap_or(0),
        session.currency.clone().unwrap_or_default(),
    );
    let new = diesel::insert_into(payments::table)
        .values((
            payments::id.eq(id),
            payments::stripe_session_id.eq(&session.id),
            payments::session_id.eq(row),
            payments::payment_intent.eq(&session.payment_intent),
            payments::amount.eq(amount),
            payments::currency.eq(&currency),
            payments::found_by.eq(found_by.name()),
            payments::found_at.eq(now),
        ))
        .on_conflict(payments::stripe_session_id)
        .do_nothing()
        .execute(connection)?;
    if new == 0 {
        return Ok(());
    }
    if owed.is_empty() {
        return tell(connection, session, None, None, now);
    }
    let asked: Option<i64> = owed.iter().map(|(share, _)| share.amount).sum();
    for (share, order) in owed {
        // A payment of the whole session's amount is each order's own share of it.
        let part_of = |whole| {
            share
                .amount
                .filter(|_| asked == Some(whole))
                .unwrap_or(whole)
        };
        let part = part_of(amount);
        let currency = Currency::parse(&currency).ok();
        let paid = compared(session, order.is_adjusted_at_checkout())
            .zip(currency)
            .map(|(whole, currency)| Money::new(part_of(whole), currency));
        let judged = verdict(order.state, share.owed(order), paid);
        diesel::insert_into(payment_allocations::table)
            .values((
                payment_allocations::payment_id.eq(id),
                payment_allocations::order_id.eq(order.id),
                payment_allocations::amount.eq(part),
                payment_allocations::verdict.eq(judged.name()),
            ))
            .execute(connection)?;
        tell(connection, session, Some(order.id), Some(judged), now)?;
        order::advance(
            connection,
            order,
            Fact::Payment(judged),
            &found_by.doing(now),
        )?;
    }
    Ok(())
}

fn tell(
    connection: &mut PgConnection,
    session: &Session,
    order_id: Option<Uuid>,
    verdict: Option<Verdict>,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let (level, what) = match verdict {
        Some(Verdict::Settles) => (Level::Info, "payment received"),
        Some(Verdict::SecondPayment) => (
            Level::Attention,
            "a second payment came for an order that is settled",
        ),
        Some(Verdict::Mismatch) => (Level::Attention, "a payment came that is not what was owed"),
        None => (
            Level::Attention,
            "a payment came that belongs to no order we know",
        ),
    };
    let line = activity::Line {
        at,
        order_id,
        category: "payment",
        level,
        actor: "stripe".to_owned(),
        what: what.to_owned(),
        detail: json!({
            "amount": session.amount_total,
            "currency": session.currency,
            "payment_intent": session.payment_intent,
            "session": session.id,
        }),
    };
    activity::record(connection, line)
}

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
