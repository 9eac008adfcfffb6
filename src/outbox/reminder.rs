//! Reminders as mails.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::{Kind, Letter};
use crate::{app::App, order::Order, reminder, suppression::AddressHash};

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

/// As far as anybody knows, these mails reached nobody, and so neither did the reminders among them. Each
/// with its kind as it is stored: a newer version may have written it.
pub(super) fn reached_nobody<'a>(
    connection: &mut PgConnection,
    mails: impl Iterator<Item = (Uuid, &'a str)>,
) -> QueryResult<()> {
    let reminders = mails.filter(|(_, kind)| Kind::from_name(kind) == Some(Kind::Reminder));
    let reminders: Vec<Uuid> = reminders.map(|(mail, _)| mail).collect();
    if reminders.is_empty() {
        return Ok(());
    }
    reminder::handed_over(connection, &reminders, None)
}
