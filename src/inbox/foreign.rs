//! Events about sessions that another system opened: kept, and taken up again once an import has told
//! us that they are about orders of ours.

use diesel::prelude::*;

use super::row::{Again, State};
use crate::{
    gateway::SessionId,
    schema::{checkout_sessions, session_orders, stripe_events},
};

/// Why nothing follows from such an event. Stored, and looked for.
pub const WHY: &str = "foreign: another system opened this session";

/// Sets the ignored events about one of these sessions back to pending; tells how many.
///
/// One that nobody has read yet is not among them: whoever reads it takes it up.
pub fn take_up(connection: &mut PgConnection, ids: &[SessionId]) -> QueryResult<usize> {
    take_up_about(connection, ids.iter().map(SessionId::as_str).collect())
}

/// The same for those of these sessions that have become an order's.
pub(super) fn take_up_late(connection: &mut PgConnection, ids: &[String]) -> QueryResult<usize> {
    let ours: Vec<Option<String>> = checkout_sessions::table
        .inner_join(session_orders::table.on(session_orders::session_id.eq(checkout_sessions::id)))
        .filter(checkout_sessions::stripe_id.eq_any(ids))
        .select(checkout_sessions::stripe_id)
        .load(connection)?;
    let ours = ours.iter().flatten().map(String::as_str).collect();
    take_up_about(connection, ours)
}

fn take_up_about(connection: &mut PgConnection, ids: Vec<&str>) -> QueryResult<usize> {
    let ignored = stripe_events::table
        .filter(stripe_events::session_id.eq_any(ids))
        .filter(stripe_events::state.eq(State::Ignored))
        .filter(stripe_events::last_error.eq(WHY));
    diesel::update(ignored)
        .set(Again::default())
        .execute(connection)
}
