//! Recovery: a checkout that the shop's own site opened, and nobody finished, becomes an order of ours
//! with the same cart, and perhaps one reminder whose link restores it.
//!
//! Off until the shop turns it on. [`expired`] decides about one session: what the rule says of it is
//! a row, whatever it says. What was in the cart is read at Stripe only for those who will be written
//! to, and kept of nobody else.

pub mod backfill;
mod bought;
mod cart;
mod figures;
mod left;
mod row;
pub mod simulate;
mod totals;

use std::time::Duration;

use diesel::{Connection, prelude::*};
use tokio::time::Instant;

use self::{
    cart::{Cart, Unrestorable},
    row::Left,
};
pub use self::{
    figures::{Amounts, Figures, figures},
    left::COMES_BACK,
    totals::remain,
};
use crate::{
    app::App,
    db::DbError,
    gateway::{CallError, Session},
    order::{self, Created, Doing, Kind, Order, email::Email, state::State},
    reminder::{
        self, Decided, Terms,
        rule::{Facts, Lately, Reason, rule},
    },
    settings,
    settlement::{expired_at, schedule},
    suppression::{self, AddressHash, AddressKey},
};

const READ_BUDGET: Duration = Duration::from_secs(4);

/// What was decided about a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// One reminder will follow.
    Scheduled,
    /// None, and why.
    Skipped(Reason),
    /// It was decided on before.
    Known,
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Stripe did not tell what was in the cart.
    #[error("{0}")]
    Stripe(#[from] CallError),
    /// The database.
    #[error("{0}")]
    Database(#[from] DbError),
    /// The cart cannot be put together again.
    #[error("{0}")]
    Unrestorable(#[from] Unrestorable),
}

/// How a decision is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asking {
    /// When a reminder is sent.
    pub terms: Terms,
    /// A person asks: what was skipped because recovery was off, or as too old, is decided again.
    pub by_hand: bool,
    /// Nothing is written.
    pub dry_run: bool,
}

/// Decides about a session of another system that expired. Decided on again, it stays as it was.
///
/// # Errors
/// [`RecoveryError`]; nothing was decided then.
pub async fn expired(
    app: &App,
    session: &Session,
    asking: Asking,
) -> Result<Decision, RecoveryError> {
    if let Some(decision) = step(app, session, None, asking).await? {
        return Ok(decision);
    }
    if asking.dry_run {
        return Ok(Decision::Scheduled);
    }
    let deadline = Instant::now() + READ_BUDGET;
    let items = app.stripe.line_items(&session.id, deadline).await?;
    let cart = cart::of(session, &items)?;
    // Asked again: somebody may have bought, or unsubscribed, while Stripe was asked.
    Ok(step(app, session, Some(cart), asking)
        .await?
        .unwrap_or(Decision::Known))
}

/// `None`: a reminder may follow, and what is in the cart must be known for it.
async fn step(
    app: &App,
    session: &Session,
    cart: Option<Cart>,
    asking: Asking,
) -> Result<Option<Decision>, DbError> {
    let (db, app, session) = (app.db.clone(), app.clone(), session.clone());
    db.run(move |connection| {
        connection
            .transaction(|connection| decide(connection, &app, &session, cart.as_ref(), asking))
    })
    .await
}

fn decide(
    connection: &mut PgConnection,
    app: &App,
    session: &Session,
    cart: Option<&Cart>,
    asking: Asking,
) -> QueryResult<Option<Decision>> {
    let now = app.clock.now();
    let email = session
        .email
        .as_deref()
        .and_then(|address| Email::parse(address).ok());
    let hash = match &email {
        Some(email) => Some(AddressKey::load(connection)?.hash(email.as_str())),
        None => None,
    };
    if let Some(hash) = hash {
        reminder::lock_address(connection, hash)?;
    }
    let before = row::decided(connection, &session.id)?;
    if before.as_ref().is_some_and(|before| stands(before, asking)) {
        return Ok(Some(Decision::Known));
    }
    let terms = asking.terms;
    let reason = rule(&facts(
        connection,
        app,
        session,
        email.as_ref().zip(hash),
        terms,
    )?);
    if asking.dry_run || (reason.is_none() && cart.is_none()) {
        return Ok(reason.map(Decision::Skipped));
    }
    if before.is_some() {
        row::forget(connection, &session.id)?;
    }
    let left = Left {
        session,
        hash,
        expired_at: expired_at(session, now),
    };
    let session_row = row::keep(connection, &left, now)?;
    let due_at = left.expired_at + terms.delay;
    let (order, outcome) = match reason {
        Some(reason) => (None, Err(reason)),
        None => match restored(connection, cart, session_row, &left, app)? {
            Some(order) => {
                let mail = schedule(connection, app, &order, hash, due_at)?;
                (Some(order.id), mail.ok_or(Reason::AlreadyReminded))
            }
            None => (None, Err(Reason::AlreadyReminded)),
        },
    };
    let decided = Decided {
        session: session_row,
        order,
        expired_at: left.expired_at,
        due_at,
        good_until: asking.by_hand.then(|| left.expired_at + terms.max_age),
        outcome,
    };
    reminder::decided(connection, &decided, now)?;
    Ok(Some(match outcome {
        Ok(_) => Decision::Scheduled,
        Err(reason) => Decision::Skipped(reason),
    }))
}

/// Whether what was decided before is the last word.
fn stands((decision, reason): &(String, Option<String>), asking: Asking) -> bool {
    let open_to_a_person = [Reason::RecoveryDisabled, Reason::TooOld].map(Reason::name);
    let reason = reason.as_deref().unwrap_or_default();
    !(asking.by_hand && decision == "skipped" && open_to_a_person.contains(&reason))
}

fn facts(
    connection: &mut PgConnection,
    app: &App,
    session: &Session,
    address: Option<(&Email, AddressHash)>,
    terms: Terms,
) -> QueryResult<Facts> {
    let now = app.clock.now();
    let lately = match address {
        Some((email, hash)) => reminder::lately(connection, email.as_str(), hash, None, now)?,
        None => Lately::default(),
    };
    let hash = address.map(|(_, hash)| hash);
    Ok(Facts {
        test_mode: session.livemode.is_some_and(|mode| mode != app.livemode),
        superseded: false,
        state: State::Open,
        already_reminded: false,
        kind: Kind::Recovered,
        wanted: settings::read(connection)?.recovery_enabled,
        has_email: address.is_some(),
        suppressed: !suppression::among(connection, hash)?.is_empty(),
        age: now - expired_at(session, now),
        max_age: terms.max_age,
        lately,
    })
}

/// The order that restores the cart; `None` if one stands already.
fn restored(
    connection: &mut PgConnection,
    cart: Option<&Cart>,
    session_row: uuid::Uuid,
    left: &Left,
    app: &App,
) -> QueryResult<Option<Order>> {
    let Some(cart) = cart else {
        return Ok(None);
    };
    let doing = Doing {
        actor: "recovery".to_owned(),
        at: app.clock.now(),
        note: None,
    };
    let started_at = left.session.created.unwrap_or(left.expired_at);
    match order::restore(connection, &cart.order, cart.amount, started_at, &doing)? {
        Created::New(order) => {
            row::belongs_to(connection, session_row, &order)?;
            Ok(Some(order))
        }
        Created::Stands { .. } => Ok(None),
    }
}
