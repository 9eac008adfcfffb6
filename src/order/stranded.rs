//! Orders that are stranded: mailed, a checkout of theirs ended without a payment, and still owed.

use chrono::{DateTime, Utc};
use diesel::{expression::BoxableExpression, pg::Pg, prelude::*, sql_types::Bool};

use super::{Kind, Status};
use crate::{
    schema::{checkout_sessions, orders, outbox, outbox_orders, session_orders},
    session::{SessionOrigin, SessionState},
};

/// What an order must be, for a query of orders.
pub type Condition = Box<dyn BoxableExpression<orders::table, Pg, SqlType = Bool>>;

/// That an order is stranded at `now`. A session whose time is over counts as expired though nobody has told
/// us: webhooks may be silent. Whoever has a checkout open that can still be paid is not stranded, and
/// nobody owes for a cart.
///
/// Each part is the first row that an index finds which begins with the order's id. Were it asked whether there
/// is one, PostgreSQL might read all sessions to join them.
pub fn stranded(now: DateTime<Utc>) -> Condition {
    let sessions = || {
        session_orders::table
            .inner_join(
                checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
            )
            .filter(session_orders::order_id.eq(orders::id))
            .select(session_orders::session_id)
            .limit(1)
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
        .filter(outbox::handed_over)
        .select(outbox::id)
        .limit(1)
        .single_value();
    Box::new(
        orders::status
            .eq(Status::Open)
            .and(orders::kind.eq(Kind::Billed))
            .and(sessions().filter(ended).single_value().is_not_null())
            .and(sessions().filter(payable).single_value().is_null())
            .and(
                mailed.is_not_null().or(sessions()
                    .filter(sent_elsewhere)
                    .single_value()
                    .is_not_null()),
            ),
    )
}
