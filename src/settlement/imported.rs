//! Payments that an older system took: an import tells of them, and Stripe may do so later.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
    select,
};

use super::FoundBy;
use crate::{
    case::Ending,
    gateway::SessionId,
    order::{Order, state::Verdict},
    random,
    schema::{cases, checkout_sessions, payment_allocations, payments},
};

/// Whether a payment of the order is known, whatever it is to it.
pub fn payment_known(connection: &mut PgConnection, order: &Order) -> QueryResult<bool> {
    let its_own = payment_allocations::table.filter(payment_allocations::order_id.eq(order.id));
    select(exists(its_own)).get_result(connection)
}

/// Those of these sessions whose payment came here, belongs to no order, and has not gone back.
pub fn unplaced(connection: &mut PgConnection, ids: &[SessionId]) -> QueryResult<Vec<String>> {
    payments::table
        .filter(payments::stripe_session_id.eq_any(ids.iter().map(SessionId::as_str)))
        .filter(payments::session_id.is_null())
        .filter(not(exists(
            payment_allocations::table.filter(payment_allocations::payment_id.eq(payments::id)),
        )))
        .filter(not(exists(
            cases::table
                .filter(cases::payment_id.eq(payments::id.nullable()))
                .filter(cases::resolved_how.eq(Ending::Refund)),
        )))
        .select(payments::stripe_session_id)
        .load(connection)
}

/// Whether an import told of a payment whose intent has not been learnt: what is heard of an unknown
/// intent may be about it.
pub fn may_be_imported(connection: &mut PgConnection, intent: &str) -> QueryResult<bool> {
    let known = payments::table.filter(payments::payment_intent.eq(intent));
    let nameless = payments::table
        .filter(payments::payment_intent.is_null())
        .filter(payments::found_by.eq(FoundBy::Import));
    select(exists(nameless).and(not(exists(known)))).get_result(connection)
}

/// Writes down that the order was paid with this session, whose row is there. The payment intent is
/// filled in once Stripe tells of it. Callers hold the order's lock.
pub fn record_imported(
    connection: &mut PgConnection,
    order: &Order,
    id: &SessionId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    // A file's lines have amounts of their own, so that it is known.
    let amount = order.amount_total.unwrap_or_default();
    let row = checkout_sessions::table
        .filter(checkout_sessions::stripe_id.eq(id.as_str()))
        .select(checkout_sessions::id)
        .single_value();
    let payment = random::row_id(now);
    let new = diesel::insert_into(payments::table)
        .values((
            payments::id.eq(payment),
            payments::stripe_session_id.eq(id.as_str()),
            payments::session_id.eq(row),
            payments::amount.eq(amount),
            payments::currency.eq(order.currency.code()),
            payments::found_by.eq(FoundBy::Import),
            payments::found_at.eq(now),
        ))
        .on_conflict(payments::stripe_session_id)
        .do_nothing()
        .execute(connection)?;
    if new == 0 {
        return Ok(());
    }
    diesel::insert_into(payment_allocations::table)
        .values((
            payment_allocations::payment_id.eq(payment),
            payment_allocations::order_id.eq(order.id),
            payment_allocations::amount.eq(amount),
            payment_allocations::verdict.eq(Verdict::Settles),
        ))
        .execute(connection)
        .map(drop)
}
