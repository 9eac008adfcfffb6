//! What follows in the outbox when somebody turns a switch.

use diesel::{Connection, prelude::*};
use uuid::Uuid;

use super::{Kind, State};
use crate::{
    activity::Doing,
    order,
    reminder::{self, Attempt, Place, rule::Reason},
    schema::{orders, outbox, outbox_orders},
    settings::{self, Change, Settings},
};

/// Sets some settings; tells them all as they stand then. Where recovery is turned off, what was
/// scheduled is cancelled in the same transaction.
pub fn change_settings(
    connection: &mut PgConnection,
    change: &Change,
    doing: &Doing,
) -> QueryResult<Settings> {
    connection.transaction(|connection| {
        let changed = settings::change(connection, change, doing)?;
        if changed.turned_recovery_off() {
            cancel_reminders_of_carts(connection)?;
        }
        Ok(changed.after)
    })
}

/// Sets some settings if they stand as whoever asks has seen them, `seen`; `Err` with how they stand where
/// somebody else was first, and nothing is changed.
pub fn change_settings_as_seen(
    connection: &mut PgConnection,
    seen: &Change,
    change: &Change,
    doing: &Doing,
) -> QueryResult<Result<Settings, Settings>> {
    connection.transaction(|connection| {
        let stand = settings::lock(connection)?;
        if !seen.is_so(&stand) {
            return Ok(Err(stand));
        }
        change_settings(connection, change, doing).map(Ok)
    })
}

/// Cancels every reminder of a cart that waits. One that a courier holds is ruled on by what the settings
/// say when it is claimed.
fn cancel_reminders_of_carts(connection: &mut PgConnection) -> QueryResult<()> {
    let about_carts = outbox_orders::table
        .inner_join(orders::table)
        .filter(orders::kind.eq(order::Kind::Recovered))
        .select(outbox_orders::mail_id);
    // Locked in the order of their ids, as by everybody who locks several mails.
    let waiting: Vec<Uuid> = outbox::table
        .filter(outbox::id.eq_any(about_carts))
        .filter(outbox::kind.eq(Kind::Reminder))
        .filter(outbox::state.eq(State::Queued))
        .filter(diesel::dsl::not(outbox::handed_over))
        .order(outbox::id)
        .select(outbox::id)
        .for_update()
        .load(connection)?;
    diesel::update(outbox::table.filter(outbox::id.eq_any(&waiting)))
        .set((
            outbox::state.eq(State::Cancelled),
            outbox::skip_reason.eq(Reason::RecoveryDisabled),
            outbox::claim_id.eq(None::<Uuid>),
        ))
        .execute(connection)?;
    let why = Reason::RecoveryDisabled;
    reminder::end(connection, &waiting, why, Attempt::First, Place::Freed)
}
