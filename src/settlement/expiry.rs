//! What an expired session leads to: for each of its orders one decision, and perhaps the one mail.

use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    app::App,
    gateway::Session,
    order::Order,
    outbox,
    reminder::{
        self, Decided,
        rule::{Circumstances, Facts, LastWeek, OrderHistory, Reason, rule},
    },
    settings,
    suppression::{self, AddressKey},
};

/// How a session came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expired {
    /// Nobody finished it.
    ByTime,
    /// We replaced or closed it.
    ByUs,
}

/// Decides for each order of a session whose row is at its end; callers hold the orders' locks.
pub(super) fn decide(
    connection: &mut PgConnection,
    app: &App,
    row: Uuid,
    expired: Expired,
    session: &Session,
    orders: &[Order],
) -> QueryResult<()> {
    let now = app.clock.now();
    let expired_at = session.expired_at(now);
    let due_at = expired_at + app.reminders.delay;
    let settings = settings::read(connection)?;
    let key = AddressKey::load(connection)?;
    for order in orders {
        let address = order.email.as_ref().map(|email| key.hash(email.as_str()));
        let history = OrderHistory {
            superseded: expired == Expired::ByUs,
            already_reminded: reminder::already_reminded(connection, order.id)?,
        };
        let around = Circumstances {
            enabled: settings.reminds(order.kind),
            suppressed: !suppression::among(connection, address)?.is_empty(),
            age: now - expired_at,
            max_age: app.reminders.max_age,
            // Asked of carts alone; an order that restores one has had its reminder.
            last_week: LastWeek::default(),
        };
        let outcome = match rule(&Facts::of_order(order, history, around)) {
            Some(reason) => Err(reason),
            None => outbox::reminder::queue(connection, app, order, address, due_at)?
                .ok_or(Reason::AlreadyReminded),
        };
        let decided = Decided {
            session: row,
            order: Some(order.id),
            expired_at,
            due_at,
            good_until: None,
            outcome,
        };
        reminder::decided(connection, &decided, now)?;
    }
    Ok(())
}
