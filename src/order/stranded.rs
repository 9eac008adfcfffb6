//! Orders that are stranded: mailed, a checkout of theirs ended without a payment, and still owed.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    expression::BoxableExpression,
    pg::Pg,
    prelude::*,
    sql_types::Bool,
};

use super::{Kind, Status};
use crate::{
    schema::{checkout_sessions, orders, outbox, outbox_orders, session_orders},
    session::{SessionOrigin, SessionState},
};

/// What an order must be, for a query of orders.
pub type Condition = Box<dyn BoxableExpression<orders::table, Pg, SqlType = Bool>>;

/// That an order is stranded at `now`. A session whose time is over counts as expired though nobody has told
/// us: webhooks may be silent. Whoever has a checkout open that can still be paid is not stranded, and
/// nobody owes for a cart. Each part is found by an index that begins with the order's id.
pub fn stranded(now: DateTime<Utc>) -> Condition {
    let sessions = || {
        session_orders::table
            .inner_join(
                checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
            )
            .filter(session_orders::order_id.eq(orders::id))
    };
    let ended = checkout_sessions::state
        .eq(SessionState::Expired)
        .or(checkout_sessions::live);
    // One that is being minted has no end yet.
    let payable = session_orders::live.and(
        checkout_sessions::expires_at
            .is_null()
            .or(checkout_sessions::expires_at.gt(now).assume_not_null()),
    );
    // An older system mailed those that it opened.
    let sent_elsewhere = checkout_sessions::origin.eq(SessionOrigin::Imported);
    let mailed = outbox_orders::table
        .inner_join(outbox::table)
        .filter(outbox_orders::order_id.eq(orders::id))
        .filter(outbox::handed_over);
    Box::new(
        orders::status
            .eq(Status::Open)
            .and(orders::kind.eq(Kind::Billed))
            .and(exists(sessions().filter(ended)))
            .and(not(exists(sessions().filter(payable))))
            .and(exists(mailed).or(exists(sessions().filter(sent_elsewhere)))),
    )
}
