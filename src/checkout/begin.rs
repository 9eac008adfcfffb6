//! New attempts are written down, before Stripe is asked.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Duration, Utc};
use diesel::{
    Connection,
    prelude::*,
    sql_types::{
        Array, BigInt, Bool, Bytea, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
    },
};
use uuid::Uuid;

use super::{basis::Basis, end::REFUSED, session::Attempt};
use crate::{
    db::prepared_sql,
    order::{Order, Status, line},
    schema::orders,
    session::{AskedBy, SessionOrigin, SessionState},
};

/// Fresh sessions that one order may have in an hour; more is somebody who plays with the link. A
/// session lives for hours, so that an honest payer has one or two.
const MINTS_AN_HOUR: usize = 20;
/// After Stripe refused an order as it is, it is not asked again for so long: time to mend the account,
/// without an alert at each click.
const REFUSAL_STANDS: Duration = Duration::minutes(10);

/// A new attempt, before it has a number.
#[derive(Debug)]
pub struct Beginning {
    /// The order as it was read.
    pub order: Order,
    /// Its `params_version` then. If it, the order's version or its status has changed since, nothing begins.
    pub params_version: i32,
    /// The row that it gets.
    pub row: Uuid,
    /// What will be asked for.
    pub body: String,
    /// The same, hashed.
    pub params_hash: Vec<u8>,
    /// What that follows from.
    pub basis: Basis,
    /// Who asked.
    pub asked_by: AskedBy,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a wish to mint.
pub enum Begun {
    /// Written down.
    Written(Attempt),
    /// Somebody else was first, or the order has changed: look again.
    LookAgain,
    /// Too many fresh sessions within an hour.
    TooMany,
    /// Stripe refused this very order a short while ago.
    RefusedLately,
    /// Somebody has the order's lock.
    Locked,
}

/// Writes attempts down, of those orders that nobody has locked: none waits for another one's order.
pub fn those_that_are_free(
    connection: &mut PgConnection,
    wanted: &[Arc<Beginning>],
) -> QueryResult<Vec<Begun>> {
    begin_all(connection, wanted, Locks::AreSkipped)
}

/// Writes an attempt down, and waits for the order's lock.
pub fn begin(connection: &mut PgConnection, wanted: &Arc<Beginning>) -> QueryResult<Begun> {
    let begun = begin_all(
        connection,
        std::slice::from_ref(wanted),
        Locks::AreWaitedFor,
    )?;
    Ok(begun.into_iter().next().unwrap_or(Begun::LookAgain))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Locks {
    AreSkipped,
    AreWaitedFor,
}

/// Each order's row is locked, so that two replicas begin one after the other; the second finds the first
/// one's session live. Behind that stands the unique index.
fn begin_all(
    connection: &mut PgConnection,
    wanted: &[Arc<Beginning>],
    locks: Locks,
) -> QueryResult<Vec<Begun>> {
    let ids: Vec<Uuid> = wanted.iter().map(|it| it.order.id).collect();
    connection.transaction(|connection| {
        // Before the attempts are read, which others may have written until then: a number is taken once, and
        // it is part of Stripe's key.
        let locked = lock(connection, &ids, locks)?;
        let mut earlier = earlier_attempts(connection, &ids)?;
        let mut new = Vec::new();
        let begun = wanted.iter().map(|it| {
            let Some(today) = locked.get(&it.order.id) else {
                return Begun::Locked;
            };
            let earlier = earlier.remove(&it.order.id).unwrap_or_default();
            match it.number(*today, &earlier) {
                Ok(number) => {
                    let attempt = it.attempt(number);
                    new.push((&**it, number, attempt.key.clone()));
                    Begun::Written(attempt)
                }
                Err(why_not) => why_not,
            }
        });
        let begun = begun.collect();
        write(connection, &new)?;
        Ok(begun)
    })
}

impl Beginning {
    /// The number of the attempt, or why none begins.
    fn number(&self, today: Today, earlier: &[Earlier]) -> Result<i32, Begun> {
        let read = Today {
            version: self.order.version,
            params_version: self.params_version,
            status: Status::Open,
        };
        if today != read || earlier.iter().any(|attempt| attempt.live) {
            return Err(Begun::LookAgain);
        }
        let lately = |at: DateTime<Utc>| at > self.at - Duration::hours(1);
        let minted = earlier.iter().filter_map(|attempt| attempt.minted_at);
        if minted.filter(|at| lately(*at)).count() >= MINTS_AN_HOUR {
            return Err(Begun::TooMany);
        }
        let of_this = |attempt: &&Earlier| attempt.version == self.order.version;
        let of_this = earlier.iter().filter(of_this);
        let since = self.at - REFUSAL_STANDS;
        if of_this.clone().any(|attempt| attempt.refused_after(since)) {
            return Err(Begun::RefusedLately);
        }
        Ok(of_this.map(|earlier| earlier.attempt).max().unwrap_or(0) + 1)
    }

    fn attempt(&self, number: i32) -> Attempt {
        let Order { id, version, .. } = self.order;
        Attempt {
            body: self.body.clone(),
            key: format!("freshmint-{id}-v{version}-a{number}"),
            posted_at: self.at,
        }
    }
}

/// What an attempt depends on, of an order that is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
struct Today {
    version: i32,
    params_version: i32,
    status: Status,
}

/// Locks them in the one order in which everybody does, and no more than an update of a plain column needs:
/// whoever refers to an order does not wait.
fn lock(
    connection: &mut PgConnection,
    ids: &[Uuid],
    locks: Locks,
) -> QueryResult<HashMap<Uuid, Today>> {
    let today = (orders::version, orders::params_version, orders::status);
    let lock = orders::table
        .filter(orders::id.eq_any(ids))
        .order(orders::id)
        .select((orders::id, today))
        .for_no_key_update();
    let rows: Vec<(Uuid, Today)> = match locks {
        Locks::AreSkipped => lock.skip_locked().load(connection)?,
        Locks::AreWaitedFor => lock.load(connection)?,
    };
    Ok(rows.into_iter().collect())
}

/// An earlier attempt at an order.
#[derive(QueryableByName)]
struct Earlier {
    #[diesel(sql_type = SqlUuid)]
    order_id: Uuid,
    #[diesel(sql_type = Bool)]
    live: bool,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Integer)]
    attempt: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    minted_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    ended_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    failure: Option<String>,
}

impl Earlier {
    fn refused_after(&self, time: DateTime<Utc>) -> bool {
        self.failure
            .as_ref()
            .is_some_and(|why| why.starts_with(REFUSED))
            && self.ended_at.is_some_and(|at| at > time)
    }
}

/// Behind each OFFSET PostgreSQL goes on from what it has, also where it knows nothing of the tables: a join of
/// both would read all checkouts then.
fn earlier_attempts(
    connection: &mut PgConnection,
    order_ids: &[Uuid],
) -> QueryResult<HashMap<Uuid, Vec<Earlier>>> {
    let rows: Vec<Earlier> = prepared_sql(
        "SELECT about.order_id, about.live, about.version, about.attempt, \
                session.minted_at, session.ended_at, session.failure \
         FROM unnest($1) AS wanted (id) \
         CROSS JOIN LATERAL (SELECT * FROM session_orders WHERE order_id = wanted.id OFFSET 0) about \
         CROSS JOIN LATERAL (SELECT minted_at, ended_at, failure FROM checkout_sessions \
             WHERE id = about.session_id OFFSET 0) session",
    )
    .bind::<Array<SqlUuid>, _>(order_ids)
    .load(connection)?;
    let mut earlier: HashMap<Uuid, Vec<Earlier>> = HashMap::new();
    for attempt in rows {
        earlier.entry(attempt.order_id).or_default().push(attempt);
    }
    Ok(earlier)
}

/// Writes rows of attempts, each with its number and Stripe's key. The session's foreign key is looked at when
/// the statement is over.
fn write(connection: &mut PgConnection, new: &[(&Beginning, i32, String)]) -> QueryResult<()> {
    if new.is_empty() {
        return Ok(());
    }
    let beginnings = || new.iter().map(|(it, ..)| *it);
    let bases = || beginnings().map(|it| it.basis);
    prepared_sql(format!(
        "WITH new AS (SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
             AS new (id, asked_by, key, hash, body, basis_order, basis_settings, basis_reminded, basis_build, \
                 at, order_id, amount, version, attempt)), \
         session AS (INSERT INTO checkout_sessions (id, state, origin, asked_by, idempotency_key, params_hash, \
                 basis_order, basis_settings, basis_reminded, basis_build, request_body, created_at, posted_at) \
             SELECT id, '{minting}', '{click}', asked_by, key, hash, \
                 basis_order, basis_settings, basis_reminded, basis_build, body, at, at FROM new) \
         INSERT INTO session_orders (session_id, order_id, amount, version, attempt, live) \
             SELECT id, order_id, amount, version, attempt, true FROM new",
        minting = SessionState::Minting,
        click = SessionOrigin::Click,
    ))
    .bind::<Array<SqlUuid>, _>(beginnings().map(|it| it.row).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(beginnings().map(|it| it.asked_by).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(new.iter().map(|(.., key)| key.clone()).collect::<Vec<_>>())
    .bind::<Array<Bytea>, _>(beginnings().map(|it| it.params_hash.clone()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(beginnings().map(|it| it.body.clone()).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(bases().map(|it| it.basis_order).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(bases().map(|it| it.basis_settings).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(bases().map(|it| it.basis_reminded).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(bases().map(|it| it.basis_build).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(beginnings().map(|it| it.at).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(beginnings().map(|it| it.order.id).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(
        beginnings().map(|it| line::total(&it.order.lines)).collect::<Vec<_>>(),
    )
    .bind::<Array<Integer>, _>(beginnings().map(|it| it.order.version).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(new.iter().map(|(_, number, _)| *number).collect::<Vec<_>>())
    .execute(connection)
    .map(drop)
}
