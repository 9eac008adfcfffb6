//! Settlement: bring our rows in line with how a Checkout Session stands.
//!
//! Webhook, return page and next click all come here, with a session as Stripe told it. What
//! follows is decided by the session's state and by our rows, not by who came first: twice, late or
//! out of order are no special cases.
//!
//! Locks are taken in one order: orders by id, then the session, then payments.

mod payment;
mod verdict;
mod view;

use chrono::{DateTime, Utc};
use diesel::{Connection, prelude::*, result::Error as QueryError};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use self::verdict::verdict;
pub use self::{
    payment::{Payment, payments_of},
    view::OrderView,
};
use crate::{
    activity::{self, Level},
    app::App,
    db::DbError,
    gateway::{Session, session::Status},
    order::{
        self, Doing, Order,
        currency::Currency,
        money::Money,
        state::{Fact, Verdict},
    },
    random,
    schema::{checkout_sessions, payment_allocations, payments, session_orders},
};

/// Who found a payment first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// Stripe told us.
    Webhook,
    /// The payer came back, and we asked.
    Return,
    /// Somebody clicked the link again, and we asked.
    Click,
}

impl FoundBy {
    /// The word that is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Return => "return",
            Self::Click => "click",
        }
    }
}

/// What a session turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// One of ours; its rows are in line now.
    Ours,
    /// It carries our mark, and we have no row of it: a restored backup, or a second instance.
    Unknown,
    /// Another system opened it.
    Foreign,
}

/// [`settle_in`], in a transaction of its own, now.
///
/// # Errors
/// The database's.
pub async fn settle(app: &App, session: Session, found_by: FoundBy) -> Result<Settled, DbError> {
    let now = app.clock.now();
    app.db
        .run(move |connection| {
            connection.transaction(|connection| settle_in(connection, &session, found_by, now))
        })
        .await
}

/// Brings the session's row, its orders and its payment in line with `session`, inside the caller's
/// transaction.
///
/// # Errors
/// The database's; nothing has changed then.
pub fn settle_in(
    connection: &mut PgConnection,
    session: &Session,
    found_by: FoundBy,
    now: DateTime<Utc>,
) -> QueryResult<Settled> {
    let Some(row) = find_row(connection, session)? else {
        if !session.is_marked() {
            return Ok(Settled::Foreign);
        }
        if session.status == Status::Paid {
            record_payment(connection, session, None, &[], found_by, now)?;
        }
        return Ok(Settled::Unknown);
    };
    let shares: Vec<Share> = session_orders::table
        .filter(session_orders::session_id.eq(row))
        .order(session_orders::order_id)
        .select(Share::as_select())
        .load(connection)?;
    let ids: Vec<Uuid> = shares.iter().map(|share| share.order_id).collect();
    let orders = order::lock(connection, &ids)?;
    let state: String = checkout_sessions::table
        .find(row)
        .select(checkout_sessions::state)
        .for_update()
        .first(connection)?;

    match session.status {
        Status::Open if state == "minting" => update_row(connection, row, "open", session, now)?,
        Status::Open => {}
        Status::Expired => match state.as_str() {
            "minting" | "open" => update_row(connection, row, "expired", session, now)?,
            // We closed it ourselves: nobody abandoned it.
            "closing" => update_row(connection, row, "superseded", session, now)?,
            _ => {}
        },
        Status::PaymentPending => {
            complete(connection, row, &state, session, now)?;
            for order in &orders {
                order::advance(
                    connection,
                    order,
                    Fact::PaymentPending,
                    &doing(found_by, now),
                )?;
            }
        }
        Status::Paid => {
            complete(connection, row, &state, session, now)?;
            record_payment(
                connection,
                session,
                Some(row),
                &pair(&shares, &orders),
                found_by,
                now,
            )?;
        }
    }
    Ok(Settled::Ours)
}

/// What of a session's amount is for which order.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = session_orders)]
struct Share {
    order_id: Uuid,
    amount: i64,
}

fn find_row(connection: &mut PgConnection, session: &Session) -> QueryResult<Option<Uuid>> {
    let by_stripe_id = checkout_sessions::table
        .filter(checkout_sessions::stripe_id.eq(&session.id))
        .select(checkout_sessions::id)
        .first(connection)
        .optional()?;
    if by_stripe_id.is_some() {
        return Ok(by_stripe_id);
    }
    // A mint whose answer never reached us. A row that has another session already is not this one's.
    let Some(row) = session.row() else {
        return Ok(None);
    };
    checkout_sessions::table
        .find(row)
        .filter(checkout_sessions::stripe_id.is_null())
        .select(checkout_sessions::id)
        .first(connection)
        .optional()
}

fn complete(
    connection: &mut PgConnection,
    row: Uuid,
    state: &str,
    session: &Session,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if state == "complete" {
        Ok(())
    } else {
        update_row(connection, row, "complete", session, now)
    }
}

/// Stripe's states only move forward, so a row that is at its end takes no earlier one; callers
/// hold its lock and have looked.
fn update_row(
    connection: &mut PgConnection,
    row: Uuid,
    state: &str,
    session: &Session,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let ended_at = if state == "open" { None } else { Some(now) };
    let url = if state == "open" {
        Some(session.url.as_deref().ok_or_else(no_url)?)
    } else {
        None
    };
    let day = chrono::Duration::hours(24);
    diesel::update(checkout_sessions::table.find(row))
        .set((
            checkout_sessions::state.eq(state),
            checkout_sessions::stripe_id.eq(&session.id),
            checkout_sessions::url.eq(url),
            checkout_sessions::livemode.eq(session.livemode),
            // Stripe's default and ceiling, should its answer not say.
            checkout_sessions::expires_at.eq(session.expires_at.unwrap_or(now + day)),
            checkout_sessions::request_body.eq(None::<String>),
            checkout_sessions::failure.eq(None::<String>),
            checkout_sessions::ended_at.eq(ended_at),
        ))
        .execute(connection)?;
    diesel::update(
        checkout_sessions::table
            .find(row)
            .filter(checkout_sessions::minted_at.is_null()),
    )
    .set(checkout_sessions::minted_at.eq(now))
    .execute(connection)
    .map(drop)
}

fn no_url() -> QueryError {
    QueryError::DeserializationError("Stripe told of an open session without its address".into())
}

fn pair<'a>(shares: &'a [Share], orders: &'a [Order]) -> Vec<(&'a Share, &'a Order)> {
    shares
        .iter()
        .filter_map(|share| {
            Some((
                share,
                orders.iter().find(|order| order.id == share.order_id)?,
            ))
        })
        .collect()
}

/// Writes a payment down once, with what it is to each order, and moves the orders. No orders: money
/// that a person must place.
fn record_payment(
    connection: &mut PgConnection,
    session: &Session,
    row: Option<Uuid>,
    owed: &[(&Share, &Order)],
    found_by: FoundBy,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (amount, currency) = (
        session.amount_total.unwrap_or(0),
        session.currency.clone().unwrap_or_default(),
    );
    let id = random::row_id(now);
    let new = diesel::insert_into(payments::table)
        .values((
            payments::id.eq(id),
            payments::stripe_session_id.eq(&session.id),
            payments::session_id.eq(row),
            payments::payment_intent.eq(&session.payment_intent),
            payments::amount.eq(amount),
            payments::currency.eq(&currency),
            payments::found_by.eq(found_by.name()),
            payments::found_at.eq(now),
        ))
        .on_conflict(payments::stripe_session_id)
        .do_nothing()
        .execute(connection)?;
    if new == 0 {
        return Ok(());
    }
    let detail = json!({ "amount": amount, "currency": currency, "payment_intent": session.payment_intent, "found_by": found_by });
    if owed.is_empty() {
        return tell(
            connection,
            None,
            Level::Attention,
            "a payment came that belongs to no order we know".to_owned(),
            detail,
            now,
        );
    }
    let asked: i64 = owed.iter().map(|(share, _)| share.amount).sum();
    for (share, order) in owed {
        // A payment of the whole session's amount is each order's own share of it.
        let part = if asked == amount {
            share.amount
        } else {
            amount
        };
        let judged = match Currency::parse(&currency) {
            Ok(currency) => verdict(order.state, order.total, Money::new(part, currency)),
            Err(_) => Verdict::Mismatch,
        };
        diesel::insert_into(payment_allocations::table)
            .values((
                payment_allocations::payment_id.eq(id),
                payment_allocations::order_id.eq(order.id),
                payment_allocations::amount.eq(part),
                payment_allocations::verdict.eq(judged.name()),
            ))
            .execute(connection)?;
        let (level, what) = match judged {
            Verdict::Settles => (Level::Info, "payment received"),
            Verdict::SecondPayment => (
                Level::Attention,
                "a second payment came for an order that is settled",
            ),
            Verdict::Mismatch => (Level::Attention, "a payment came that is not what was owed"),
        };
        tell(
            connection,
            Some(order.id),
            level,
            what.to_owned(),
            detail.clone(),
            now,
        )?;
        order::advance(
            connection,
            order,
            Fact::Payment(judged),
            &doing(found_by, now),
        )?;
    }
    Ok(())
}

fn doing(found_by: FoundBy, at: DateTime<Utc>) -> Doing {
    Doing {
        actor: format!("stripe, by {}", found_by.name()),
        at,
        note: None,
    }
}

fn tell(
    connection: &mut PgConnection,
    order_id: Option<Uuid>,
    level: Level,
    what: String,
    detail: serde_json::Value,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let actor = "stripe".to_owned();
    activity::record(
        connection,
        activity::Line {
            at,
            order_id,
            category: "payment",
            level,
            actor,
            what,
            detail,
        },
    )
}
