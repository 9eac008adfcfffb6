//! The sweep: looks at Stripe for what its webhooks never brought, and lets it take the same way as
//! everything else. A lost event is put into the inbox as if it had come; a session whose time is
//! over and whose end we never heard of is read, and so is a refund that is waited for.
//!
//! Reads are metered, so a look is a handful of them: one list of undelivered events every 15
//! minutes; every six hours all events since the last such look, and the sessions and refunds that are
//! overdue.

mod missed;
mod overdue;
mod refunds;
mod silence;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use self::missed::Missed;
use crate::{
    app::App,
    chore::Turn,
    consumer,
    db::DbError,
    schema::{payments, sweeps},
    settlement::FoundBy,
    upstream::UpstreamError,
};
use diesel::{dsl::count_star, prelude::*};

/// Between two short looks: a payment whose webhook got lost is found that soon, by 2,900 reads a month.
/// Stripe lets about 10,000 pass without a word.
const EVERY: Duration = Duration::from_secs(15 * 60);
/// Between two full ones, of up to some hundred reads each.
const FULL_EVERY: Duration = Duration::from_secs(6 * 60 * 60);
/// After one that failed: soon, and not at once, since Stripe is likely in trouble.
const AGAIN_AFTER: Duration = Duration::from_secs(5 * 60);

/// How thoroughly Stripe is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// At the events that no webhook has taken.
    Short,
    /// At all events since the last full look, and at sessions and refunds past their time.
    Full,
}

/// What a look brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SweepFound {
    /// Events that Stripe has.
    pub events: usize,
    /// Those among them that never reached us, and have been worked on now.
    pub missed: usize,
    /// Sessions whose end we had not heard of.
    pub overdue: usize,
    /// Payments that this look was the first to find.
    pub payments: i64,
}

/// Looks in both ways if it is time to, and if no other replica does.
///
/// # Errors
/// As [`look_if_due`].
pub async fn if_due(app: &App) -> Result<(), DbError> {
    look_if_due(app, Look::Full).await?;
    look_if_due(app, Look::Short).await
}

/// Looks if it is time to, and if no other replica does.
///
/// # Errors
/// The database's. What goes wrong at Stripe is logged, and tried again soon.
pub async fn look_if_due(app: &App, kind: Look) -> Result<(), DbError> {
    let (name, every) = match kind {
        Look::Full => ("full_sweep", FULL_EVERY),
        Look::Short => ("sweep", EVERY),
    };
    let Some(turn) = Turn::take(app, name).await? else {
        return Ok(());
    };
    let pause = match look(app, kind).await {
        Ok(found) => {
            log::info!(
                "looked at Stripe: {} events, {} of them missed; {} sessions overdue",
                found.events,
                found.missed,
                found.overdue
            );
            every
        }
        Err(UpstreamError::Database(error)) => {
            error.log("sweep");
            AGAIN_AFTER
        }
        Err(UpstreamError::Stripe(error)) => {
            log::warn!("the look at Stripe did not come to its end: {error}");
            AGAIN_AFTER
        }
    };
    turn.give_back(app, pause).await
}

/// One look, now. Two at once do no harm.
///
/// # Errors
/// [`UpstreamError`]; what was found before stays found, and the next look goes on from there.
pub async fn look(app: &App, kind: Look) -> Result<SweepFound, UpstreamError> {
    // Taken before Stripe is asked: what happens during the look is seen by the next one.
    let began = app.clock.now();
    let before = found_by_sweeps(app).await?;
    let mut missed = Missed::default();
    let fetched = missed::fetch(app, kind, began, &mut missed).await;
    // What was found before Stripe fell silent is worked on all the same.
    while consumer::work_off(app).await? > 0 {}
    silence::listen(app, missed.new.len(), began).await?;
    fetched?;
    let overdue = overdue::settle(app, kind).await?;
    if kind == Look::Full {
        refunds::ask(app).await?;
        seen_until(app, began).await?;
    }
    looked(app, began).await?;
    Ok(SweepFound {
        events: missed.events,
        missed: missed.new.len(),
        overdue,
        payments: found_by_sweeps(app).await? - before,
    })
}

/// Since when Stripe has events that its webhooks did not bring, if it has.
pub fn silent_since(connection: &mut PgConnection) -> QueryResult<Option<DateTime<Utc>>> {
    sweeps::table.select(sweeps::silent_since).first(connection)
}

/// Keeps that a look came to its end which began then.
async fn looked(app: &App, began: DateTime<Utc>) -> Result<(), DbError> {
    app.db
        .run(move |connection| {
            diesel::update(sweeps::table)
                .set(sweeps::looked_at.eq(began))
                .execute(connection)
        })
        .await
        .map(drop)
}

/// When the last look began that came to its end: what Stripe knew of by then, we know.
pub fn looked_at(connection: &mut PgConnection) -> QueryResult<Option<DateTime<Utc>>> {
    sweeps::table.select(sweeps::looked_at).first(connection)
}

async fn found_by_sweeps(app: &App) -> Result<i64, DbError> {
    app.db
        .run(|connection| {
            payments::table
                .filter(payments::found_by.eq(FoundBy::Sweep))
                .select(count_star())
                .first(connection)
        })
        .await
}

async fn seen_until(app: &App, until: DateTime<Utc>) -> Result<(), DbError> {
    app.db
        .run(move |connection| {
            diesel::update(sweeps::table)
                .set(sweeps::seen_until.eq(until))
                .execute(connection)
        })
        .await
        .map(drop)
}
