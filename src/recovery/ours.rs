//! Whose a session is: only another system's can be a cart.

use diesel::{
    dsl::{exists, select},
    prelude::*,
};
use uuid::Uuid;

use crate::{
    app::App,
    db::DbError,
    gateway::Session,
    schema::{checkout_sessions, orders},
    session::SessionOrigin,
};

/// Whether a session is an order's of ours: by our mark, by an import, or since it names one. Else it is
/// another system's.
///
/// # Errors
/// The database's, which is asked about an unmarked one alone.
pub async fn is_ours(app: &App, session: &Session) -> Result<bool, DbError> {
    if session.is_marked() {
        return Ok(true);
    }
    let session = session.clone();
    app.db
        .run(move |connection| {
            let row = checkout_sessions::table
                .filter(checkout_sessions::stripe_id.eq(session.id.as_str()))
                .filter(checkout_sessions::origin.ne(SessionOrigin::Foreign));
            Ok(
                select(exists(row)).get_result(connection)?
                    || names_an_order(connection, &session)?,
            )
        })
        .await
}

/// By its id or its reference, where a mint of ours would name it: somebody's own checkout for it.
fn names_an_order(connection: &mut PgConnection, session: &Session) -> QueryResult<bool> {
    let keys = ["order_id", "reference"];
    let named = keys.into_iter().filter_map(|key| session.metadata.get(key));
    let named: Vec<&String> = named.chain(&session.client_reference_id).collect();
    if named.is_empty() {
        return Ok(false);
    }
    let ids: Vec<Uuid> = named.iter().filter_map(|name| name.parse().ok()).collect();
    let orders = orders::table.filter(orders::id.eq_any(ids).or(orders::reference.eq_any(named)));
    select(exists(orders)).get_result(connection)
}
