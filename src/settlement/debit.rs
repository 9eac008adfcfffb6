//! Bank debits: the payer is through, and the money comes days later, or not.

use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::{
    activity::{self, Category, Doing},
    order::{self, Order, state::Fact},
    schema::checkout_sessions,
};

/// The money of a completed session is on its way, unless we have heard already that it is not.
pub(super) fn is_on_its_way(
    connection: &mut PgConnection,
    row: Uuid,
    orders: &[Order],
    doing: &Doing,
) -> QueryResult<()> {
    let failed: bool = checkout_sessions::table
        .find(row)
        .select(checkout_sessions::payment_failed_at.is_not_null())
        .first(connection)?;
    if failed {
        return Ok(());
    }
    for order in orders {
        order::advance(connection, order, Fact::PaymentPending, doing)?;
    }
    Ok(())
}

/// The money of a completed session did not arrive: what was asked for can be paid again.
pub(super) fn has_failed(
    connection: &mut PgConnection,
    row: Uuid,
    orders: &[Order],
    doing: &Doing,
) -> QueryResult<()> {
    let unheard_of = checkout_sessions::table
        .find(row)
        .filter(checkout_sessions::payment_failed_at.is_null());
    // Decided by the row, under the session's lock: heard of twice, it is told once.
    let news = diesel::update(unheard_of)
        .set(checkout_sessions::payment_failed_at.eq(doing.at))
        .execute(connection)?;
    if news == 0 {
        return Ok(());
    }
    for order in orders {
        order::advance(connection, order, Fact::PaymentFailed, doing)?;
        order::debit_failed(connection, order, doing.at)?;
        let what = "a bank debit did not arrive; the order can be paid again";
        // By this mark the line closes when nothing is owed any more.
        let line = activity::Line::about(Some(order.id), Category::Payment, what, doing)
            .detail(json!({ "debit_failed": order.id }));
        activity::record(connection, line.attention())?;
    }
    Ok(())
}
