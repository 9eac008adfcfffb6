//! A click on a pay link: where does it lead?
//!
//! [`click`] walks from what the database says to a checkout session that can be paid, one
//! [`Step`] at a time. [`close::closed_first`] walks the other way, before an order changes.

pub mod ask;
mod basis;
mod begin;
pub mod close;
mod end;
pub mod imported;
mod open;
mod params;
mod refusal;
mod row;
pub mod session;
mod step;
mod trial;

use std::{collections::HashMap, sync::OnceLock, time::Duration};

use diesel::{PgConnection, QueryResult};
use tokio::time::Instant;
use uuid::Uuid;

pub use self::{
    end::give_up,
    row::{CheckoutFacts, load},
    trial::{TrialError, forget_lost, try_out},
};
use self::{
    session::{Step, next_step},
    step::{Walk, take, turn_away},
};
use crate::{
    app::App,
    db::DbError,
    gateway::CallError,
    language::Language,
    link::token::PayClaims,
    looks::Look,
    order::Order,
    rounds,
    settlement::{self, FoundBy},
    upstream::UpstreamError,
    visitor::Visitor,
};

/// More steps than any walk needs: the longest resolves an old mint, closes its session, and begins as
/// often as [`LOST_AT_MOST`] lets it. A walk that takes them goes in circles.
const STEPS: usize = 12;
/// After so many attempts that Stripe failed at, a payer is better off waiting: each takes seconds, and
/// the page that tries again begins anew.
const LOST_AT_MOST: u32 = 2;

const FOREIGN_HOST: &str = "Stripe's checkout is on a host that CHECKOUT_HOSTS does not name";

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
    /// To a page that tries again by itself: Stripe or the database is away. Nothing is lost. The order's
    /// language, if it was read before that.
    TryAgain(Option<Language>),
    /// To a page that says that the order is no longer kept: we signed the link to it once.
    Gone,
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
            Self::TryAgain(_) => "try_again",
            Self::Gone => "gone",
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
    let language = OnceLock::new();
    let way = async {
        match open::again(app, link, app.reuse_min).await? {
            Some(door) => Ok(Some(door)),
            // It takes much room, which most clicks have no use for.
            None => Box::pin(walk(app, link, visitor, deadline, &language)).await,
        }
    };
    match tokio::time::timeout_at(deadline, way).await {
        Ok(Ok(Some(door))) => return door,
        // A reason has been logged.
        Ok(Ok(None)) => {}
        Ok(Err(UpstreamError::Database(error))) => error.log("checkout"),
        Ok(Err(UpstreamError::Stripe(error))) => {
            log::warn!("a click for order {order_id} waits for Stripe: {error}");
        }
        Err(_) => log::warn!("a click for order {order_id} ran out of time"),
    }
    Door::TryAgain(language.get().copied())
}

/// Asks Stripe once how the order's payable session stands, or the one whose bank debit is on its
/// way, and settles what it says: the way of the page that payers come back to. However many come to it,
/// Stripe is asked once in a few seconds ([`crate::looks`]).
///
/// # Errors
/// The database's.
pub async fn look(app: &App, order_id: Uuid, found_by: FoundBy) -> Result<Looked, DbError> {
    // A payer looks at an empty page for so long; the page that tries again asks once more.
    let deadline = Instant::now() + Duration::from_secs(5).min(app.click_budget);
    let unsettled = app
        .db
        .run(move |connection| row::unsettled(connection, order_id))
        .await?;
    let Some((stripe_id, payable)) = unsettled else {
        return Ok(Looked::Known);
    };
    // That a debit is on its way is known, and said.
    let unless_known = |looked| if payable { looked } else { Looked::Known };
    match app.looks.begin(order_id, app.clock.now()) {
        Look::Ask => {}
        Look::JustAsked => return Ok(unless_known(Looked::JustAsked)),
        Look::NoAnswer => return Ok(unless_known(Looked::NoAnswer)),
    }
    let answer = match app.stripe.read(&stripe_id, deadline).await {
        Ok(session) => settlement::settle(app, session, found_by)
            .await
            .map(|_| true),
        // Not of our account: nothing was paid there that we would ever see.
        Err(CallError::Refused { status: 404, .. }) => Ok(true),
        Err(error) => {
            log::warn!("Stripe did not tell more about order {order_id}: {error}");
            Ok(false)
        }
    };
    let answered = matches!(answer, Ok(true));
    app.looks.end(order_id, app.clock.now(), answered);
    Ok(match answer? {
        true => Looked::Known,
        false => unless_known(Looked::NoAnswer),
    })
}

/// What a look at Stripe brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// The order is as Stripe knows it.
    Known,
    /// Stripe did not tell; the payer may have paid.
    NoAnswer,
    /// Stripe was asked a moment ago and is not asked again yet; the payer may have paid meanwhile.
    JustAsked,
}

async fn walk(
    app: &App,
    link: &PayClaims,
    visitor: Visitor,
    deadline: Instant,
    language: &OnceLock<Language>,
) -> Result<Option<Door>, UpstreamError> {
    let order_id = link.order_id;
    // No lock for a session that can be handed out as it is.
    let mut alone = None;
    let mut looked = false;
    let mut walk = Walk {
        app,
        visitor,
        deadline,
        link_version: Some(link.link_version),
        began: None,
        lost: 0,
    };
    for step in 0..STEPS {
        // One that is minted now is handed out, however long it must live to be handed out again.
        let reuse_min = if walk.began.is_some() {
            chrono::Duration::zero()
        } else {
            app.reuse_min
        };
        // Before the first there was a look already.
        if step > 0
            && let Some(door) = open::again(app, link, reuse_min).await?
        {
            return Ok(Some(door));
        }
        let Some(found) = rounds::ask(app, LookAt(order_id), look_at).await? else {
            return Ok(Some(Door::Gone));
        };
        let (order, live) = (&found.order, found.live.as_ref());
        language.get_or_init(|| order.locale.language());
        if link.link_version < order.link_version {
            return Ok(Some(Door::Replaced(found.order)));
        }
        let wanted = params::mint_params(app, &found).hash();
        let step = next_step(order.state, live, &wanted, reuse_min, app.clock.now());
        if alone.is_none() && !matches!(step, Step::Show | Step::HandOut(_)) {
            // A second click on this replica waits for the first one's answer, then looks again.
            let (turn, waited) = app.one_at_a_time.lock(order_id).await;
            alone = Some(turn);
            if waited {
                continue;
            }
        }
        match step {
            // A bank debit may have come, or failed, and nobody told us.
            Step::Show if order.state.is_processing() && !looked => {
                looked = true;
                look(app, order_id, FoundBy::Click).await?;
            }
            Step::Show => return Ok(Some(Door::Show(found.order))),
            Step::HandOut(url) if app.checkout_hosts.allow(&url) => {
                keep_basis(app, &found).await?;
                return Ok(Some(Door::Redirect(url)));
            }
            Step::HandOut(_) => return Ok(Some(turn_away(app, found.order, &FOREIGN_HOST).await?)),
            Step::Begin if walk.lost == LOST_AT_MOST => return Ok(None),
            step => match take(&mut walk, &found, step).await {
                Ok(None) => {}
                Ok(Some(door)) => return Ok(Some(door)),
                Err(UpstreamError::Stripe(error)) if error.refuses_our_key() => {
                    return Ok(Some(turn_away(app, found.order, &error).await?));
                }
                Err(trouble) => return Err(trouble),
            },
        }
    }
    log::error!("a click for order {order_id} went in circles");
    Ok(None)
}

/// A question for all that a click looks at.
#[derive(Clone, Copy)]
struct LookAt(Uuid);

fn look_at(
    connection: &mut PgConnection,
    asked: &[LookAt],
) -> QueryResult<Vec<Option<CheckoutFacts>>> {
    let ids: Vec<Uuid> = asked.iter().map(|it| it.0).collect();
    let mut found: HashMap<Uuid, CheckoutFacts> = HashMap::new();
    for facts in row::load_all(connection, &ids)? {
        found.insert(facts.order.id, facts);
    }
    // Of several clicks on one order each gets it.
    let of = |id: &Uuid| found.get(id).cloned();
    Ok(ids.iter().map(of).collect())
}

/// The next click finds the session the quick way.
async fn keep_basis(app: &App, found: &CheckoutFacts) -> Result<(), DbError> {
    let Some(live) = &found.live else {
        return Ok(());
    };
    let (session, basis) = (live.id, found.basis(app.build));
    app.db
        .transaction(move |connection| basis::keep(connection, session, basis))
        .await
}
