//! Money given back. Its total is kept by payment intent, since it may be heard of before the
//! payment; here it is brought in line with the orders that the payment was counted for. It may shrink:
//! a refund may fail weeks after it had succeeded.

use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::{
    order_refunds,
    payment::{Received, lock_orders_and_intent},
    refund_asked_for::{self, Answer},
    refunds_at_stripe::{RefundsAtStripe, keep},
};
use crate::{
    activity::{self, Category, Doing, Level},
    case::{self, Ending, Kind, Opening},
    order::{
        self, Order,
        state::{Fact, Move, Verdict},
    },
    schema::{payment_allocations, payments, refunds},
};

/// Keeps what Stripe tells of a payment's refunds, and brings the orders, the cases and the refunds that
/// people asked for in line with it. Tells whether the payment is known.
///
/// # Errors
/// What PostgreSQL says; nothing has changed then.
pub fn refunded(
    connection: &mut PgConnection,
    told: &RefundsAtStripe,
    answer: Option<&Answer>,
    doing: &Doing,
) -> QueryResult<bool> {
    let intent = &told.payment_intent;
    lock_orders_and_intent(connection, intent)?;
    // A newer answer has been written down: it knows all that this one knows.
    if !keep(connection, told, doing)? {
        return Ok(!payments_of(connection, intent)?.is_empty());
    }
    // Before it is counted: of a payment for several orders these say whose a part is.
    order_refunds::bring_in_line(connection, told, answer, doing)?;
    let known = apply(connection, intent, doing)?;
    refund_asked_for::bring_in_line(connection, told, answer, doing)?;
    Ok(known)
}

/// Brings the orders of a payment in line with what has been given back of it; tells whether the
/// payment is known.
pub(crate) fn apply(
    connection: &mut PgConnection,
    intent: &str,
    doing: &Doing,
) -> QueryResult<bool> {
    let known = payments_of(connection, intent)?;
    let kept: Option<Back> = refunds::table
        .find(intent)
        .select(Back::as_select())
        .first(connection)
        .optional()?;
    if let Some(back) = kept {
        for payment in &known {
            bring_in_line(connection, payment, &back, doing)?;
        }
    }
    Ok(!known.is_empty())
}

fn payments_of(connection: &mut PgConnection, intent: &str) -> QueryResult<Vec<Received>> {
    payments::table
        .filter(payments::payment_intent.eq(intent))
        .select(Received::as_select())
        .load(connection)
}

/// What has been given back of a payment.
#[derive(Queryable, Selectable)]
#[diesel(table_name = refunds)]
struct Back {
    /// In minor units.
    #[diesel(column_name = amount_refunded)]
    amount: i64,
    /// Why the newest refund that was not made was not.
    failure: Option<String>,
}

fn bring_in_line(
    connection: &mut PgConnection,
    payment: &Received,
    back: &Back,
    doing: &Doing,
) -> QueryResult<()> {
    let parts = parts_of(connection, payment)?;
    let whole = back.amount > 0 && back.amount >= payment.amount;
    match parts.as_slice() {
        [] if whole => nobodys_went_back(connection, payment, back, doing),
        [] => nobodys_is_here_again(connection, payment, back, doing),
        [part] => {
            let amount = back.amount.min(part.amount);
            give_back(connection, payment, part, amount, back, doing)
        }
        parts if whole => {
            for part in parts {
                give_back(connection, payment, part, part.amount, back, doing)?;
            }
            Ok(())
        }
        parts => {
            let made = order_refunds::made(connection, payment.id)?;
            let named = |part: &Part| made.get(&part.order.id).map_or(0, |back| *back);
            for part in parts {
                let amount = named(part).min(part.amount);
                give_back(connection, payment, part, amount, back, doing)?;
            }
            // Of the rest nobody knows whose it is: no order's, until somebody says so.
            let rest = back.amount - parts.iter().map(named).sum::<i64>();
            if rest > 0 {
                nobody_knows_whose(connection, payment, rest, back, doing)?;
            }
            Ok(())
        }
    }
}

/// What of a payment is counted for which order, with the order locked.
struct Part {
    order: Order,
    amount: i64,
    verdict: Verdict,
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
            Some(Part {
                order,
                amount,
                verdict,
            })
        });
    Ok(parts.collect())
}

/// So much of what a payment brought an order has been given back, in all.
fn give_back(
    connection: &mut PgConnection,
    payment: &Received,
    part: &Part,
    amount: i64,
    back: &Back,
    doing: &Doing,
) -> QueryResult<()> {
    let order = &part.order;
    match part.verdict {
        Verdict::Settles => {
            let fact = Fact::Refund {
                back: amount,
                paid: part.amount,
            };
            if let Move::To(_) = order::advance(connection, order, fact, doing)? {
                let shrinks = amount < order.state.refunded();
                let line = refund_line(payment, Some(order), back, told_of(shrinks), doing);
                let level = if shrinks {
                    Level::Attention
                } else {
                    Level::Info
                };
                activity::record(connection, line.level(level))?;
            }
            Ok(())
        }
        Verdict::SecondPayment | Verdict::Mismatch if amount >= part.amount => {
            what_did_not_fit_went_back(connection, payment, order, back, doing)
        }
        Verdict::SecondPayment | Verdict::Mismatch => {
            what_did_not_fit_is_here_again(connection, payment, part, back, doing)
        }
    }
}

fn told_of(shrinks: bool) -> &'static str {
    if shrinks {
        "a refund failed at Stripe: its money is here again"
    } else {
        "refunded at Stripe"
    }
}

/// The order is as it was without it.
fn what_did_not_fit_went_back(
    connection: &mut PgConnection,
    payment: &Received,
    order: &Order,
    back: &Back,
    doing: &Doing,
) -> QueryResult<()> {
    let about = &payment.stripe_session_id;
    if case::close(connection, about, Some(order.id), Ending::Refund, doing)? {
        release(connection, order, doing)?;
        let what = "the payment that did not fit has been refunded";
        let line = refund_line(payment, Some(order), back, what, doing);
        activity::record(connection, line)?;
    }
    Ok(())
}

/// Its refund had been made and has failed since: somebody must decide again.
fn what_did_not_fit_is_here_again(
    connection: &mut PgConnection,
    payment: &Received,
    part: &Part,
    back: &Back,
    doing: &Doing,
) -> QueryResult<()> {
    let (about, order) = (&payment.stripe_session_id, &part.order);
    if case::reopen(connection, about, Some(order.id), back.failure.as_deref())? {
        order::advance(connection, order, Fact::Payment(part.verdict), doing)?;
        let what =
            "the refund of the payment that did not fit failed at Stripe: its case is open again";
        let line = refund_line(payment, Some(order), back, what, doing);
        activity::record(connection, line.attention())?;
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
    back: &Back,
    doing: &Doing,
) -> QueryResult<()> {
    let about = &payment.stripe_session_id;
    if case::close(connection, about, None, Ending::Refund, doing)? {
        let what = "the payment that belonged to no order has been refunded";
        activity::record(connection, refund_line(payment, None, back, what, doing))?;
    }
    Ok(())
}

fn nobodys_is_here_again(
    connection: &mut PgConnection,
    payment: &Received,
    back: &Back,
    doing: &Doing,
) -> QueryResult<()> {
    let about = &payment.stripe_session_id;
    if case::reopen(connection, about, None, back.failure.as_deref())? {
        let what = "the refund of the payment that belonged to no order failed at Stripe: its case is open again";
        let line = refund_line(payment, None, back, what, doing);
        activity::record(connection, line.attention())?;
    }
    Ok(())
}

fn nobody_knows_whose(
    connection: &mut PgConnection,
    payment: &Received,
    amount: i64,
    back: &Back,
    doing: &Doing,
) -> QueryResult<()> {
    let Some(intent) = payment.payment_intent.as_deref() else {
        return Ok(());
    };
    let opening = Opening {
        kind: Kind::Refund,
        about: intent,
        order_id: None,
        payment_id: Some(payment.id),
        payment_intent: Some(intent),
        amount,
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
    back: &Back,
    what: &str,
    doing: &Doing,
) -> activity::Line {
    let order = order.map(|order| order.id);
    activity::Line::about(order, Category::Payment, what, doing).detail(json!({
        "refunded": back.amount,
        "failure": back.failure,
        "amount": payment.amount,
        "currency": payment.currency,
        "payment_intent": payment.payment_intent,
    }))
}
