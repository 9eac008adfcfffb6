//! A click on a pay link: where does it lead?
//!
//! [`click`] walks from what the database says to a checkout session that can be paid, one
//! [`Step`] at a time. [`close::closed_first`] walks the other way, before an order changes.

pub mod alone;
pub mod close;
mod row;
pub mod session;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

pub use self::row::load;
use self::{
    row::{Beginning, Begun, Failure},
    session::{Attempt, Live, Step, next_step},
};
use crate::{
    activity::{self, Level},
    app::App,
    db::DbError,
    gateway::{
        CallError, Session,
        mint::{MintLine, MintParams},
    },
    link::{self, token::PayClaims},
    order::{Order, line::Line},
    settlement::{self, FoundBy},
    visitor::Visitor,
};

/// More steps than any walk needs; a walk that takes them goes in circles.
const STEPS: usize = 12;
/// Attempts that one click makes, each under its own key.
const POSTS: usize = 2;
/// Sessions are searched from a little before the first post: Stripe's clock is not ours.
const CLOCKS_DIFFER: chrono::Duration = chrono::Duration::minutes(1);

/// Where a click leads.
#[derive(Debug)]
pub enum Door {
    /// To Stripe's checkout.
    Redirect(String),
    /// To a page that says how the order stands.
    Show(Order),
    /// To a page that says that the link was replaced by a newer one.
    Replaced(Order),
    /// To a page with a contact: Stripe will not take this order as it is.
    Refused(Order),
    /// To a page that asks to wait: too many fresh sessions for this order.
    TooMany(Order),
    /// To a page that tries again by itself: Stripe or the database is away. Nothing is lost.
    TryAgain,
    /// Nowhere: there is no such order.
    Unknown,
}

impl Door {
    /// A word for it, for the counters.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Redirect(_) => "redirect",
            Self::Show(_) => "page",
            Self::Replaced(_) => "replaced",
            Self::Refused(_) => "refused",
            Self::TooMany(_) => "too_many",
            Self::TryAgain => "try_again",
            Self::Unknown => "unknown",
        }
    }
}

/// Leads `visitor`, who holds a link to an order, to the order's payable session, minting one if
/// needed, within the click's budget.
///
/// Whatever happens in between, also when this future is dropped, the next click goes on from the
/// rows.
pub async fn click(app: &App, link: &PayClaims, visitor: Visitor) -> Door {
    let order_id = link.order_id;
    let deadline = Instant::now() + app.click_budget;
    match tokio::time::timeout_at(deadline, walk(app, link, visitor, deadline)).await {
        Ok(Ok(door)) => door,
        Ok(Err(Trouble::Database(error))) => {
            log::error!("a click found no database: {error}");
            Door::TryAgain
        }
        Ok(Err(Trouble::Stripe(error))) => {
            log::warn!("a click for order {order_id} waits for Stripe: {error}");
            Door::TryAgain
        }
        Err(_) => {
            log::warn!("a click for order {order_id} ran out of time");
            Door::TryAgain
        }
    }
}

/// Asks Stripe once how the order's payable session stands, and settles what it says: the way of
/// the page that payers come back to.
///
/// # Errors
/// The database's.
pub async fn look(app: &App, order_id: Uuid) -> Result<Looked, DbError> {
    let deadline = Instant::now() + Duration::from_secs(5).min(app.click_budget);
    let found = app
        .db
        .run(move |connection| load(connection, order_id))
        .await?;
    let Some((order, Some(live))) = found else {
        return Ok(Looked::Known);
    };
    let Some(stripe_id) = live.stripe_id().filter(|_| order.state.is_payable()) else {
        return Ok(Looked::Known);
    };
    match app.stripe.read(stripe_id, deadline).await {
        Ok(session) => settlement::settle(app, session, FoundBy::Return)
            .await
            .map(|_| Looked::Known),
        Err(error) => {
            log::warn!(
                "a payer came back to order {order_id}, and Stripe did not tell more: {error}"
            );
            Ok(Looked::NoAnswer)
        }
    }
}

/// What a look at Stripe brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// The order is as Stripe knows it.
    Known,
    /// Stripe did not tell; the payer may have paid.
    NoAnswer,
}

#[derive(Debug)]
enum Trouble {
    Database(DbError),
    Stripe(CallError),
}

impl From<DbError> for Trouble {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

async fn walk(
    app: &App,
    link: &PayClaims,
    visitor: Visitor,
    deadline: Instant,
) -> Result<Door, Trouble> {
    let order_id = link.order_id;
    // The quick way first: no lock for a session that can be handed out as it is.
    let mut alone = None;
    let mut posts = 0;
    for _ in 0..STEPS {
        let found = app
            .db
            .run(move |connection| load(connection, order_id))
            .await?;
        let Some((order, live)) = found else {
            return Ok(Door::Unknown);
        };
        if link.link_version < order.link_version {
            return Ok(Door::Replaced(order));
        }
        let wanted = params(app, &order).hash();
        let step = next_step(
            order.state,
            live.as_ref(),
            &wanted,
            app.reuse_min,
            app.clock.now(),
        );
        match step {
            Step::Show => return Ok(Door::Show(order)),
            Step::HandOut(url) if app.checkout_hosts.allow(&url) => return Ok(Door::Redirect(url)),
            Step::HandOut(_) => {
                log::error!(
                    "order {order_id}: its checkout is on a host that CHECKOUT_HOSTS does not name"
                );
                return Ok(Door::Refused(order));
            }
            // A second click on this replica waits for the first one's answer, then looks again.
            _ if alone.is_none() => alone = Some(app.one_at_a_time.lock(order_id).await),
            // Stripe failed twice and made nothing: the payer is better off waiting.
            Step::Post(_) if posts == POSTS => return Ok(Door::TryAgain),
            step => {
                posts += usize::from(matches!(step, Step::Post(_)));
                if let Some(door) =
                    take(app, &order, live.as_ref(), step, visitor, deadline).await?
                {
                    return Ok(door);
                }
            }
        }
    }
    log::error!("a click for order {order_id} went in circles");
    Ok(Door::TryAgain)
}

/// Takes one step; `None`: look again.
async fn take(
    app: &App,
    order: &Order,
    live: Option<&Live>,
    step: Step,
    visitor: Visitor,
    deadline: Instant,
) -> Result<Option<Door>, Trouble> {
    match (step, live) {
        (Step::Post(attempt), Some(live)) => post(app, order, live.id, attempt, deadline).await,
        (Step::Search(attempt), Some(live)) => search(app, live.id, &attempt, deadline)
            .await
            .map(|()| None),
        (Step::Replace(stripe_id), Some(live)) => {
            let row = live.id;
            app.db
                .run(move |connection| row::mark_closing(connection, row))
                .await?;
            close_at_stripe(app, stripe_id, deadline)
                .await
                .map(|()| None)
        }
        (Step::Close(stripe_id), _) => close_at_stripe(app, stripe_id, deadline)
            .await
            .map(|()| None),
        (Step::Read(stripe_id), _) => {
            let answer = app.stripe.read(&stripe_id, deadline).await;
            settle_answer(app, stripe_id, answer).await.map(|()| None)
        }
        (Step::Begin, _) => begin(app, order, visitor).await,
        (Step::Show | Step::HandOut(_) | Step::Post(_) | Step::Search(_) | Step::Replace(_), _) => {
            Ok(None)
        }
    }
}

async fn begin(app: &App, order: &Order, visitor: Visitor) -> Result<Option<Door>, Trouble> {
    let params = params(app, order);
    let return_url = link::return_url(&app.public_url, &app.pay_token(order));
    let (hash, now, order) = (params.hash(), app.clock.now(), order.clone());
    let begun = app.db.run({
        let order = order.clone();
        move |connection| {
            let beginning = Beginning {
                order: &order,
                params_hash: &hash,
                asked_by: visitor,
            };
            row::begin(
                connection,
                &beginning,
                |row| params.body(row, &return_url),
                now,
            )
        }
    });
    Ok(match begun.await? {
        Begun::LookAgain => None,
        Begun::TooMany => Some(Door::TooMany(order)),
        Begun::RefusedLately => Some(Door::Refused(order)),
    })
}

/// Asks Stripe for the session. A refusal ends the attempt; an outcome that Stripe leaves open is
/// looked up among the sessions made since.
async fn post(
    app: &App,
    order: &Order,
    row: Uuid,
    attempt: Attempt,
    deadline: Instant,
) -> Result<Option<Door>, Trouble> {
    app.pace.wait_for_a_mint(&app.db, deadline).await?;
    match app
        .stripe
        .create(&attempt.body, &attempt.key, deadline)
        .await
    {
        Ok(session) => {
            adopt(app, session).await?;
            Ok(None)
        }
        Err(CallError::Refused { status, code, .. }) => {
            let why = Failure::Refused {
                status,
                code: code.unwrap_or_default(),
            };
            refused(app, order, row, why).await?;
            Ok(Some(Door::Refused(order.clone())))
        }
        Err(CallError::Failed { .. } | CallError::Unreadable(_)) => {
            search(app, row, &attempt, deadline).await.map(|()| None)
        }
        Err(error) => {
            if matches!(error, CallError::Busy { status: 429 }) {
                app.pace.slow_down(app.clock.now());
            }
            Err(Trouble::Stripe(error))
        }
    }
}

/// Looks among the sessions that Stripe made since the first post: ours is adopted; if there is
/// none, the attempt is over.
async fn search(app: &App, row: Uuid, attempt: &Attempt, deadline: Instant) -> Result<(), Trouble> {
    let since = attempt.posted_at - CLOCKS_DIFFER;
    match app
        .stripe
        .find_minted(row, since, deadline)
        .await
        .map_err(Trouble::Stripe)?
    {
        Some(session) => adopt(app, session).await,
        None => {
            let now = app.clock.now();
            app.db
                .run(move |connection| row::fail(connection, row, &Failure::Lost, now))
                .await?;
            Ok(())
        }
    }
}

/// A session of ours as Stripe has it: its row becomes what it is.
async fn adopt(app: &App, session: Session) -> Result<(), Trouble> {
    settlement::settle(app, session, FoundBy::Click).await?;
    Ok(())
}

async fn close_at_stripe(app: &App, stripe_id: String, deadline: Instant) -> Result<(), Trouble> {
    let answer = app.stripe.close(&stripe_id, deadline).await;
    settle_answer(app, stripe_id, answer).await
}

async fn settle_answer(
    app: &App,
    stripe_id: String,
    answer: Result<Session, CallError>,
) -> Result<(), Trouble> {
    match answer {
        Ok(session) => settlement::settle(app, session, FoundBy::Click)
            .await
            .map(drop)?,
        // Our key is of another account or mode by now: nobody can pay there what we would see.
        Err(CallError::Refused { status: 404, .. }) => {
            let now = app.clock.now();
            log::error!(
                "session {stripe_id} is unknown to the account of STRIPE_SECRET_KEY; it is given up"
            );
            app.db
                .run(move |connection| row::give_up(connection, &stripe_id, now))
                .await?;
        }
        Err(error) => return Err(Trouble::Stripe(error)),
    }
    Ok(())
}

async fn refused(app: &App, order: &Order, row: Uuid, why: Failure) -> Result<(), Trouble> {
    log::error!("Stripe refuses order {}: {why}", order.id);
    let (now, order_id): (DateTime<Utc>, _) = (app.clock.now(), order.id);
    app.metrics.refused_mints.inc();
    app.db
        .run(move |connection| {
            use diesel::Connection;
            connection.transaction(|connection| {
                if !row::fail(connection, row, &why, now)? {
                    return Ok(());
                }
                let line = activity::Line {
                    at: now,
                    order_id: Some(order_id),
                    category: "checkout",
                    level: Level::Attention,
                    actor: "stripe".to_owned(),
                    what: format!("Stripe refuses to open a checkout ({why})"),
                    detail: json!({ "session": row }),
                };
                activity::record(connection, line)
            })
        })
        .await?;
    Ok(())
}

fn params(app: &App, order: &Order) -> MintParams {
    MintParams {
        order_id: order.id,
        reference: order.reference.clone(),
        customer_email: order.email.as_ref().map(|email| email.as_str().to_owned()),
        currency: order.total.currency.code().to_owned(),
        lines: order.lines.iter().filter_map(mint_line).collect(),
        metadata: order.metadata.clone(),
        locale: order.locale.as_str().to_owned(),
        public_url: app.public_url.to_string(),
        livemode: app.livemode,
        link_version: order.link_version,
    }
}

fn mint_line(line: &Line) -> Option<MintLine> {
    match line {
        Line::Inline {
            description,
            unit_amount,
            quantity,
        } => Some(MintLine {
            description: description.to_string(),
            unit_amount: *unit_amount,
            quantity: quantity.get(),
        }),
        // Orders with catalogue prices are not taken in yet.
        Line::Catalogue { .. } => None,
    }
}
