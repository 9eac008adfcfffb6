//! Checkout sessions as rows.

use chrono::{DateTime, Utc};
use diesel::{dsl::sql, prelude::*, result::Error as QueryError, sql_types::Bool};
use uuid::Uuid;

use super::{
    basis::Basis,
    session::{Attempt, Live, Stage},
};
use crate::{
    order::{Order, OrderRow, Status},
    reminder::Decision,
    schema::{checkout_sessions, orders, session_orders, settings},
    session::{SessionState, newest_first},
    settings::Settings,
};

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
#[derive(Debug, Clone)]
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
    /// The order's `params_version`, as it was read.
    pub fn params_version(&self) -> i32 {
        self.versions.0
    }

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
    let found = load_all(connection, &[order_id])?;
    Ok(found.into_iter().next())
}

/// The same of several orders: those that there are, in any order.
pub fn load_all(
    connection: &mut PgConnection,
    order_ids: &[Uuid],
) -> QueryResult<Vec<CheckoutFacts>> {
    // That it is one of these orders follows from the join, and is said all the same: before PostgreSQL knows
    // anything of the tables it makes a plan, and keeps it, in which it reads all live sessions each time.
    let on_live = session_orders::order_id
        .eq(orders::id)
        .and(session_orders::live)
        .and(session_orders::order_id.eq_any(order_ids.to_vec()));
    type Row = (OrderRow, Option<SessionRow>, Settings, bool, (i32, i32));
    let rows: Vec<Row> = orders::table
        .inner_join(settings::table.on(settings::only_row))
        .left_join(session_orders::table.on(on_live))
        .left_join(
            checkout_sessions::table.on(checkout_sessions::id
                .nullable()
                .eq(session_orders::session_id.nullable())),
        )
        .filter(orders::id.eq_any(order_ids))
        .select((
            OrderRow::as_select(),
            Option::<SessionRow>::as_select(),
            Settings::as_select(),
            sql::<Bool>(&Decision::is_sent("orders.id")),
            (orders::params_version, settings::version),
        ))
        .load(connection)?;
    let rows = rows.into_iter();
    rows.map(|(order, session, settings, reminded, versions)| {
        Ok(CheckoutFacts {
            order: order.decode()?,
            live: session.map(SessionRow::decode).transpose()?,
            settings,
            reminded,
            versions,
        })
    })
    .collect()
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
        .order(newest_first())
        .select((
            checkout_sessions::stripe_id.assume_not_null(),
            checkout_sessions::live,
        ))
        .first(connection)
        .optional()
}

/// The sessions of these orders that are live; callers hold the orders' locks.
pub fn live_of(connection: &mut PgConnection, order_ids: &[Uuid]) -> QueryResult<Vec<Uuid>> {
    live(order_ids)
        .select(session_orders::session_id)
        .load(connection)
}

/// Those of these orders that have a live session.
pub fn orders_with_live(
    connection: &mut PgConnection,
    order_ids: &[Uuid],
) -> QueryResult<Vec<Uuid>> {
    live(order_ids)
        .select(session_orders::order_id)
        .load(connection)
}

/// Which of these orders has which live session.
#[diesel::dsl::auto_type]
fn live<'o>(order_ids: &'o [Uuid]) -> _ {
    let theirs = session_orders::order_id.eq_any(order_ids);
    session_orders::table.filter(theirs.and(session_orders::live))
}

fn impossible(what: &str) -> QueryError {
    QueryError::DeserializationError(format!("checkout_sessions holds {what}").into())
}
