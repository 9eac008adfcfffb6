//! Orders that nobody was written to about: one meaning, for lists and for mailings.

use diesel::prelude::*;

use crate::{
    mail::{Kind, State},
    order::Condition,
    schema::{checkout_sessions, orders, outbox, outbox_orders, session_orders},
    session::SessionOrigin,
};

/// That no mail about an order was handed to a server, nor is about to be, and no older system wrote to them.
///
/// What came back or is unknown was handed over. What waits for its turn is about to be, but for a reminder,
/// which waits for its time and may never go. A mail that was cancelled or given up was not handed over.
///
/// Each part is the first row that an index finds which begins with the order's id. Were it asked whether there
/// is one, PostgreSQL might read all mails to join them.
pub fn never_mailed() -> Condition {
    // Asked for the states themselves, PostgreSQL without statistics reads all mails that stand so by their
    // index, again for each order.
    let others = State::ALL.into_iter();
    let others: Vec<State> = others.filter(|state| !was_at_a_server(*state)).collect();
    let at_a_server = outbox::state.ne_all(others);
    let is_about_to_be = (outbox::state.eq(State::Queued)).and(outbox::kind.ne(Kind::Reminder));
    let mail = outbox_orders::table
        .inner_join(outbox::table)
        .filter(outbox_orders::order_id.eq(orders::id))
        .filter(outbox::handed_over.or(at_a_server).or(is_about_to_be))
        .select(outbox_orders::mail_id)
        .limit(1)
        .single_value();
    let elsewhere = session_orders::table
        .inner_join(
            checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
        )
        .filter(session_orders::order_id.eq(orders::id))
        .filter(checkout_sessions::origin.eq(SessionOrigin::Imported))
        .select(session_orders::session_id)
        .limit(1)
        .single_value();
    Box::new(mail.is_null().and(elsewhere.is_null()))
}

fn was_at_a_server(state: State) -> bool {
    match state {
        State::Sending | State::Sent | State::Unknown | State::Bounced => true,
        State::Queued | State::Failed | State::Cancelled | State::Suppressed => false,
    }
}
