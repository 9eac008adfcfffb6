//! The steps of a walk: each does one thing at Stripe or in the rows.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    Door,
    begin::{self, Beginning, Begun},
    end::{self, Failure},
    open::handed_out,
    params, refusal,
    row::CheckoutFacts,
    session::{Attempt, Step},
};
use crate::{
    activity::{self, Category, Doing},
    app::App,
    db::DbError,
    gateway::{CallError, Session, session::Status},
    link,
    order::{self, Order, Simpler},
    random, rounds,
    settlement::{self, FoundBy},
    upstream::UpstreamError,
    visitor::Visitor,
};

/// Sessions are searched from a little before the first post: Stripe's clock is not ours. `doctor`
/// fails when the two are further apart.
const CLOCKS_DIFFER: chrono::Duration = chrono::Duration::minutes(5);

/// After a 429, before the next turn is drawn; doubles.
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
/// A longer pause would leave a click no time for another try.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(2);

/// A walk: who makes it, how long it may take, and what it has begun itself.
pub struct Walk<'a> {
    pub app: &'a App,
    pub visitor: Visitor,
    pub deadline: Instant,
    /// The version of the link that it began with; nobody's, who has none.
    pub link_version: Option<i32>,
    /// The attempt that this walk has written down itself: nobody has posted it before.
    pub began: Option<Uuid>,
    /// Attempts that Stripe failed at and made nothing of.
    pub lost: u32,
}

/// Takes one step; `None`: look again.
pub async fn take(
    walk: &mut Walk<'_>,
    found: &CheckoutFacts,
    step: Step,
) -> Result<Option<Door>, UpstreamError> {
    match (step, &found.live) {
        (Step::Post(attempt), Some(live)) => post(walk, &found.order, live.id, attempt).await,
        (Step::Search(attempt), Some(live)) => search(walk, live.id, &attempt).await,
        (Step::Replace(stripe_id), Some(live)) => {
            replace(walk, live.id, stripe_id).await.map(|()| None)
        }
        (Step::Close(stripe_id), _) => close_at_stripe(walk, stripe_id).await.map(|()| None),
        (Step::Read(stripe_id), Some(live)) => read(walk, live.id, stripe_id).await.map(|()| None),
        (Step::Begin, _) => begin(walk, found).await,
        (
            Step::Show
            | Step::HandOut(_)
            | Step::Post(_)
            | Step::Search(_)
            | Step::Replace(_)
            | Step::Read(_),
            _,
        ) => Ok(None),
    }
}

/// Writes an attempt down, and goes on to post it.
async fn begin(walk: &mut Walk<'_>, found: &CheckoutFacts) -> Result<Option<Door>, UpstreamError> {
    let Walk { app, visitor, .. } = *walk;
    let params = params::mint_params(app, found);
    let return_url = link::return_url(&app.public_url, &app.pay_token(&found.order));
    let now = app.clock.now();
    let row = random::row_id(now);
    let wanted = Arc::new(Beginning {
        order: found.order.clone(),
        params_version: found.params_version(),
        row,
        body: params.body(row, &return_url),
        params_hash: params.hash(),
        basis: found.basis(app.build),
        asked_by: visitor.into(),
        at: now,
    });
    let begun = match rounds::ask(app, wanted.clone(), begin::those_that_are_free).await? {
        Begun::Locked => {
            let wanted = wanted.clone();
            let begin = move |connection: &mut _| begin::begin(connection, &wanted);
            app.db.run(begin).await?
        }
        begun => begun,
    };
    match begun {
        Begun::Written(attempt) => {
            walk.began = Some(row);
            post(walk, &wanted.order, row, attempt).await
        }
        Begun::LookAgain | Begun::Locked => Ok(None),
        Begun::TooMany => Ok(Some(Door::TooMany(wanted.order.clone()))),
        Begun::RefusedLately => Ok(Some(Door::Refused(wanted.order.clone()))),
    }
}

/// Asks Stripe for the session. A refusal ends the attempt; an outcome that Stripe leaves open is
/// looked up among the sessions made since.
async fn post(
    walk: &mut Walk<'_>,
    order: &Order,
    row: Uuid,
    attempt: Attempt,
) -> Result<Option<Door>, UpstreamError> {
    let Walk {
        app,
        deadline,
        began,
        ..
    } = *walk;
    let mut back_off = FIRST_BACK_OFF;
    let answer = loop {
        if !app.pace.wait_for_a_mint(&app.db, deadline).await? {
            return Err(UpstreamError::Stripe(CallError::TooFast));
        }
        match app
            .stripe
            .create(&attempt.body, &attempt.key, deadline)
            .await
        {
            Err(CallError::TooFast) => {
                app.pace.slow_down(app.clock.now());
                // The turn is one in many; whoever is refused at it all the same backs off further.
                tokio::time::sleep(back_off.mul_f64(0.5 + random::share() / 2.0)).await;
                back_off = (back_off * 2).min(LONGEST_BACK_OFF);
            }
            answer => break answer,
        }
    };
    match answer {
        Ok(session) => adopt(walk, session).await,
        // An earlier post may have made it: the attempt stays, until a key that works tells.
        Err(error) if error.refuses_our_key() && began != Some(row) => {
            Err(UpstreamError::Stripe(error))
        }
        Err(CallError::Refused {
            status,
            code,
            param,
        }) => {
            let why = Failure::Refused {
                status,
                code: code.unwrap_or_default().into(),
            };
            // Anything else is not about the cart: our key, or what it may do.
            let simpler = (status == 400).then(|| order.simpler(param.as_deref()));
            if let Some(simpler) = simpler.flatten() {
                ask_for_less(app, order, row, why, simpler).await?;
                return Ok(None);
            }
            refused(app, order, row, why).await?;
            Ok(Some(Door::Refused(order.clone())))
        }
        Err(CallError::Failed { .. } | CallError::Unreadable(_)) => {
            search(walk, row, &attempt).await
        }
        Err(error) => Err(UpstreamError::Stripe(error)),
    }
}

/// Looks among the sessions that Stripe made since the first post: ours is adopted; if there is
/// none, the attempt is over.
async fn search(
    walk: &mut Walk<'_>,
    row: Uuid,
    attempt: &Attempt,
) -> Result<Option<Door>, UpstreamError> {
    let Walk { app, deadline, .. } = *walk;
    let since = attempt.posted_at - CLOCKS_DIFFER;
    match app
        .stripe
        .find_minted(row, since, deadline)
        .await
        .map_err(UpstreamError::Stripe)?
    {
        Some(session) => adopt(walk, session).await,
        None => {
            let now = app.clock.now();
            app.db
                .run(move |connection| end::fail(connection, row, &Failure::Lost, now))
                .await?;
            walk.lost += 1;
            Ok(None)
        }
    }
}

/// A session of ours as Stripe has it: its row becomes what it is. One that this walk has begun itself is
/// handed out, however long it must live to be handed out again.
async fn adopt(walk: &Walk<'_>, session: Session) -> Result<Option<Door>, UpstreamError> {
    let app = walk.app;
    let opened = settlement::minted(app, session).await?;
    let is_for_us = walk.link_version.zip(walk.began);
    Ok(opened
        .zip(is_for_us)
        .and_then(|(session, (link, _))| handed_out(app, session, link, chrono::Duration::zero())))
}

async fn read(walk: &Walk<'_>, row: Uuid, stripe_id: String) -> Result<(), UpstreamError> {
    let Walk { app, deadline, .. } = *walk;
    match app.stripe.read(&stripe_id, deadline).await {
        // By Stripe's clock it has a moment left.
        Ok(session) if session.status == Status::Open => replace(walk, row, stripe_id).await,
        answer => settle_answer(app, stripe_id, answer).await,
    }
}

async fn replace(walk: &Walk<'_>, row: Uuid, stripe_id: String) -> Result<(), UpstreamError> {
    walk.app
        .db
        .run(move |connection| end::mark_closing(connection, row))
        .await?;
    close_at_stripe(walk, stripe_id).await
}

async fn close_at_stripe(walk: &Walk<'_>, stripe_id: String) -> Result<(), UpstreamError> {
    let Walk { app, deadline, .. } = *walk;
    let answer = app.stripe.close(&stripe_id, deadline).await;
    settle_answer(app, stripe_id, answer).await
}

async fn settle_answer(
    app: &App,
    stripe_id: String,
    answer: Result<Session, CallError>,
) -> Result<(), UpstreamError> {
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
                .run(move |connection| end::give_up(connection, &stripe_id, now))
                .await?;
        }
        Err(error) => return Err(UpstreamError::Stripe(error)),
    }
    Ok(())
}

/// The payer cannot be led on, and ops must do something about it.
pub async fn turn_away(
    app: &App,
    order: Order,
    why: &impl std::fmt::Display,
) -> Result<Door, DbError> {
    let line = refusal_line(app, &order, why);
    let (order_id, version) = (order.id, order.version);
    app.db
        .transaction(move |connection| {
            // Of two clicks at one moment the second finds the first one's line.
            order::lock(connection, &[order_id])?;
            refusal::record_once(connection, order_id, version, line.clone())
        })
        .await?;
    Ok(Door::Refused(order))
}

/// Ends the attempt; the next one asks for a cart that Stripe may take.
async fn ask_for_less(
    app: &App,
    order: &Order,
    row: Uuid,
    why: Failure,
    simpler: Simpler,
) -> Result<(), UpstreamError> {
    let (order_id, version) = (order.id, order.version);
    let doing = Doing {
        actor: "stripe".to_owned(),
        at: app.clock.now(),
        note: Some(why.to_string()),
    };
    let done = app.db.transaction(move |connection| {
        // Orders are locked before sessions, by everybody.
        let locked = order::lock(connection, &[order_id])?;
        let ended = end::fail(connection, row, &why, doing.at)?;
        // Another replica may have been refused the same.
        match locked.first().filter(|order| order.version == version) {
            Some(order) if ended => order::simplify(connection, order, &simpler, &doing),
            _ => Ok(()),
        }
    });
    Ok(done.await?)
}

/// Ends the attempt and tells ops, in one transaction.
async fn refused(app: &App, order: &Order, row: Uuid, why: Failure) -> Result<(), UpstreamError> {
    let (now, order_id, version) = (app.clock.now(), order.id, order.version);
    let line = refusal_line(app, order, &why);
    let ended = app.db.transaction(move |connection| {
        // Orders are locked before sessions, by everybody.
        order::lock(connection, &[order_id])?;
        if end::fail(connection, row, &why, now)? {
            refusal::record_once(connection, order_id, version, line.clone())?;
        }
        Ok(())
    });
    Ok(ended.await?)
}

fn refusal_line(app: &App, order: &Order, why: &impl std::fmt::Display) -> activity::Line {
    log::error!("no checkout can be opened for order {}: {why}", order.id);
    app.metrics.refused_mints.inc();
    let doing = Doing {
        actor: "stripe".to_owned(),
        at: app.clock.now(),
        note: None,
    };
    let what = format!("no checkout can be opened: {why}");
    activity::Line::about(Some(order.id), Category::Checkout, what, &doing)
        .attention()
        .detail(json!({ "version": order.version }))
}
