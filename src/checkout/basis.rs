//! What a mint's parameters follow from, reduced to numbers: where they are the same, the parameters are.

use diesel::prelude::*;
use uuid::Uuid;

use crate::{db::prepared, schema::checkout_sessions, session::SessionState};

/// What a session was asked for under. Of another basis nothing is known: the parameters may be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Insertable, AsChangeset)]
#[diesel(table_name = checkout_sessions)]
pub struct Basis {
    /// The order's `params_version`, which the database counts.
    pub basis_order: i32,
    /// The settings' `version`, likewise.
    pub basis_settings: i32,
    /// Whether the order's one reminder had been sent.
    pub basis_reminded: bool,
    /// [`crate::app::App::build`].
    pub basis_build: i64,
}

/// Keeps that an open session, of which the parameters have been compared, is right on this basis, too.
///
/// That stays true whatever happens meanwhile. So it waits for nobody: one that somebody settles just now
/// is left alone, and a later click compares again.
pub fn keep(connection: &mut PgConnection, session: Uuid, basis: Basis) -> QueryResult<()> {
    let free = checkout_sessions::table
        .filter(checkout_sessions::id.eq(session))
        .filter(checkout_sessions::state.eq(SessionState::Open))
        .select(checkout_sessions::id)
        .for_no_key_update()
        .skip_locked()
        .load::<Uuid>(connection)?;
    let free = checkout_sessions::table.filter(checkout_sessions::id.eq_any(free));
    prepared(diesel::update(free).set(basis))
        .execute(connection)
        .map(drop)
}
