//! Events that Stripe has and we have not: fetched, and put into the inbox.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use tokio::time::Instant;

use super::Look;
use crate::{
    app::App,
    db::DbError,
    gateway::{EventList, event::Envelope},
    inbox::{self, NewEvent, Source, dispatch},
    schema::sweeps,
    upstream::UpstreamError,
};

/// Stripe tries to deliver an event for so long. <https://docs.stripe.com/webhooks#retries>
const STRIPE_TRIES: Duration = Duration::days(3);
/// Stripe keeps events for so long. <https://docs.stripe.com/api/events>
const STRIPE_KEEPS: Duration = Duration::days(30);
/// A full look begins so long before the end of the last one: clocks differ, and Stripe's list may
/// show an event a little later than it happened.
const OVERLAP: Duration = Duration::hours(1);
/// Pages of a hundred: more than a shop has in thirty days, and a bound all the same.
const PAGES: usize = 200;
const ONE_CALL: std::time::Duration = std::time::Duration::from_secs(20);

/// What was fetched.
#[derive(Debug, Default)]
pub struct Missed {
    /// How many events Stripe told of.
    pub events: usize,
    /// Those that were new to us.
    pub new: Vec<Envelope>,
}

/// Fetches the events that a look is about, newest first, and keeps those that are new; what it has
/// found so far is in `missed` also when it fails.
pub async fn fetch(
    app: &App,
    look: Look,
    now: DateTime<Utc>,
    missed: &mut Missed,
) -> Result<(), UpstreamError> {
    let types: Vec<&str> = dispatch::TABLE.iter().map(|(kind, _)| *kind).collect();
    let mut list = EventList {
        types: &types,
        since: since(app, look, now).await?,
        undelivered: look == Look::Short,
        after: None,
    };
    for _ in 0..PAGES {
        let (bodies, has_more) = app.stripe.events(&list, Instant::now() + ONE_CALL).await?;
        let events: Vec<NewEvent> = bodies
            .into_iter()
            .map(|body| NewEvent::of(body.into_bytes(), Source::Sweep, now))
            .collect();
        let told: Vec<Envelope> = events
            .iter()
            .filter_map(|event| event.envelope().cloned())
            .collect();
        let new = keep(app, events).await?;
        missed.events += told.len();
        list.after = told.last().map(|event| event.id.clone());
        // A short look ends where an earlier one has been: an endpoint of somebody else's that takes
        // nothing leaves every event undelivered for days.
        let goes_on = has_more && (look == Look::Full || !new.is_empty());
        missed.new.extend(told.into_iter().filter(|event| {
            new.contains(&event.id) && event.livemode.is_none_or(|mode| mode == app.livemode)
        }));
        if !goes_on || list.after.is_none() {
            break;
        }
    }
    Ok(())
}

/// Keeps events that are not kept yet; tells the ids of those. One that the database refuses keeps no
/// other of its page.
async fn keep(app: &App, events: Vec<NewEvent>) -> Result<Vec<String>, DbError> {
    let page = events.clone();
    let kept = app
        .db
        .run(move |connection| inbox::insert(connection, &page));
    match kept.await {
        Err(error) if !error.is_away() => keep_each(app, events).await,
        kept => kept,
    }
}

async fn keep_each(app: &App, events: Vec<NewEvent>) -> Result<Vec<String>, DbError> {
    let mut new = Vec::new();
    for event in events {
        let one = [event];
        let kept = app
            .db
            .run(move |connection| inbox::insert(connection, &one));
        match kept.await {
            Ok(ids) => new.extend(ids),
            Err(error) if error.is_away() => return Err(error),
            Err(error) => log::error!("an event that Stripe has cannot be kept: {error}"),
        }
    }
    Ok(new)
}

/// From when on events are of interest.
async fn since(app: &App, look: Look, now: DateTime<Utc>) -> Result<DateTime<Utc>, DbError> {
    let oldest = now - STRIPE_KEEPS;
    match look {
        Look::Short => Ok(now - STRIPE_TRIES),
        Look::Full => {
            let seen: Option<DateTime<Utc>> = app
                .db
                .run(|connection| sweeps::table.select(sweeps::seen_until).first(connection))
                .await?;
            Ok(seen.map_or(oldest, |seen| (seen - OVERLAP).max(oldest)))
        }
    }
}
