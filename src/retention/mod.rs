//! Retention: what is not needed any more goes, and figures without a person stay.
//!
//! [`prune()`] runs nightly on one replica, and by a command. It works in small batches, each of them
//! a transaction: after a crash the next run goes on with what is there. [`erase()`] removes one
//! address, for a person who asks.
//!
//! An order that was paid, a payment and a case are the shop's books: nothing here touches them.

mod address;
mod batch;
mod carts;
mod erase;
mod events;
mod look;
mod rows;

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::json;

use self::batch::{in_one, until_nothing_is_left};
pub use self::{
    address::{Address, NoAddress},
    erase::{Erased, Refused, erase},
    look::{WouldGo, would_go},
};
use crate::{
    activity::{self, Category, Doing, Line},
    app::App,
    chore::Turn,
    db::DbError,
    import, people, performance, recovery,
    settings::{self, Settings},
    visits,
};

/// Between two runs: once a day, since what is kept is kept for days.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// After one that failed: the database is back by then, or it is tried once more.
const AGAIN_AFTER: Duration = Duration::from_secs(15 * 60);

/// How long something is kept.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// What, as `docs/privacy.md` names it.
    pub what: &'static str,
    /// The setting that says for how many days (or months, as its name says).
    pub setting: &'static str,
    /// What the setting is at first.
    pub days: i32,
}

/// Everything that goes by itself. `docs/privacy.md` says the same, and what remains.
pub const TABLE: [Kept; 10] = [
    kept("carts", "recovered_orders_days", 30),
    kept("recovered orders", "recovered_orders_days", 30),
    kept("mails about carts", "recovered_orders_days", 30),
    kept("purchases", "recovered_orders_days", 30),
    kept("events of other checkouts", "recovered_orders_days", 30),
    kept("events", "events_days", 60),
    kept("activity", "activity_days", 90),
    kept("test mails", "activity_days", 90),
    kept("account mails", "activity_days", 90),
    kept("counts of visits", "visits_months", 12),
];

const fn kept(what: &'static str, setting: &'static str, days: i32) -> Kept {
    Kept {
        what,
        setting,
        days,
    }
}

/// How much a run has pruned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Carts, with or without an order.
    pub carts: usize,
    /// Orders that restored some of them.
    pub orders: usize,
    /// Mails about those, and test mails of mailings.
    pub mails: usize,
    /// What people bought.
    pub purchases: usize,
    /// Events of Stripe.
    pub events: usize,
    /// Lines of the log.
    pub activity: usize,
    /// Counts of visits.
    pub visits: usize,
}

impl Pruned {
    fn add(&mut self, more: Self) {
        self.carts += more.carts;
        self.orders += more.orders;
        self.mails += more.mails;
        self.purchases += more.purchases;
        self.events += more.events;
        self.activity += more.activity;
        self.visits += more.visits;
    }
}

/// Prunes if it is time to, and if no other replica does.
///
/// # Errors
/// The database's; the next run goes on from what is there.
pub async fn if_due(app: &App) -> Result<(), DbError> {
    let Some(turn) = Turn::take(app, "prune").await? else {
        return Ok(());
    };
    let pause = match prune(app, "retention").await {
        Ok(pruned) => {
            log::info!("pruned what is not needed any more: {}", json!(pruned));
            EVERY
        }
        Err(error) => {
            log::warn!("pruning did not come to its end, and is tried again soon: {error}");
            AGAIN_AFTER
        }
    };
    turn.give_back(app, pause).await
}

/// Until when what is older goes.
#[derive(Debug, Clone, Copy)]
struct Until {
    carts: DateTime<Utc>,
    events: DateTime<Utc>,
    activity: DateTime<Utc>,
    visits: NaiveDate,
}

/// One run, now, in the name of `actor`. Two at once do no harm.
///
/// # Errors
/// The database's; what was pruned before stays pruned.
pub async fn prune(app: &App, actor: &str) -> Result<Pruned, DbError> {
    let (now, max_age) = (app.clock.now(), app.reminders.max_age);
    let until = app
        .db
        .run(move |connection| until(connection, now, max_age))
        .await?;
    // Each for itself: what the database refuses of one table keeps no other.
    let mut refused = None;
    let mut pruned = unless_refused(carts(app, until.carts).await, &mut refused)?;
    let old = move |connection: &mut PgConnection| events::old(connection, until.events);
    pruned.events += unless_refused(until_nothing_is_left(app, old).await, &mut refused)?;
    let old = move |connection: &mut PgConnection| rows::activity(connection, until.activity);
    pruned.activity += unless_refused(until_nothing_is_left(app, old).await, &mut refused)?;
    let old = move |connection: &mut PgConnection| rows::seen_mails(connection, until.activity);
    pruned.mails += unless_refused(until_nothing_is_left(app, old).await, &mut refused)?;
    let old = move |connection: &mut PgConnection| visits::old(connection, until.visits);
    pruned.visits += unless_refused(until_nothing_is_left(app, old).await, &mut refused)?;
    // Web processes do it each day; here for a shop whose web side is away.
    in_one(app, move |connection| visits::days_gone(connection, now)).await?;
    let old = move |connection: &mut PgConnection| performance::old(connection, now);
    unless_refused(until_nothing_is_left(app, old).await, &mut refused)?;
    in_one(app, move |connection| people::sweep(connection, now)).await?;
    in_one(app, move |connection| import::kept::forget(connection, now)).await?;
    if pruned != Pruned::default() {
        let doing = Doing {
            actor: actor.to_owned(),
            at: now,
            note: None,
        };
        let line = retention_line(&doing, "pruned what is not needed any more", pruned);
        let record =
            move |connection: &mut PgConnection| activity::record(connection, line.clone());
        in_one(app, record).await?;
    }
    match refused {
        Some(error) => Err(error),
        None => Ok(pruned),
    }
}

/// What was done; nothing where the database refused it, which is kept for the end of the run.
fn unless_refused<T: Default>(
    done: Result<T, DbError>,
    refused: &mut Option<DbError>,
) -> Result<T, DbError> {
    match done {
        Err(error) if !error.is_away() => {
            error.log("retention");
            refused.get_or_insert(error);
            Ok(T::default())
        }
        done => done,
    }
}

/// Carts from before `until`, and what is kept for their sake alone.
async fn carts(app: &App, until: DateTime<Utc>) -> Result<Pruned, DbError> {
    // Before the first cart goes: an event that comes late must not be taken for one of a new cart.
    in_one(app, move |connection| {
        recovery::note_gone(connection, until)
    })
    .await?;
    let mut pruned = Pruned::default();
    loop {
        let batch = in_one(app, move |connection| carts::prune(connection, until)).await?;
        if batch == Pruned::default() {
            break;
        }
        pruned.add(batch);
    }
    until_nothing_is_left(app, move |connection| carts::ids(connection, until)).await?;
    // After the carts: a purchase stays as long as one of them needs it for its figures.
    pruned.purchases =
        until_nothing_is_left(app, move |connection| carts::purchases(connection, until)).await?;
    // After the carts, too: these are the events about checkouts that nothing here knows any more.
    pruned.events = events::of_gone_sessions(app, until).await?;
    Ok(pruned)
}

fn until(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    max_age: chrono::Duration,
) -> QueryResult<Until> {
    Ok(until_by(&settings::read(connection)?, now, max_age))
}

/// The same with other settings than those that stand.
fn until_by(settings: &Settings, now: DateTime<Utc>, max_age: chrono::Duration) -> Until {
    let before = |days: i32| now - Days::new(days.unsigned_abs().into());
    Until {
        carts: recovery::prune_before(settings, now, max_age),
        events: before(settings.events_days),
        activity: before(settings.activity_days),
        visits: visits::oldest_kept(settings.visits_months, now),
    }
}

/// A line of the log about what was deleted; its figures name nobody.
fn retention_line(doing: &Doing, what: &str, detail: impl Serialize) -> Line {
    Line::about(None, Category::Retention, what, doing).detail(json!(detail))
}
