//! Recovery: a checkout that the shop's own site opened, and nobody finished, becomes an order of ours
//! with the same cart, and perhaps one reminder whose link restores it.
//!
//! Off until the shop turns it on. [`expired`] decides about one session: what the rule says of it is
//! a row, whatever it says. What was in the cart is read at Stripe only for those who will be written
//! to, and kept of nobody else.

mod abandoned;
pub mod backfill;
mod cart;
mod figures;
mod horizon;
mod ours;
pub mod people;
mod row;
pub mod simulate;
mod totals;

use std::time::Duration;

use diesel::prelude::*;
use tokio::time::Instant;

pub use self::{
    abandoned::COMES_BACK,
    figures::{Amounts, Figures, figures, figures_between, figures_by_day},
    horizon::{note_gone, prune_before},
    ours::is_ours,
    totals::remain,
};
use self::{
    horizon::kept_since,
    row::{Before, ExpiredSession},
};
use crate::{
    activity::Doing,
    app::App,
    db::DbError,
    gateway::{CallError, Session},
    order::{self, Created, Kind, Order, Restored, email::Email},
    outbox,
    reminder::{
        self, Decided, Terms, purchases,
        rule::{CartSession, Circumstances, Facts, LastWeek, Reason, rule},
    },
    settings::{self, Settings},
    suppression::{self, AddressHash, AddressKey},
    upstream::UpstreamError,
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

/// What was in a cart, or why it cannot be restored.
type Content = Result<Restored, Reason>;

/// Decides about a session of another system that expired. Decided on again, it stays as it was.
///
/// # Errors
/// [`UpstreamError`]; nothing was decided then.
pub async fn expired(
    app: &App,
    session: &Session,
    asking: Asking,
) -> Result<Decision, UpstreamError> {
    if let Some(decision) = step(app, session, None, asking).await? {
        return Ok(decision);
    }
    let deadline = Instant::now() + READ_BUDGET;
    let content = match app.stripe.line_items(session.id.as_str(), deadline).await {
        Ok(items) => cart::of(session, &items).ok_or(Reason::NotRestorable),
        Err(CallError::Refused { status: 404, .. }) => Err(Reason::NotRestorable),
        Err(error) => return Err(error.into()),
    };
    // Asked again: somebody may have bought, or unsubscribed, while Stripe was asked.
    Ok(step(app, session, Some(content), asking)
        .await?
        .unwrap_or(Decision::Known))
}

/// `None`: a reminder may follow, and what is in the cart must be known for it.
async fn step(
    app: &App,
    session: &Session,
    content: Option<Content>,
    asking: Asking,
) -> Result<Option<Decision>, DbError> {
    let (db, app, session) = (app.db.clone(), app.clone(), session.clone());
    db.transaction(move |connection| decide(connection, &app, &session, content.as_ref(), asking))
        .await
}

fn decide(
    connection: &mut PgConnection,
    app: &App,
    session: &Session,
    content: Option<&Content>,
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
        purchases::lock_address(connection, hash)?;
    }
    let before = row::before(connection, session.id.as_str())?;
    if !before.may_be_decided(asking) {
        return Ok(Some(Decision::Known));
    }
    let terms = asking.terms;
    let settings = settings::hold(connection)?;
    let address = email.as_ref().zip(hash);
    let reason = rule(&facts(connection, app, &settings, session, address, terms)?)
        .or_else(|| content.and_then(|content| content.as_ref().err().copied()));
    let expired_at = session.expired_at(now);
    if expired_at < kept_since(connection, &settings, now, app.reminders.max_age)? {
        // What it came to has been counted, and whether somebody was reminded of it is forgotten.
        return Ok(Some(Decision::Skipped(reason.unwrap_or(Reason::TooOld))));
    }
    if reason.is_none() && content.is_none() {
        return Ok(None);
    }
    if asking.dry_run {
        return Ok(Some(reason.map_or(Decision::Scheduled, Decision::Skipped)));
    }
    if before != Before::Unknown {
        row::forget(connection, session.id.as_str())?;
    }
    let expired = ExpiredSession {
        session,
        hash,
        expired_at,
    };
    let session_row = row::keep(connection, &expired, now)?;
    let due_at = expired_at + terms.delay;
    let (order, outcome) = match (reason, content) {
        (None, Some(Ok(cart))) => match restored(connection, cart, session_row, &expired, app)? {
            Some(order) => {
                let mail = outbox::reminder::queue(connection, app, &order, hash, due_at)?;
                (Some(order.id), mail.ok_or(Reason::AlreadyReminded))
            }
            None => (None, Err(Reason::AlreadyReminded)),
        },
        (reason, _) => (None, Err(reason.unwrap_or(Reason::NotRestorable))),
    };
    let decided = Decided {
        session: session_row,
        order,
        expired_at,
        due_at,
        good_until: asking.by_hand.then(|| expired_at + terms.max_age),
        outcome,
    };
    reminder::decided(connection, &decided, now)?;
    Ok(Some(match outcome {
        Ok(_) => Decision::Scheduled,
        Err(reason) => Decision::Skipped(reason),
    }))
}

fn facts(
    connection: &mut PgConnection,
    app: &App,
    settings: &Settings,
    session: &Session,
    address: Option<(&Email, AddressHash)>,
    terms: Terms,
) -> QueryResult<Facts> {
    let now = app.clock.now();
    let last_week = match address {
        Some((email, hash)) => purchases::last_week(connection, email.as_str(), hash, None, now)?,
        None => LastWeek::default(),
    };
    let hash = address.map(|(_, hash)| hash);
    let cart = CartSession {
        test_mode: session.livemode.is_some_and(|mode| mode != app.livemode),
        has_email: address.is_some(),
    };
    let around = Circumstances {
        enabled: settings.reminds(Kind::Recovered),
        suppressed: !suppression::among(connection, hash)?.is_empty(),
        age: now - session.expired_at(now),
        max_age: terms.max_age,
        last_week,
    };
    Ok(Facts::of_cart(cart, around))
}

/// The order that restores the cart; `None` if one stands already.
fn restored(
    connection: &mut PgConnection,
    cart: &Restored,
    session_row: uuid::Uuid,
    expired: &ExpiredSession,
    app: &App,
) -> QueryResult<Option<Order>> {
    let doing = Doing {
        actor: "recovery".to_owned(),
        at: app.clock.now(),
        note: None,
    };
    let started_at = expired.session.created.unwrap_or(expired.expired_at);
    match order::restore(connection, cart, started_at, &doing)? {
        Created::New(order) => {
            row::belongs_to(connection, session_row, &order)?;
            Ok(Some(order))
        }
        Created::Stands(_) => Ok(None),
    }
}
