//! Sessions of other systems as rows.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::Asking;
use crate::{
    gateway::Session,
    order::Order,
    random,
    reminder::{Decision, rule::Reason},
    schema::{carts, checkout_sessions, reminder_decisions, session_orders},
    session::{AskedBy, SessionOrigin, SessionState},
    suppression::AddressHash,
};

/// The session of a cart that somebody left.
pub(super) struct ExpiredSession<'a> {
    pub session: &'a Session,
    /// Whose it is, if they gave an address.
    pub hash: Option<AddressHash>,
    pub expired_at: DateTime<Utc>,
}

/// What is known of a session already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing.
    Unknown,
    /// What was decided about it.
    Decided {
        decision: Decision,
        reason: Option<Reason>,
    },
    /// Its cart was erased, for a person who asked.
    Erased,
}

impl Before {
    /// Whether it is decided on now: what was decided is the last word, unless a person asks again
    /// about what was skipped because recovery was off, or as too old.
    pub(super) fn may_be_decided(&self, asking: Asking) -> bool {
        match self {
            Self::Unknown => true,
            Self::Erased => false,
            Self::Decided { decision, reason } => {
                asking.by_hand
                    && *decision == Decision::Skipped
                    && matches!(reason, Some(Reason::RecoveryDisabled | Reason::TooOld))
            }
        }
    }
}

/// Looks a session up.
pub(super) fn before(connection: &mut PgConnection, stripe_id: &str) -> QueryResult<Before> {
    let row: Option<(Option<Decision>, Option<Reason>)> = checkout_sessions::table
        .left_join(reminder_decisions::table)
        .filter(checkout_sessions::stripe_id.eq(stripe_id))
        .select((
            reminder_decisions::decision.nullable(),
            reminder_decisions::reason.nullable(),
        ))
        .first(connection)
        .optional()?;
    Ok(match row {
        None => Before::Unknown,
        Some((None, _)) => Before::Erased,
        Some((Some(decision), reason)) => Before::Decided { decision, reason },
    })
}

/// Forgets that no reminder was to be sent, to decide again.
pub(super) fn forget(connection: &mut PgConnection, stripe_id: &str) -> QueryResult<()> {
    let of_it = checkout_sessions::table
        .filter(checkout_sessions::stripe_id.eq(stripe_id))
        .select(checkout_sessions::id);
    let skipped = reminder_decisions::table
        .filter(reminder_decisions::session_id.eq_any(of_it))
        .filter(reminder_decisions::decision.eq(Decision::Skipped));
    diesel::delete(skipped).execute(connection).map(drop)
}

/// Keeps the session and what is known of the cart; tells the session's row.
pub(super) fn keep(
    connection: &mut PgConnection,
    expired: &ExpiredSession,
    now: DateTime<Utc>,
) -> QueryResult<Uuid> {
    let session = expired.session;
    let row: Uuid = diesel::insert_into(checkout_sessions::table)
        .values((
            checkout_sessions::id.eq(random::row_id(now)),
            checkout_sessions::stripe_id.eq(session.id.as_str()),
            checkout_sessions::state.eq(SessionState::Expired),
            checkout_sessions::origin.eq(SessionOrigin::Foreign),
            checkout_sessions::asked_by.eq(AskedBy::Person),
            checkout_sessions::livemode.eq(session.livemode),
            checkout_sessions::created_at.eq(session.created.unwrap_or(now)),
            checkout_sessions::expires_at.eq(session.expires_at.unwrap_or(expired.expired_at)),
            checkout_sessions::ended_at.eq(expired.expired_at),
        ))
        .on_conflict(checkout_sessions::stripe_id)
        .do_update()
        .set(checkout_sessions::state.eq(checkout_sessions::state))
        .returning(checkout_sessions::id)
        .get_result(connection)?;
    diesel::insert_into(carts::table)
        .values((
            carts::session_id.eq(row),
            carts::address_hash.eq(expired.hash.map(|hash| hash.0.to_vec())),
            carts::amount.eq(session.amount_total),
            carts::currency.eq(&session.currency),
            carts::started_at.eq(session.created),
            carts::expired_at.eq(expired.expired_at),
        ))
        .on_conflict_do_nothing()
        .execute(connection)?;
    Ok(row)
}

/// The session is one of the order's: the one that it restores.
pub(super) fn belongs_to(
    connection: &mut PgConnection,
    row: Uuid,
    order: &Order,
) -> QueryResult<()> {
    diesel::insert_into(session_orders::table)
        .values((
            session_orders::session_id.eq(row),
            session_orders::order_id.eq(order.id),
            session_orders::amount.eq(order.amount_total),
            session_orders::version.eq(order.version),
            session_orders::attempt.eq(1),
            session_orders::live.eq(false),
        ))
        .execute(connection)
        .map(drop)
}
