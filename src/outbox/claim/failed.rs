//! A mail whose rows cannot be: it ends, and a person looks.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    activity::{self, Level},
    outbox::{Kind, State, history::line},
    reminder::{self, Attempt, Place, rule::Reason},
    schema::{outbox, outbox_orders},
};

/// Ends a mail with the reason, and tells of it once.
pub(super) fn fail(
    connection: &mut PgConnection,
    (mail, kind): (Uuid, Option<Kind>),
    why: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    // Why is not for the log: it may quote an address.
    log::error!("mail {mail} cannot be sent; GET /api/v1/outbox/{mail} says why");
    diesel::update(outbox::table.find(mail))
        .set((
            outbox::state.eq(State::Failed),
            outbox::last_error.eq(why),
            outbox::claim_id.eq(None::<Uuid>),
        ))
        .execute(connection)?;
    if kind == Some(Kind::Reminder) {
        let reason = Reason::NoEmail;
        reminder::end(connection, &[mail], reason, Attempt::First, Place::Freed)?;
    }
    let order: Option<Uuid> = outbox_orders::table
        .filter(outbox_orders::mail_id.eq(mail))
        .order(outbox_orders::order_id)
        .select(outbox_orders::order_id)
        .first(connection)
        .optional()?;
    let about = (mail, kind.map_or("unknown", Kind::name));
    let what = "a mail cannot be sent, since its row cannot be";
    activity::record(connection, line(about, order, Level::Attention, what, now))
}
