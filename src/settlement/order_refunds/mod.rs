//! Refunds that people asked for of orders that are paid: written down before the call, and brought in line
//! with what Stripe says of the payment's refunds.

mod begin;
mod key;
mod progress;
mod row;

use diesel::prelude::*;
use serde_json::json;

use self::progress::{Seen, after, seen};
pub(super) use self::row::made;
pub use self::{
    begin::{Begun, IN_FLIGHT, RefundWish, Refundable, begin, refundable},
    key::{NoKey, RefundKey},
    row::{
        OrderRefund, RefundState, find, find_by_key, in_flight, next_attempt, refunds_of, waiting,
    },
};
use super::{Answer, RefundsAtStripe, payment::lock_orders_and_intent};
use crate::{
    activity::{self, Category, Doing},
    gateway::refund::Mark,
    schema::order_refunds,
};

/// All of a payment, also those that were made long ago: one may fail weeks later. Called with the intent
/// locked, before what has gone back is counted for orders.
pub(super) fn bring_in_line(
    connection: &mut PgConnection,
    told: &RefundsAtStripe,
    answer: Option<&Answer>,
    doing: &Doing,
) -> QueryResult<()> {
    for refund in row::of_intent(connection, &told.payment_intent)? {
        let answer = answer.filter(|answer| answer.mark == Mark::Order(refund.id));
        let id = answer
            .and_then(|answer| answer.refund.as_deref())
            .or(refund.refund_id.as_deref());
        let nothing_left = answer.is_some_and(|answer| answer.refund.is_none());
        let seen = seen(&told.refunds, refund.id, id);
        match after(refund.state, seen, nothing_left) {
            None | Some(Seen::Nowhere) => {}
            Some(Seen::UnderWay(id)) => under_way(connection, &refund, &id, doing)?,
            Some(Seen::Made(id)) => has_been_made(connection, &refund, &id, doing)?,
            Some(Seen::NotMade(why)) => not_made(connection, &refund, &why, doing)?,
        }
    }
    Ok(())
}

fn under_way(
    connection: &mut PgConnection,
    refund: &OrderRefund,
    id: &str,
    doing: &Doing,
) -> QueryResult<()> {
    diesel::update(order_refunds::table.find(refund.id))
        .set((
            order_refunds::state.eq(RefundState::UnderWay),
            order_refunds::refund_id.eq(id),
        ))
        .execute(connection)?;
    let what = "Stripe has the refund under way: it is waited for";
    activity::record(connection, line(refund, what, doing))
}

/// The order's own line tells that money has gone back.
fn has_been_made(
    connection: &mut PgConnection,
    refund: &OrderRefund,
    id: &str,
    doing: &Doing,
) -> QueryResult<()> {
    diesel::update(order_refunds::table.find(refund.id))
        .set((
            order_refunds::state.eq(RefundState::Made),
            order_refunds::refund_id.eq(id),
            order_refunds::failure.eq(None::<String>),
            order_refunds::ended_at.eq(doing.at),
        ))
        .execute(connection)
        .map(drop)
}

/// Stripe has refused one that was asked for: it ends so, unless it has come to an end meanwhile.
///
/// # Errors
/// What PostgreSQL says; nothing has changed then.
pub fn was_refused(
    connection: &mut PgConnection,
    refund: &OrderRefund,
    why: &str,
    doing: &Doing,
) -> QueryResult<OrderRefund> {
    lock_orders_and_intent(connection, &refund.payment_intent)?;
    let found = find(connection, refund.id)?.ok_or(diesel::NotFound)?;
    if found.state != RefundState::Asked {
        return Ok(found);
    }
    not_made(connection, &found, why, doing)?;
    find(connection, refund.id)?.ok_or(diesel::NotFound)
}

fn not_made(
    connection: &mut PgConnection,
    refund: &OrderRefund,
    why: &str,
    doing: &Doing,
) -> QueryResult<()> {
    diesel::update(order_refunds::table.find(refund.id))
        .set((
            order_refunds::state.eq(RefundState::NotMade),
            order_refunds::failure.eq(why),
            order_refunds::ended_at.eq(doing.at),
        ))
        .execute(connection)?;
    // Of one that had been made the order's own line tells that its money is here again.
    if refund.state == RefundState::Made {
        return Ok(());
    }
    let what = format!("the refund was not made: {why}");
    // Whoever asked may have gone: Stripe says so days later, too.
    activity::record(connection, line(refund, what, doing).attention())
}

fn line(refund: &OrderRefund, what: impl Into<String>, doing: &Doing) -> activity::Line {
    activity::Line::about(Some(refund.order_id), Category::Payment, what, doing).detail(json!({
        "refund": refund.id,
        "amount": refund.amount,
        "currency": refund.currency,
        "payment_intent": refund.payment_intent,
        "note": doing.note,
    }))
}
