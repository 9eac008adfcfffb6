//! Reminders as mails.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::{Kind, Letter};
use crate::{app::App, order::Order, suppression::AddressHash};

/// Queues the one reminder of an order, for an order of the shop's as for one that restores a cart, and
/// tells its id. `None` if the order has had one, or nobody can be written to.
///
/// It has no words yet: it says what is owed when it is due.
pub fn queue(
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
    let queued = super::queue(connection, &app.mailer.domain, &[letter], app.clock.now())?;
    Ok(queued.into_iter().flatten().next())
}
