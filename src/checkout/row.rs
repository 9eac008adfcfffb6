//! Checkout sessions as rows.

use chrono::{DateTime, Duration, Utc};
use diesel::{prelude::*, result::Error as QueryError};
use uuid::Uuid;

use super::{
    basis::Basis,
    end::REFUSED,
    session::{Attempt, Live, Stage},
};
use crate::{
    db::prepared,
    order::{self, Order, OrderRow, Status, line},
    random,
    reminder::Decision,
    schema::{checkout_sessions, orders, reminder_decisions, session_orders, settings},
    session::{AskedBy, SessionOrigin, SessionState},
    settings::Settings,
    visitor::Visitor,
};

/// Fresh sessions that one order may have in an hour; more is somebody who plays with the link. A
/// session lives for hours, so that an honest payer has one or two.
const MINTS_AN_HOUR: usize = 20;
/// After Stripe refused an order as it is, it is not asked again for so long: time to mend the account,
/// without an alert at each click.
const REFUSAL_STANDS: Duration = Duration::minutes(10);

#[derive(Queryable, Selectable)]
#[diesel(table_name = checkout_sessions)]
struct SessionRow {
    id: Uuid,
    stripe_id: Option<String>,
    state: SessionState,
    idempotency_key: Option<String>,
    params_hash: Option<Vec<u8>>,
    request_body: Option<String>,
    url: Option<String>,
    created_at: DateTime<Utc>,
    posted_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
}

impl SessionRow {
    fn decode(self) -> QueryResult<Live> {
        let stage = match (
            self.state,
            self.stripe_id,
            self.request_body,
            self.idempotency_key,
        ) {
            (SessionState::Minting, _, Some(body), Some(key)) => Stage::Minting(Attempt {
                body,
                key,
                posted_at: self.posted_at.unwrap_or(self.created_at),
            }),
            (SessionState::Closing, Some(stripe_id), ..) => Stage::Closing { stripe_id },
            (SessionState::Open, Some(stripe_id), ..) => match (self.url, self.expires_at) {
                (Some(url), Some(expires_at)) => Stage::Open {
                    stripe_id,
                    url,
                    expires_at,
                },
                _ => return Err(impossible("an open session without its address or its end")),
            },
            // Without its evidence, or at its end: constraints refuse such rows.
            (state, ..) => return Err(impossible(&format!("a live session that is {state}"))),
        };
        Ok(Live {
            id: self.id,
            stage,
            params_hash: self.params_hash.unwrap_or_default(),
        })
    }
}

/// What a click looks at.
#[derive(Debug)]
pub struct CheckoutFacts {
    /// The order.
    pub order: Order,
    /// Its one payable session.
    pub live: Option<Live>,
    /// The switches that the checkout page depends on.
    pub settings: Settings,
    /// Its one reminder has been sent: no other will follow.
    pub reminded: bool,
    /// The versions of the order's parameters and of the settings, as they were read with them.
    versions: (i32, i32),
}

impl CheckoutFacts {
    /// What the parameters follow from, with the program that works them out.
    pub fn basis(&self, build: i64) -> Basis {
        let (basis_order, basis_settings) = self.versions;
        Basis {
            basis_order,
            basis_settings,
            basis_reminded: self.reminded,
            basis_build: build,
        }
    }
}

/// An order, its one payable session and the settings, in one query.
pub fn load(connection: &mut PgConnection, order_id: Uuid) -> QueryResult<Option<CheckoutFacts>> {
    let on_live = session_orders::order_id
        .eq(orders::id)
        .and(session_orders::live);
    // The first one, and not whether there is one: that PostgreSQL may answer with a list of all orders that have
    // one.
    let reminder = reminder_decisions::table
        .filter(reminder_decisions::order_id.eq(orders::id.nullable()))
        .filter(reminder_decisions::decision.eq(Decision::Sent))
        .select(reminder_decisions::id)
        .limit(1)
        .single_value();
    type Row = (OrderRow, Option<SessionRow>, Settings, bool, (i32, i32));
    let row: Option<Row> = orders::table
        .inner_join(settings::table.on(settings::only_row))
        .left_join(session_orders::table.on(on_live))
        .left_join(
            checkout_sessions::table.on(checkout_sessions::id
                .nullable()
                .eq(session_orders::session_id.nullable())),
        )
        .filter(orders::id.eq(order_id))
        .select((
            OrderRow::as_select(),
            Option::<SessionRow>::as_select(),
            Settings::as_select(),
            reminder.is_not_null(),
            (orders::params_version, settings::version),
        ))
        // Not `first`: a LIMIT that is a parameter keeps PostgreSQL from keeping the plan.
        .get_result(connection)
        .optional()?;
    let Some((order, session, settings, reminded, versions)) = row else {
        return Ok(None);
    };
    Ok(Some(CheckoutFacts {
        order: order.decode()?,
        live: session.map(SessionRow::decode).transpose()?,
        settings,
        reminded,
        versions,
    }))
}

/// Stripe's id of the order's session of which the last word has not been heard: the payable one of an
/// open order, or the one whose bank debit is on its way; and whether it can be paid.
pub fn unsettled(
    connection: &mut PgConnection,
    order_id: Uuid,
) -> QueryResult<Option<(String, bool)>> {
    let payable = orders::status
        .eq(Status::Open)
        .and(checkout_sessions::state.eq_any(SessionState::PAYABLE));
    let on_its_way = orders::status
        .eq(Status::Processing)
        .and(checkout_sessions::state.eq(SessionState::Complete))
        .and(checkout_sessions::payment_failed_at.is_null());
    session_orders::table
        .inner_join(
            checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
        )
        .inner_join(orders::table)
        .filter(session_orders::order_id.eq(order_id))
        .filter(checkout_sessions::stripe_id.is_not_null())
        .filter(payable.or(on_its_way))
        .order(checkout_sessions::id.desc())
        .select((
            checkout_sessions::stripe_id.assume_not_null(),
            checkout_sessions::live,
        ))
        .first(connection)
        .optional()
}

/// A new attempt, before it has a body.
pub struct Beginning<'a> {
    /// The order as it was read; if it has changed since, nothing begins.
    pub order: &'a Order,
    /// What will be asked for, hashed.
    pub params_hash: &'a [u8],
    /// What that follows from.
    pub basis: Basis,
    /// Who asked.
    pub asked_by: Visitor,
}

/// What became of a wish to mint.
pub enum Begun {
    /// Written down, in this row.
    Written(Uuid, Attempt),
    /// Somebody else was first, or the order has changed: look again.
    LookAgain,
    /// Too many fresh sessions within an hour.
    TooMany,
    /// Stripe refused this very order a short while ago.
    RefusedLately,
}

/// Writes an attempt down, before Stripe is asked. `body` makes the request's body for a row id.
///
/// The order's row is locked, so that two replicas begin one after the other; the second finds the
/// first one's session live. Behind that stands the unique index.
pub fn begin(
    connection: &mut PgConnection,
    beginning: &Beginning,
    body: impl Fn(Uuid) -> String,
    now: DateTime<Utc>,
) -> QueryResult<Begun> {
    let Beginning {
        order,
        params_hash,
        basis,
        asked_by,
    } = *beginning;
    connection.transaction(|connection| {
        // Before the attempts are counted: a number is taken once, and it is part of Stripe's key.
        let locked = order::lock(connection, &[order.id])?;
        let unchanged = locked.first().is_some_and(|today| today == order);
        let mut earlier = earlier_attempts(connection, order)?;
        if !unchanged || earlier.iter().any(|attempt| attempt.live) {
            return Ok(Begun::LookAgain);
        }
        let lately = |at: DateTime<Utc>| at > now - Duration::hours(1);
        if earlier
            .iter()
            .filter(|attempt| attempt.minted_at.is_some_and(lately))
            .count()
            >= MINTS_AN_HOUR
        {
            return Ok(Begun::TooMany);
        }
        earlier.retain(|attempt| attempt.version == order.version);
        if earlier
            .iter()
            .any(|attempt| attempt.refused_after(now - REFUSAL_STANDS))
        {
            return Ok(Begun::RefusedLately);
        }
        let number = earlier
            .iter()
            .map(|earlier| earlier.attempt)
            .max()
            .unwrap_or(0)
            + 1;
        let row = random::row_id(now);
        let attempt = Attempt {
            body: body(row),
            key: format!("freshmint-{}-v{}-a{number}", order.id, order.version),
            posted_at: now,
        };
        let insert = diesel::insert_into(checkout_sessions::table).values((
            checkout_sessions::id.eq(row),
            checkout_sessions::state.eq(SessionState::Minting),
            checkout_sessions::origin.eq(SessionOrigin::Click),
            checkout_sessions::asked_by.eq(AskedBy::from(asked_by)),
            checkout_sessions::idempotency_key.eq(&attempt.key),
            checkout_sessions::params_hash.eq(params_hash),
            basis,
            checkout_sessions::request_body.eq(&attempt.body),
            checkout_sessions::created_at.eq(now),
            checkout_sessions::posted_at.eq(now),
        ));
        prepared(insert).execute(connection)?;
        // After the session's row, which its foreign key names.
        diesel::insert_into(session_orders::table)
            .values((
                session_orders::session_id.eq(row),
                session_orders::order_id.eq(order.id),
                session_orders::amount.eq(line::total(&order.lines)),
                session_orders::version.eq(order.version),
                session_orders::attempt.eq(number),
                session_orders::live.eq(true),
            ))
            .execute(connection)?;
        Ok(Begun::Written(row, attempt))
    })
}

/// The sessions of these orders that are live; callers hold the orders' locks.
pub fn live_of(connection: &mut PgConnection, order_ids: &[Uuid]) -> QueryResult<Vec<Uuid>> {
    session_orders::table
        .filter(
            session_orders::order_id
                .eq_any(order_ids)
                .and(session_orders::live),
        )
        .select(session_orders::session_id)
        .load(connection)
}

/// An earlier attempt at an order.
#[derive(Queryable)]
struct Earlier {
    live: bool,
    version: i32,
    attempt: i32,
    minted_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
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

fn earlier_attempts(connection: &mut PgConnection, order: &Order) -> QueryResult<Vec<Earlier>> {
    session_orders::table
        .inner_join(
            checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
        )
        .filter(session_orders::order_id.eq(order.id))
        .select((
            session_orders::live,
            session_orders::version,
            session_orders::attempt,
            checkout_sessions::minted_at,
            checkout_sessions::ended_at,
            checkout_sessions::failure,
        ))
        .load(connection)
}

fn impossible(what: &str) -> QueryError {
    QueryError::DeserializationError(format!("checkout_sessions holds {what}").into())
}
