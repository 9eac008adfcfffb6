//! Settlement: bring our rows in line with how a Checkout Session stands.
//!
//! Webhook, return page, next click and sweep all come here, with a session as Stripe told it. What
//! follows is decided by the session's state and by our rows, not by who came first: twice, late or
//! out of order are no special cases.
//!
//! Locks are taken in one order: orders by id, then the session, then payments.

mod debit;
pub(crate) mod dispute;
mod expiry;
mod foreign;
mod imported;
pub mod order_refunds;
pub(crate) mod payment;
mod pricing;
pub(crate) mod refund;
pub(crate) mod refund_asked_for;
mod refund_progress;
mod refunds_at_stripe;
mod session_row;
pub mod verdict;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

pub use self::{
    dispute::disputed,
    imported::{may_be_imported, payment_known, record_imported, unplaced},
    payment::{Payment, payments_of},
    refund::refunded,
    refund_asked_for::Answer,
    refunds_at_stripe::{RefundsAtStripe, ask_for_refunds},
};
use self::{
    expiry::Expired,
    session_row::{Minted, Opened, open_minted},
};
use crate::{
    activity::Doing,
    app::App,
    column::column_enum,
    db::DbError,
    gateway::{Session, session::Status},
    order::{self, Order},
    reminder::purchases,
    rounds,
    schema::{checkout_sessions, session_orders},
    session::{OpenSession, SessionState},
};

column_enum! {
    /// Who found a payment first.
    pub enum FoundBy {
        /// Stripe told us.
        Webhook = "webhook",
        /// The payer came back, and we asked.
        Return = "return",
        /// Somebody clicked the link again, and we asked.
        Click = "click",
        /// We looked at Stripe for what never reached us.
        Sweep = "sweep",
        /// An import told of a payment in an older system.
        Import = "import",
    }
}

impl FoundBy {
    /// What Stripe's word does to an order, however it reached us.
    pub fn doing(self, at: DateTime<Utc>) -> Doing {
        Doing {
            actor: format!("stripe, by {}", self.name()),
            at,
            note: None,
        }
    }
}

/// What a session turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// One of ours; its rows are in line now.
    Ours,
    /// We have no row of it, and it is not ignored: it carries our mark (a restored backup, a second
    /// instance), or the shop wants to know of other systems' payments.
    Unknown,
    /// Another system opened it.
    Foreign,
}

/// The session that a click has just minted: one statement where it is as simple as nearly always, else
/// [`settle`]. Tells it if it is open, and certain to say what it should.
///
/// # Errors
/// The database's.
pub async fn minted(app: &App, session: Session) -> Result<Option<OpenSession>, DbError> {
    if let Some(minted) = Minted::of(&session, app.clock.now(), app.build) {
        match rounds::ask(app, minted, open_minted).await? {
            Opened::Right(session) => return Ok(Some(session)),
            Opened::Open => return Ok(None),
            Opened::Not => {}
        }
    }
    settle(app, session, FoundBy::Click).await?;
    Ok(None)
}

/// [`settle_in`], in a transaction of its own, now.
///
/// # Errors
/// The database's.
pub async fn settle(app: &App, session: Session, found_by: FoundBy) -> Result<Settled, DbError> {
    let (db, app) = (app.db.clone(), app.clone());
    db.transaction(move |connection| settle_in(connection, &app, &session, found_by))
        .await
}

/// Brings the session's row, its orders and its payment in line with `session`, inside the caller's
/// transaction.
///
/// # Errors
/// The database's; nothing has changed then.
pub fn settle_in(
    connection: &mut PgConnection,
    app: &App,
    session: &Session,
    found_by: FoundBy,
) -> QueryResult<Settled> {
    let now = app.clock.now();
    let Some(row) = find_row(connection, session)? else {
        return foreign::without_a_row(connection, session, found_by, now);
    };
    let mut shares: Vec<Share> = session_orders::table
        .filter(session_orders::session_id.eq(row))
        .order(session_orders::order_id)
        .select(Share::as_select())
        .load(connection)?;
    let ids: Vec<Uuid> = shares.iter().map(|share| share.order_id).collect();
    let orders = order::lock(connection, &ids)?;
    // Locked after the orders, as by everybody. What follows is decided by the state, so nobody may
    // change it meanwhile: a click, the worker and the sweep may settle one session at one moment.
    let state: SessionState = checkout_sessions::table
        .find(row)
        .select(checkout_sessions::state)
        .for_update()
        .first(connection)?;

    // Before the payment is judged: what a catalogue price comes to is what is owed.
    if state == SessionState::Minting {
        pricing::learn(connection, row, session, &mut shares, &orders)?;
    }
    purchases::learn(connection, session, now)?;
    match session.status {
        Status::Open if state == SessionState::Minting => {
            session_row::update(connection, row, SessionState::Open, session, now)?;
        }
        Status::Open => {}
        Status::Expired => {
            if let Some(expired) = expire(connection, row, state, session, now)? {
                expiry::decide(connection, app, row, expired, session, &orders)?;
            }
        }
        Status::PaymentPending => {
            complete(connection, row, state, session, now)?;
            debit::is_on_its_way(connection, row, &orders, &found_by.doing(now))?;
        }
        Status::PaymentFailed => {
            complete(connection, row, state, session, now)?;
            debit::has_failed(connection, row, &orders, &found_by.doing(now))?;
        }
        Status::Paid => {
            complete(connection, row, state, session, now)?;
            payment::record(
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
    /// `None`: catalogue prices, whose amount Stripe has not told yet.
    amount: Option<i64>,
    /// Of the order, as asked of Stripe.
    version: i32,
}

/// By Stripe's id, or by our mark where a mint's answer never reached us; a row that has another
/// session already is not this one's.
fn find_row(connection: &mut PgConnection, session: &Session) -> QueryResult<Option<Uuid>> {
    let is_it = checkout_sessions::stripe_id.eq(session.id.as_str());
    let marked = checkout_sessions::stripe_id
        .is_null()
        .and(checkout_sessions::id.nullable().eq(session.row()));
    checkout_sessions::table
        .filter(is_it.assume_not_null().or(marked.assume_not_null()))
        .order(is_it.desc().nulls_last())
        .select(checkout_sessions::id)
        .first(connection)
        .optional()
}

/// What its end is to a session whose row is in `state`, with the row brought in line. `None`: the row
/// had come to another end.
fn expire(
    connection: &mut PgConnection,
    row: Uuid,
    state: SessionState,
    session: &Session,
    now: DateTime<Utc>,
) -> QueryResult<Option<Expired>> {
    match state {
        SessionState::Minting | SessionState::Open => {
            session_row::update(connection, row, SessionState::Expired, session, now)?;
            Ok(Some(Expired::ByTime))
        }
        // We closed it ourselves: nobody abandoned it.
        SessionState::Closing => {
            session_row::update(connection, row, SessionState::Superseded, session, now)?;
            Ok(Some(Expired::ByUs))
        }
        // One that was given up, retired or imported is decided on here. Any other is decided on
        // already, and stays as it was.
        SessionState::Superseded => Ok(Some(Expired::ByUs)),
        SessionState::Complete | SessionState::Expired | SessionState::Failed => Ok(None),
    }
}

fn complete(
    connection: &mut PgConnection,
    row: Uuid,
    state: SessionState,
    session: &Session,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    match state {
        SessionState::Complete => Ok(()),
        SessionState::Minting
        | SessionState::Open
        | SessionState::Closing
        | SessionState::Expired
        | SessionState::Superseded
        | SessionState::Failed => {
            session_row::update(connection, row, SessionState::Complete, session, now)
        }
    }
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
