//! Sessions that an older system sent out, as rows beside our own: an event about one finds its order,
//! and a click closes the newest at Stripe before it mints.

use chrono::{DateTime, Duration, Utc};
use diesel::{dsl::max, prelude::*};
use uuid::Uuid;

use super::row;
use crate::{
    gateway::SessionId,
    order::Order,
    random,
    schema::{checkout_sessions, orders, session_orders},
    session::{AskedBy, SessionOrigin, SessionState},
};

/// As Stripe ends every session at the latest. An import does not tell when a session was opened, so
/// that this is the latest time at which it can still be paid.
const LIFE: Duration = Duration::hours(24);

/// Who opened a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An older system; an import told us.
    Import,
    /// We did, or saw it by ourselves.
    Here,
}

impl From<SessionOrigin> for Origin {
    fn from(origin: SessionOrigin) -> Self {
        match origin {
            SessionOrigin::Imported => Self::Import,
            SessionOrigin::Click | SessionOrigin::Foreign | SessionOrigin::Preflight => Self::Here,
        }
    }
}

/// What a session of an older system is to its order when we hear of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The newest: until Stripe confirms that it is closed it may be paid.
    Payable,
    /// Another one followed it.
    Older,
    /// The order was paid with it.
    Paid,
}

/// A session that has a row.
#[derive(Debug, Clone)]
pub struct KnownSession {
    /// `cs_…`
    pub stripe_id: String,
    /// Who opened it.
    pub origin: Origin,
    /// The references of the orders that it is for.
    pub references: Vec<String>,
}

/// Those of these sessions that have a row.
pub fn known_sessions(
    connection: &mut PgConnection,
    ids: &[SessionId],
) -> QueryResult<Vec<KnownSession>> {
    let ids = ids.iter().map(SessionId::as_str);
    let rows: Vec<(Option<String>, SessionOrigin, Option<String>)> = checkout_sessions::table
        .left_join(session_orders::table.on(session_orders::session_id.eq(checkout_sessions::id)))
        .left_join(
            orders::table.on(orders::id
                .nullable()
                .eq(session_orders::order_id.nullable())),
        )
        .filter(checkout_sessions::stripe_id.eq_any(ids))
        // One that we saw expire by ourselves is nobody's yet.
        .filter(
            checkout_sessions::origin
                .ne(SessionOrigin::Foreign)
                .or(session_orders::order_id.nullable().is_not_null()),
        )
        .order((checkout_sessions::stripe_id, orders::reference))
        .select((
            checkout_sessions::stripe_id,
            checkout_sessions::origin,
            orders::reference.nullable(),
        ))
        .load(connection)?;
    let mut known: Vec<KnownSession> = Vec::new();
    for (stripe_id, origin, reference) in rows {
        let stripe_id = stripe_id.unwrap_or_default();
        if known.last().is_none_or(|last| last.stripe_id != stripe_id) {
            known.push(KnownSession {
                stripe_id,
                origin: origin.into(),
                references: Vec::new(),
            });
        }
        if let Some(last) = known.last_mut() {
            last.references.extend(reference);
        }
    }
    Ok(known)
}

/// Who opened the order's one payable session; callers hold the order's lock.
pub fn live(connection: &mut PgConnection, order: &Order) -> QueryResult<Option<Origin>> {
    let origin: Option<SessionOrigin> = checkout_sessions::table
        .filter(checkout_sessions::id.eq_any(row::live_of(connection, &[order.id])?))
        .select(checkout_sessions::origin)
        .first(connection)
        .optional()?;
    Ok(origin.map(Origin::from))
}

/// Another session follows the order's payable one, or it is paid: nothing waits for that one's end.
/// Callers hold the order's lock.
pub fn retire(connection: &mut PgConnection, order: &Order, now: DateTime<Utc>) -> QueryResult<()> {
    let live = row::live_of(connection, &[order.id])?;
    diesel::update(checkout_sessions::table.filter(checkout_sessions::id.eq_any(live)))
        .set((
            checkout_sessions::state.eq(SessionState::Superseded),
            checkout_sessions::ended_at.eq(now),
        ))
        .execute(connection)
        .map(drop)
}

/// Writes down sessions of an order that are new here, the newest last; callers hold its lock.
/// They count as attempts, so that no mint takes their numbers.
pub fn keep(
    connection: &mut PgConnection,
    order: &Order,
    sessions: &[(SessionId, Standing)],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let last: Option<i32> = session_orders::table
        .filter(session_orders::order_id.eq(order.id))
        .filter(session_orders::version.eq(order.version))
        .select(max(session_orders::attempt))
        .first(connection)?;
    for (number, (id, standing)) in (last.unwrap_or(0) + 1..).zip(sessions) {
        let session = insert(connection, id, *standing, now)?;
        diesel::insert_into(session_orders::table)
            .values((
                session_orders::session_id.eq(session),
                session_orders::order_id.eq(order.id),
                session_orders::amount.eq(order.amount_total),
                session_orders::version.eq(order.version),
                session_orders::attempt.eq(number),
                session_orders::live.eq(*standing == Standing::Payable),
            ))
            .execute(connection)?;
    }
    Ok(())
}

fn insert(
    connection: &mut PgConnection,
    id: &SessionId,
    standing: Standing,
    now: DateTime<Utc>,
) -> QueryResult<Uuid> {
    let (state, ended_at) = match standing {
        Standing::Payable => (SessionState::Closing, None),
        Standing::Older => (SessionState::Superseded, Some(now)),
        Standing::Paid => (SessionState::Complete, Some(now)),
    };
    diesel::insert_into(checkout_sessions::table)
        .values((
            checkout_sessions::id.eq(random::row_id(now)),
            checkout_sessions::stripe_id.eq(id.as_str()),
            checkout_sessions::state.eq(state),
            checkout_sessions::origin.eq(SessionOrigin::Imported),
            checkout_sessions::asked_by.eq(AskedBy::Machine),
            checkout_sessions::livemode.eq(id.livemode()),
            checkout_sessions::created_at.eq(now),
            checkout_sessions::expires_at.eq(now + LIFE),
            checkout_sessions::ended_at.eq(ended_at),
        ))
        // It had been seen to expire, as a cart of somebody's.
        .on_conflict(checkout_sessions::stripe_id)
        .do_update()
        .set((
            checkout_sessions::origin.eq(SessionOrigin::Imported),
            checkout_sessions::state.eq(state),
            checkout_sessions::ended_at.eq(ended_at),
        ))
        .returning(checkout_sessions::id)
        .get_result(connection)
}

/// The order was paid with this session of an earlier import, which has ended; callers hold the
/// order's lock.
pub fn complete(connection: &mut PgConnection, id: &SessionId) -> QueryResult<()> {
    let superseded = checkout_sessions::table
        .filter(checkout_sessions::stripe_id.eq(id.as_str()))
        .filter(checkout_sessions::state.eq(SessionState::Superseded));
    diesel::update(superseded)
        .set(checkout_sessions::state.eq(SessionState::Complete))
        .execute(connection)
        .map(drop)
}
