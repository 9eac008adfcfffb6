//! Money given back. Its total is kept by payment intent, since it may be heard of before the
//! payment; here it is brought in line with the orders that the payment was counted for.

use diesel::{prelude::*, upsert::excluded};
use serde_json::json;
use uuid::Uuid;

use super::payment::{Received, lock_orders_and_intent};
use crate::{
    activity::{self, Category, Doing},
    case::{self, Ending, Kind, Opening},
    gateway::charge::Charge,
    order::{
        self, Order,
        state::{Fact, Move, Verdict},
    },
    schema::{payment_allocations, payments, refunds},
};

/// Keeps what a charge tells of its refunds, and brings the orders in line with it. Tells whether
/// the payment is known.
///
/// # Errors
/// What PostgreSQL says; nothing has changed then.
pub fn refunded(
    connection: &mut PgConnection,
    charge: &Charge,
    doing: &Doing,
) -> QueryResult<bool> {
    lock_orders_and_intent(connection, &charge.payment_intent)?;
    diesel::insert_into(refunds::table)
        .values((
            refunds::payment_intent.eq(&charge.payment_intent),
            refunds::amount_refunded.eq(charge.amount_refunded),
            refunds::currency.eq(&charge.currency),
            refunds::heard_at.eq(doing.at),
        ))
        .on_conflict(refunds::payment_intent)
        .do_update()
        // The events of two refunds may come in any order; the total only grows.
        .set(refunds::amount_refunded.eq(greatest(
            refunds::amount_refunded,
            excluded(refunds::amount_refunded),
        )))
        .execute(connection)?;
    apply(connection, &charge.payment_intent, doing)
}

/// Brings the orders of a payment in line with what has been given back of it; tells whether the
/// payment is known.
pub(crate) fn apply(
    connection: &mut PgConnection,
    intent: &str,
    doing: &Doing,
) -> QueryResult<bool> {
    let back: Option<i64> = refunds::table
        .find(intent)
        .select(refunds::amount_refunded)
        .first(connection)
        .optional()?;
    let known: Vec<Received> = payments::table
        .filter(payments::payment_intent.eq(intent))
        .select(Received::as_select())
        .load(connection)?;
    let Some(back) = back.filter(|back| *back > 0) else {
        return Ok(!known.is_empty());
    };
    for payment in &known {
        let parts = parts_of(connection, payment)?;
        let whole = back >= payment.amount;
        match parts.as_slice() {
            [] if whole => nobodys_went_back(connection, payment, back, doing)?,
            [] => {}
            [part] => give_back(connection, payment, part, back.min(part.amount), doing)?,
            parts if whole => {
                for part in parts {
                    give_back(connection, payment, part, part.amount, doing)?;
                }
            }
            _ => nobody_knows_whose(connection, payment, intent, back, doing)?,
        }
    }
    Ok(!known.is_empty())
}

/// What of a payment is counted for which order, with the order locked.
struct Part {
    order: Order,
    amount: i64,
    settles: bool,
}

fn parts_of(connection: &mut PgConnection, payment: &Received) -> QueryResult<Vec<Part>> {
    let read = |connection: &mut PgConnection| -> QueryResult<Vec<(Uuid, i64, Verdict)>> {
        payment_allocations::table
            .filter(payment_allocations::payment_id.eq(payment.id))
            .order(payment_allocations::order_id)
            .select((
                payment_allocations::order_id,
                payment_allocations::amount,
                payment_allocations::verdict,
            ))
            .load(connection)
    };
    // The orders to lock are known from a first look alone.
    let ids: Vec<Uuid> = read(connection)?.into_iter().map(|part| part.0).collect();
    let orders = order::lock(connection, &ids)?;
    // Read again under the lock: a person may have moved it meanwhile. Where to, is not locked, and
    // who moved it has looked at the refunds.
    let parts = read(connection)?
        .into_iter()
        .filter_map(|(id, amount, verdict)| {
            let order = orders.iter().find(|order| order.id == id)?.clone();
            let settles = verdict == Verdict::Settles;
            Some(Part {
                order,
                amount,
                settles,
            })
        });
    Ok(parts.collect())
}

/// So much of what a payment brought an order has been given back.
fn give_back(
    connection: &mut PgConnection,
    payment: &Received,
    part: &Part,
    back: i64,
    doing: &Doing,
) -> QueryResult<()> {
    let order = &part.order;
    if part.settles {
        let fact = Fact::Refund {
            back,
            paid: part.amount,
        };
        if let Move::To(_) = order::advance(connection, order, fact, doing)? {
            let what = "refunded at Stripe";
            activity::record(
                connection,
                refund_line(payment, Some(order), back, what, doing),
            )?;
        }
        return Ok(());
    }
    // What did not fit has gone back: the order is as it was without it.
    if back >= part.amount {
        let about = &payment.stripe_session_id;
        if case::close(connection, about, Some(order.id), Ending::Refund, doing)? {
            release(connection, order, doing)?;
            let what = "the payment that did not fit has been refunded";
            activity::record(
                connection,
                refund_line(payment, Some(order), back, what, doing),
            )?;
        }
    }
    Ok(())
}

/// What did not fit a locked order is no longer counted for it; it opens again unless more of that
/// kind waits.
pub(crate) fn release(
    connection: &mut PgConnection,
    order: &Order,
    doing: &Doing,
) -> QueryResult<()> {
    if !case::in_review(connection, order.id)? {
        order::advance(connection, order, Fact::Release, doing)?;
    }
    Ok(())
}

/// A payment that belonged to no order has gone back.
fn nobodys_went_back(
    connection: &mut PgConnection,
    payment: &Received,
    back: i64,
    doing: &Doing,
) -> QueryResult<()> {
    let about = &payment.stripe_session_id;
    if case::close(connection, about, None, Ending::Refund, doing)? {
        let what = "the payment that belonged to no order has been refunded";
        activity::record(connection, refund_line(payment, None, back, what, doing))?;
    }
    Ok(())
}

fn nobody_knows_whose(
    connection: &mut PgConnection,
    payment: &Received,
    intent: &str,
    back: i64,
    doing: &Doing,
) -> QueryResult<()> {
    let opening = Opening {
        kind: Kind::Refund,
        about: intent,
        order_id: None,
        payment_id: Some(payment.id),
        payment_intent: Some(intent),
        amount: back,
        currency: &payment.currency,
        email: None,
    };
    if case::open(connection, &opening, doing)? {
        let what = "a refund of a payment for several orders: somebody must say whose it is";
        let line = refund_line(payment, None, back, what, doing).attention();
        activity::record(connection, line)?;
    }
    Ok(())
}

fn refund_line(
    payment: &Received,
    order: Option<&Order>,
    back: i64,
    what: &str,
    doing: &Doing,
) -> activity::Line {
    let order = order.map(|order| order.id);
    activity::Line::about(order, Category::Payment, what, doing).detail(json!({
        "refunded": back,
        "amount": payment.amount,
        "currency": payment.currency,
        "payment_intent": payment.payment_intent,
    }))
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// PostgreSQL's `greatest`.
    fn greatest(
        first: diesel::sql_types::BigInt,
        second: diesel::sql_types::BigInt,
    ) -> diesel::sql_types::BigInt;
}
