//! How a session's row comes to its end by our doing, or by Stripe's refusal.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{schema::checkout_sessions, session::SessionState};

/// Open becomes closing: from here on it is not handed out, and its end is our doing. Committed before
/// Stripe is asked to close it, so that the expiry it tells of is not taken for somebody's who left.
pub fn mark_closing(connection: &mut PgConnection, row: Uuid) -> QueryResult<()> {
    diesel::update(
        checkout_sessions::table
            .find(row)
            .filter(checkout_sessions::state.eq(SessionState::Open)),
    )
    .set(checkout_sessions::state.eq(SessionState::Closing))
    .execute(connection)
    .map(drop)
}

/// A mint that led to nothing: it is over, and why. The order can be tried again.
pub fn fail(
    connection: &mut PgConnection,
    row: Uuid,
    why: &Failure,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let changed = diesel::update(
        checkout_sessions::table
            .find(row)
            .filter(checkout_sessions::state.eq(SessionState::Minting)),
    )
    .set((
        checkout_sessions::state.eq(SessionState::Failed),
        checkout_sessions::failure.eq(why.to_string()),
        checkout_sessions::request_body.eq(None::<String>),
        checkout_sessions::ended_at.eq(now),
    ))
    .execute(connection)?;
    Ok(changed > 0)
}

/// A session that Stripe does not know: it ends, so that the order can be paid again.
pub fn give_up(
    connection: &mut PgConnection,
    stripe_id: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let live = checkout_sessions::table
        .filter(checkout_sessions::stripe_id.eq(stripe_id))
        .filter(checkout_sessions::live);
    diesel::update(live)
        .set((
            checkout_sessions::state.eq(SessionState::Superseded),
            checkout_sessions::url.eq(None::<String>),
            checkout_sessions::ended_at.eq(now),
        ))
        .execute(connection)
        .map(drop)
}

/// What the stored text of a refusal begins with.
pub(super) const REFUSED: &str = "refused";

/// Why a mint led to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Stripe refused the order as it is; `code` is Stripe's.
    #[error("{REFUSED}: {status} {code}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Stripe's error code.
        code: String,
    },
    /// Stripe failed, and made nothing.
    #[error("lost: Stripe made no session")]
    Lost,
}
