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

use crate::{
    app::App,
    db::DbError,
    order::Status,
    reminder::Decision,
    rounds,
    session::{OpenSession, SessionState},
};

/// A question for the order's open session.
#[derive(Clone, Copy)]
struct LookFor {
    order: Uuid,
    build: i64,
}

/// The order's open session, if it is certain that it says what it should.
///
/// # Errors
/// That the database is away.
pub async fn find(app: &App, order: Uuid) -> Result<Option<OpenSession>, DbError> {
    let build = app.build;
    match rounds::ask(app, LookFor { order, build }, look_up).await {
        // A row that cannot be decoded: the long way tells.
        Err(error) if !error.is_away() => Ok(None),
        found => found,
    }
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
/// `LIMIT` it can only look up one key.
struct SameBasis<'a> {
    order_ids: &'a [Uuid],
    build: i64,
}

impl QueryFragment<Pg> for SameBasis<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT asked.id, s.url, s.expires_at, o.link_version FROM unnest(");
        out.push_bind_param::<Array<sql_types::Uuid>, _>(&self.order_ids)?;
        out.push_sql(
            ") AS asked (id) \
             CROSS JOIN LATERAL (SELECT status, link_version, params_version FROM orders \
             WHERE id = asked.id LIMIT 1) o \
             CROSS JOIN LATERAL (SELECT session_id FROM session_orders \
             WHERE order_id = asked.id AND live LIMIT 1) l \
             CROSS JOIN LATERAL (SELECT * FROM checkout_sessions \
             WHERE id = l.session_id LIMIT 1) s \
             CROSS JOIN LATERAL (SELECT count(*) > 0 AS reminded FROM reminder_decisions \
             WHERE order_id = asked.id AND decision = ",
        );
        out.push_bind_param::<Text, _>(&Decision::Sent)?;
        out.push_sql(
            ") r WHERE s.basis_order = o.params_version \
             AND s.basis_reminded = r.reminded \
             AND s.basis_settings = (SELECT version FROM settings WHERE only_row) \
             AND s.basis_build = ",
        );
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
