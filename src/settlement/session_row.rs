//! A session's row becomes what Stripe tells of it.

use chrono::{DateTime, Utc};
use diesel::{
    IntoSql,
    prelude::*,
    result::Error as QueryError,
    sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use crate::{
    db::{prepared, prepared_sql},
    gateway::{Session, session::Status},
    order,
    reminder::Decision,
    schema::checkout_sessions,
    session::{OpenSession, SessionState, on_todays_basis},
};

/// A mint that is to become an open session.
#[derive(Debug, Clone)]
pub(super) struct Minted {
    row: Uuid,
    stripe_id: String,
    url: String,
    livemode: Option<bool>,
    expires_at: DateTime<Utc>,
    at: DateTime<Utc>,
    build: i64,
}

/// What became of a mint.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// It is open, and certain to say what it should.
    Right(OpenSession),
    /// It is open. Whether it says what it should is to be looked at.
    Open,
    /// It was left as it is.
    Not,
}

impl Minted {
    /// `None`: there is more to see to than to open it. `build` is [`crate::app::App::build`].
    pub fn of(session: &Session, now: DateTime<Utc>, build: i64) -> Option<Self> {
        let is_open = session.status == Status::Open;
        Some(Self {
            row: session.row().filter(|_| is_open)?,
            stripe_id: session.id.as_str().to_owned(),
            url: session.url.as_deref()?.to_owned(),
            livemode: session.livemode,
            expires_at: ends_at(session, now),
            at: now,
            build,
        })
    }
}

/// Mints become open sessions, unless catalogue prices are to be learnt from them; tells of each what became
/// of it. Whether it says what it should is told by what a later look compares, too ([`on_todays_basis`]), of
/// the order as it is now: so that its payer need not wait for that look. No order changes, so that none has to
/// be locked before its session; a line of the log refers to it. Where somebody has the lock of a session or its
/// order it is left to its own click: none waits for another one's. A click's session is about one order.
pub(super) fn open_minted(
    connection: &mut PgConnection,
    minted: &[Minted],
) -> QueryResult<Vec<Opened>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
        #[diesel(sql_type = Nullable<Bool>)]
        is_right: Option<bool>,
        #[diesel(sql_type = Integer)]
        link_version: i32,
    }
    let [open, minting] = [SessionState::Open, SessionState::Minting];
    let rows: Vec<Row> = prepared_sql(format!(
        "UPDATE checkout_sessions SET state = '{open}', stripe_id = told.stripe_id, url = told.url, \
             livemode = told.livemode, expires_at = told.expires_at, minted_at = told.at, \
             request_body = NULL, failure = NULL, ended_at = NULL \
         FROM (SELECT told.*, mint.order_id, mint.params_version, mint.link_version, mint.is_owed \
             FROM unnest($1, $2, $3, $4, $5, $6) \
                 AS told (id, stripe_id, url, livemode, expires_at, at) CROSS JOIN LATERAL \
             (SELECT orders.id AS order_id, orders.params_version, orders.link_version, \
                     orders.status = '{owed}' AS is_owed \
                 FROM checkout_sessions mint JOIN session_orders part ON part.session_id = mint.id \
                 JOIN orders ON orders.id = part.order_id \
                 WHERE mint.id = told.id AND mint.state = '{minting}' AND part.amount IS NOT NULL \
                 LIMIT 1 FOR NO KEY UPDATE OF mint SKIP LOCKED FOR KEY SHARE OF orders SKIP LOCKED) mint) told \
         WHERE checkout_sessions.id = told.id RETURNING checkout_sessions.id, told.link_version, \
             told.is_owed AND {on_todays_basis}$7 AS is_right",
        owed = order::Status::Open,
        on_todays_basis = on_todays_basis("checkout_sessions", "told", &Decision::is_sent("told.order_id")),
    ))
    .bind::<Array<SqlUuid>, _>(minted.iter().map(|it| it.row).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(minted.iter().map(|it| &*it.stripe_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(minted.iter().map(|it| &*it.url).collect::<Vec<_>>())
    .bind::<Array<Nullable<Bool>>, _>(minted.iter().map(|it| it.livemode).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(minted.iter().map(|it| it.expires_at).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(minted.iter().map(|it| it.at).collect::<Vec<_>>())
    .bind::<BigInt, _>(minted.first().map_or(0, |it| it.build))
    .load(connection)?;
    let opened = |it: &Minted| match rows.iter().find(|row| row.id == it.row) {
        Some(row) if row.is_right == Some(true) => Opened::Right(OpenSession {
            url: it.url.clone(),
            expires_at: it.expires_at,
            link_version: row.link_version,
        }),
        Some(_) => Opened::Open,
        None => Opened::Not,
    };
    Ok(minted.iter().map(opened).collect())
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
        Ok(Self {
            state,
            stripe_id: Some(session.id.as_str()),
            url: url.transpose()?,
            livemode: session.livemode,
            expires_at: Some(ends_at(session, now)),
            request_body: None,
            failure: None,
            ended_at: (!is_open).then_some(now),
        })
    }
}

/// Stripe's default and ceiling, should its answer not say.
fn ends_at(session: &Session, now: DateTime<Utc>) -> DateTime<Utc> {
    let day = chrono::Duration::hours(24);
    session.expires_at.unwrap_or(now + day)
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
