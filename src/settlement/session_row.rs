//! A session's row becomes what Stripe tells of it.

use chrono::{DateTime, Utc};
use diesel::{
    IntoSql,
    dsl::{exists, not},
    prelude::*,
    result::Error as QueryError,
    sql_types::{Nullable, Timestamptz},
};
use uuid::Uuid;

use crate::{
    db::prepared,
    gateway::Session,
    schema::{checkout_sessions, session_orders},
    session::SessionState,
};

/// A mint becomes an open session, unless catalogue prices are to be learnt from it. No order changes, so
/// that none has to be locked before its session.
pub(super) fn open_minted(
    connection: &mut PgConnection,
    session: &Session,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let Some(row) = session.row() else {
        return Ok(false);
    };
    let has_unknown_amount = session_orders::table
        .filter(session_orders::session_id.eq(row))
        .filter(session_orders::amount.is_null());
    let mint = checkout_sessions::table
        .filter(checkout_sessions::id.eq(row))
        .filter(checkout_sessions::state.eq(SessionState::Minting))
        .filter(not(exists(has_unknown_amount)));
    let changes = AsToldByStripe::of(session, SessionState::Open, now)?;
    let update = diesel::update(mint).set((changes, checkout_sessions::minted_at.eq(now)));
    let opened = prepared(update).execute(connection)?;
    Ok(opened == 1)
}

/// Stripe's states only move forward, so a row that is at its end takes no earlier one; callers
/// hold its lock and have looked.
pub(super) fn update(
    connection: &mut PgConnection,
    row: Uuid,
    state: SessionState,
    session: &Session,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let update = diesel::update(checkout_sessions::table.find(row)).set((
        AsToldByStripe::of(session, state, now)?,
        checkout_sessions::minted_at.eq(coalesce(
            checkout_sessions::minted_at,
            now.into_sql::<Nullable<Timestamptz>>(),
        )),
    ));
    prepared(update).execute(connection).map(drop)
}

/// What a session's row becomes.
#[derive(AsChangeset)]
#[diesel(table_name = checkout_sessions, treat_none_as_null = true)]
struct AsToldByStripe<'a> {
    state: SessionState,
    stripe_id: Option<&'a str>,
    url: Option<&'a str>,
    livemode: Option<bool>,
    expires_at: Option<DateTime<Utc>>,
    /// It goes with the mint: the constraint `a_body_only_while_minting` holds the two together.
    request_body: Option<&'a str>,
    failure: Option<&'a str>,
    ended_at: Option<DateTime<Utc>>,
}

impl<'a> AsToldByStripe<'a> {
    fn of(session: &'a Session, state: SessionState, now: DateTime<Utc>) -> QueryResult<Self> {
        let is_open = state == SessionState::Open;
        let url = is_open.then(|| session.url.as_deref().ok_or_else(no_url));
        let day = chrono::Duration::hours(24);
        Ok(Self {
            state,
            stripe_id: Some(session.id.as_str()),
            url: url.transpose()?,
            livemode: session.livemode,
            // Stripe's default and ceiling, should its answer not say.
            expires_at: Some(session.expires_at.unwrap_or(now + day)),
            request_body: None,
            failure: None,
            ended_at: (!is_open).then_some(now),
        })
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// PostgreSQL's `coalesce`.
    fn coalesce(
        first: Nullable<Timestamptz>,
        second: Nullable<Timestamptz>,
    ) -> Nullable<Timestamptz>;
}

fn no_url() -> QueryError {
    QueryError::DeserializationError("Stripe told of an open session without its address".into())
}
