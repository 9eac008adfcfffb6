//! What an expired session leads to: for each of its orders one decision, and perhaps the one mail.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    app::App,
    gateway::Session,
    order::Order,
    outbox::{self, Kind, Letter},
    reminder::{
        self, Decided,
        rule::{Facts, LastWeek, Reason, rule},
    },
    settings::{self, Settings},
    suppression::{self, AddressHash, AddressKey},
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
    let expired_at = expired_at(session, now);
    let due_at = expired_at + app.reminders.delay;
    let settings = settings::read(connection)?;
    let key = AddressKey::load(connection)?;
    for order in orders {
        let address = order.email.as_ref().map(|email| key.hash(email.as_str()));
        let facts = Facts {
            superseded: expired == Expired::ByUs,
            age: now - expired_at,
            max_age: app.reminders.max_age,
            ..facts(connection, order, address, &settings)?
        };
        let outcome = match rule(&facts) {
            Some(reason) => Err(reason),
            None => {
                schedule(connection, app, order, address, due_at)?.ok_or(Reason::AlreadyReminded)
            }
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

/// The earlier of its own end and of when Stripe told of it: one can be closed in Stripe's dashboard.
pub fn expired_at(session: &Session, now: DateTime<Utc>) -> DateTime<Utc> {
    let known = [session.expires_at, session.told_at];
    known.into_iter().flatten().fold(now, DateTime::min)
}

fn facts(
    connection: &mut PgConnection,
    order: &Order,
    address: Option<AddressHash>,
    settings: &Settings,
) -> QueryResult<Facts> {
    Ok(Facts {
        test_mode: false,
        superseded: false,
        state: order.state,
        already_reminded: reminder::already_reminded(connection, order.id)?,
        kind: order.kind,
        wanted: order.remind && settings.reminds(order.kind),
        has_email: address.is_some(),
        suppressed: !suppression::among(connection, address)?.is_empty(),
        age: chrono::Duration::zero(),
        max_age: chrono::Duration::zero(),
        // Asked of carts alone; an order that restores one has had its reminder.
        last_week: LastWeek::default(),
    })
}

/// The mail, without its words: it says what is owed when it is due. `None` if the order has had one.
pub(crate) fn schedule(
    connection: &mut PgConnection,
    app: &App,
    order: &Order,
    address: Option<AddressHash>,
    due_at: DateTime<Utc>,
) -> QueryResult<Option<Uuid>> {
    let (Some(email), Some(to_hash)) = (&order.email, address) else {
        return Ok(None);
    };
    let letter = Letter {
        kind: Kind::Reminder,
        blast_id: None,
        to: email.as_str(),
        to_hash,
        text: None,
        orders: &[order],
        due_at: Some(due_at),
    };
    let queued = outbox::queue(connection, &app.mailer.domain, &[letter], app.clock.now())?;
    Ok(queued.into_iter().flatten().next())
}
