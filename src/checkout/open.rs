//! The quick way of a click: an open session that says what it should is handed out as it is.
//!
//! It reads a few columns by their index, for all clicks that arrive together, and says *the same* or
//! nothing: then the long way decides ([`super::row::load`], [`super::session::next_step`]).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{self, Array, BigInt, Integer, Text, Timestamptz},
};
use uuid::Uuid;

use super::Door;
use crate::{
    app::App,
    db::DbError,
    link::token::PayClaims,
    order::Status,
    reminder::Decision,
    rounds,
    session::{OpenSession, SessionState, on_todays_basis},
};

/// A question for the order's open session.
#[derive(Clone, Copy)]
struct LookFor {
    order: Uuid,
    build: i64,
}

/// The door to the order's open session, for whoever holds this link, if it says what it should and lives so
/// long.
///
/// # Errors
/// That the database is away.
pub async fn again(
    app: &App,
    link: &PayClaims,
    lives: chrono::Duration,
) -> Result<Option<Door>, DbError> {
    let found = find(app, link.order_id).await?;
    Ok(found.and_then(|session| handed_out(app, session, link.link_version, lives)))
}

/// The order's open session, if it is certain that it says what it should.
async fn find(app: &App, order: Uuid) -> Result<Option<OpenSession>, DbError> {
    let build = app.build;
    match rounds::ask(app, LookFor { order, build }, look_up).await {
        // A row that cannot be decoded: the long way tells.
        Err(error) if !error.is_away() => Ok(None),
        found => found,
    }
}

/// The door to an open session that says what it should, for whoever holds a link of this version.
pub fn handed_out(
    app: &App,
    session: OpenSession,
    link_version: i32,
    lives: chrono::Duration,
) -> Option<Door> {
    let leads_there = link_version >= session.link_version
        && session.lives_for(lives, app.clock.now())
        && app.checkout_hosts.allow(&session.url);
    leads_there.then_some(Door::Redirect(session.url))
}

/// The open sessions that were asked for on today's basis.
fn look_up(
    connection: &mut PgConnection,
    asked: &[LookFor],
) -> QueryResult<Vec<Option<OpenSession>>> {
    let order_ids: Vec<Uuid> = asked.iter().map(|it| it.order).collect();
    let build = asked.first().map_or(0, |it| it.build);
    let same = SameBasis {
        order_ids: &order_ids,
        build,
    };
    let rows: Vec<(Uuid, String, DateTime<Utc>, i32)> = same.load(connection)?;
    let open = rows
        .into_iter()
        .map(|(order, url, expires_at, link_version)| {
            let session = OpenSession {
                url,
                expires_at,
                link_version,
            };
            (order, session)
        });
    let open: HashMap<Uuid, OpenSession> = open.collect();
    // Of two clicks on one order each gets it.
    Ok(order_ids.iter().map(|id| open.get(id).cloned()).collect())
}

/// In SQL, since its plan must not depend on what PostgreSQL believes of the tables: a fresh database has
/// no statistics, and in a plain join it reads all open orders, or all sessions, for one. Behind each
/// `LIMIT` it can only look up one key, and behind `OFFSET` those that are asked for.
struct SameBasis<'a> {
    order_ids: &'a [Uuid],
    build: i64,
}

impl QueryFragment<Pg> for SameBasis<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "SELECT part.order_id, s.url, s.expires_at, o.link_version \
             FROM (SELECT order_id, session_id FROM session_orders WHERE order_id = ANY(",
        );
        out.push_bind_param::<Array<sql_types::Uuid>, _>(&self.order_ids)?;
        out.push_sql(
            ") AND live OFFSET 0) part \
             CROSS JOIN LATERAL (SELECT status, link_version, params_version FROM orders \
             WHERE id = part.order_id LIMIT 1) o \
             CROSS JOIN LATERAL (SELECT * FROM checkout_sessions \
             WHERE id = part.session_id LIMIT 1) s WHERE ",
        );
        out.push_sql(&on_todays_basis(
            "s",
            "o",
            &Decision::is_sent("part.order_id"),
        ));
        out.push_bind_param::<BigInt, _>(&self.build)?;
        out.push_sql(" AND o.status = ");
        out.push_bind_param::<Text, _>(&Status::Open)?;
        out.push_sql(" AND s.state = ");
        out.push_bind_param::<Text, _>(&SessionState::Open)?;
        Ok(())
    }
}

/// Its text is always the same, so that PostgreSQL keeps its plan.
impl QueryId for SameBasis<'_> {
    type QueryId = SameBasis<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for SameBasis<'_> {
    type SqlType = (sql_types::Uuid, Text, Timestamptz, Integer);
}

impl RunQueryDsl<PgConnection> for SameBasis<'_> {}
