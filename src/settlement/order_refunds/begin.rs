//! The row before the call: whether a refund can be asked for, and that it is.

use diesel::prelude::*;
use uuid::Uuid;

use super::{OrderRefund, RefundKey, RefundState, find_by_key, in_flight, line};
use crate::{
    activity::{self, Doing},
    case,
    order::{self, Order, money::as_told, state::State, state::Verdict},
    random,
    schema::{order_refunds, payment_allocations, payments, refunds},
    settlement::payment::lock_orders_and_intent,
};

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct RefundWish {
    /// In minor units; none: all that is left.
    pub amount: Option<i64>,
    /// Once for each.
    pub key: RefundKey,
}

/// What came of a wish.
#[derive(Debug)]
pub enum Begun {
    /// It is written down now: Stripe is to be asked.
    New(OrderRefund),
    /// It was written down before.
    Before(OrderRefund),
    /// It cannot be, and why; nothing has changed.
    NotNow(String),
    /// There is no such order.
    NoOrder,
}

/// The payment that settled an order.
struct Settling {
    payment: Uuid,
    intent: Option<String>,
    /// All that the payment brought, in minor units.
    amount: i64,
    currency: String,
    /// What of it is this order's.
    share: i64,
}

/// Writes a wish down, once for each key, with the payment's orders and its intent locked.
///
/// # Errors
/// What PostgreSQL says; nothing has changed then.
pub fn begin(
    connection: &mut PgConnection,
    order_id: Uuid,
    wish: &RefundWish,
    doing: &Doing,
) -> QueryResult<Begun> {
    let Some(order) = order::find(connection, order_id)? else {
        return Ok(Begun::NoOrder);
    };
    // Before anything else: what was asked for once is answered as it is, whatever has happened since.
    if let Some(before) = find_by_key(connection, order_id, wish.key.as_str())? {
        return Ok(known(before, wish));
    }
    let intent = match settling(connection, order_id)? {
        Some(Settling {
            intent: Some(intent),
            ..
        }) => intent,
        Some(_) => return Ok(not_now(NO_INTENT)),
        None => return Ok(not_now(nothing_paid(order.state))),
    };
    lock_orders_and_intent(connection, &intent)?;
    if let Some(before) = find_by_key(connection, order_id, wish.key.as_str())? {
        return Ok(known(before, wish));
    }
    // Read again under the locks. Whoever moves a payment holds them, too.
    let order = order::find(connection, order_id)?;
    match (order, settling(connection, order_id)?) {
        (Some(order), Some(paid)) if paid.intent.as_ref() == Some(&intent) => {
            write_down(connection, &order, &paid, &intent, wish, doing)
        }
        _ => Ok(not_now("the payment has just been moved; look again")),
    }
}

const NO_INTENT: &str = "the payment has no payment intent, as a subscription's or one of an older system; refund it in Stripe's dashboard";

fn not_now(why: impl Into<String>) -> Begun {
    Begun::NotNow(why.into())
}

fn known(before: OrderRefund, wish: &RefundWish) -> Begun {
    if before.is_for(wish.amount) {
        return Begun::Before(before);
    }
    let asked = as_told(before.amount, &before.currency);
    not_now(format!(
        "a refund of {asked} was asked for under this key; ask for that, or choose another key"
    ))
}

fn nothing_paid(state: State) -> &'static str {
    match state {
        State::Open => "nothing has been paid",
        State::Processing { .. } => "a payment is on its way; wait until it has arrived or failed",
        State::InReview { .. } => "a payment has come that does not fit; resolve its case",
        State::SettledOffline { .. } => {
            "it was settled without Stripe; give the money back in the same way"
        }
        State::Cancelled { .. } => "it was cancelled, and nothing had been paid",
        State::Paid { .. } | State::PartiallyRefunded { .. } | State::Refunded { .. } => {
            "Stripe has no payment of it that we know; refund it in Stripe's dashboard"
        }
    }
}

fn settling(connection: &mut PgConnection, order: Uuid) -> QueryResult<Option<Settling>> {
    let found = payment_allocations::table
        .inner_join(payments::table)
        .filter(payment_allocations::order_id.eq(order))
        .filter(payment_allocations::verdict.eq(Verdict::Settles))
        .select((
            payments::id,
            payments::payment_intent,
            payments::amount,
            payments::currency,
            payment_allocations::amount,
        ))
        .first(connection)
        .optional()?;
    Ok(
        found.map(|(payment, intent, amount, currency, share)| Settling {
            payment,
            intent,
            amount,
            currency,
            share,
        }),
    )
}

/// What is left of the order's share: also where a part of the payment went back of which nobody knows whose
/// it is.
fn left(
    connection: &mut PgConnection,
    order: &Order,
    paid: &Settling,
    intent: &str,
) -> QueryResult<i64> {
    let back: Option<i64> = refunds::table
        .find(intent)
        .select(refunds::amount_refunded)
        .first(connection)
        .optional()?;
    let of_payment = paid.amount - back.unwrap_or(0);
    let of_share = paid.share - order.state.refunded();
    Ok(of_payment.min(of_share).max(0))
}

/// What may be asked for, in minor units, or why nothing may.
fn room(
    connection: &mut PgConnection,
    order: &Order,
    paid: &Settling,
    intent: &str,
) -> QueryResult<Result<i64, &'static str>> {
    if in_flight(connection, intent)?.is_some() || !case::refunding(connection, intent)?.is_empty()
    {
        return Ok(Err(IN_FLIGHT));
    }
    Ok(match left(connection, order, paid, intent)? {
        0 => Err("nothing is left: all of it has been given back"),
        left => Ok(left),
    })
}

/// What of an order may be given back, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refundable {
    /// At most so much, in minor units.
    pub left: i64,
    /// Lower-case ISO code.
    pub currency: String,
}

/// Whether a refund may be asked for, by the rule that asking goes by, but without its locks; else why not.
///
/// # Errors
/// What PostgreSQL says.
pub fn refundable(
    connection: &mut PgConnection,
    order: &Order,
) -> QueryResult<Result<Refundable, &'static str>> {
    let paid = match settling(connection, order.id)? {
        Some(paid) => paid,
        None => return Ok(Err(nothing_paid(order.state))),
    };
    let Some(intent) = paid.intent.clone() else {
        return Ok(Err(NO_INTENT));
    };
    let left = room(connection, order, &paid, &intent)?;
    Ok(left.map(|left| Refundable {
        left,
        currency: paid.currency,
    }))
}

fn write_down(
    connection: &mut PgConnection,
    order: &Order,
    paid: &Settling,
    intent: &str,
    wish: &RefundWish,
    doing: &Doing,
) -> QueryResult<Begun> {
    let left = match room(connection, order, paid, intent)? {
        Ok(left) => left,
        Err(why) => return Ok(not_now(why)),
    };
    let amount = wish.amount.unwrap_or(left);
    if amount > left {
        let left = as_told(left, &paid.currency);
        return Ok(not_now(format!("only {left} is left to be given back")));
    }
    let id = random::row_id(doing.at);
    let row = (
        order_refunds::id.eq(id),
        order_refunds::order_id.eq(order.id),
        order_refunds::payment_id.eq(paid.payment),
        order_refunds::payment_intent.eq(intent),
        order_refunds::key.eq(wish.key.as_str()),
        order_refunds::asked_amount.eq(wish.amount),
        order_refunds::amount.eq(amount),
        order_refunds::currency.eq(&paid.currency),
        order_refunds::asked_at.eq(doing.at),
        order_refunds::asked_by.eq(&doing.actor),
        order_refunds::state.eq(RefundState::Asked),
    );
    let refund: OrderRefund = diesel::insert_into(order_refunds::table)
        .values(row)
        .returning(OrderRefund::as_returning())
        .get_result(connection)?;
    let what = "a refund was asked for";
    activity::record(connection, line(&refund, what, doing))?;
    Ok(Begun::New(refund))
}

/// Why a second refund of a payment waits.
pub const IN_FLIGHT: &str = "another refund of this payment has not come to its end; wait until it has been made or has failed";
