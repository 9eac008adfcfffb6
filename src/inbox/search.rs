//! Events that somebody looks for: by their id, their checkout, or their type; and how many there are.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{
    row::State,
    view::{EventView, newest_first},
};
use crate::{
    db::{Counts, count_each},
    schema::stripe_events,
};

/// Events that one search by type looks at. Their rows hold whole bodies, and types have no index, which
/// every event would have to be written into: whoever looks further back asks for the next page.
const LOOKED_AT: i64 = 20_000;

pub use super::view::Place;

/// What a search came to.
#[derive(Debug)]
pub struct Found {
    /// Newest first.
    pub events: Vec<EventView>,
    /// Where it goes on, if it may.
    pub further: Option<Place>,
}

/// Events with this id, about this checkout (`cs_…`), or with this in their type. `before` is where the page
/// before ended.
pub fn search(
    connection: &mut PgConnection,
    said: &str,
    state: Option<State>,
    before: Option<Place>,
    limit: i64,
) -> QueryResult<Found> {
    if let Some(events) = of_an_id(connection, said, state, limit)? {
        let further = None;
        return Ok(Found { events, further });
    }
    let looked_at = newest(connection, state, before)?;
    let last = looked_at.last().map(|(at, id, _)| (*at, id.clone()));
    let is_all = i64::try_from(looked_at.len()).is_ok_and(|looked| looked < LOOKED_AT);
    let said = said.to_lowercase();
    let mut fits = looked_at
        .into_iter()
        .filter(|(_, _, kind)| kind.to_lowercase().contains(&said));
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let found: Vec<Place> = fits
        .by_ref()
        .take(page)
        .map(|(at, id, _)| (at, id))
        .collect();
    let further = match fits.next() {
        Some(_) => found.last().cloned(),
        None => last.filter(|_| !is_all),
    };
    let ids = found.iter().map(|(_, id)| id.as_str());
    let events = these(connection, ids.collect())?;
    Ok(Found { events, further })
}

/// What one id names: an event, or the checkout of some. `None`: it is no id that we keep.
fn of_an_id(
    connection: &mut PgConnection,
    said: &str,
    state: Option<State>,
    limit: i64,
) -> QueryResult<Option<Vec<EventView>>> {
    let query = newest_first(state, None).limit(limit);
    let query = match said.split_once(['_', ':']) {
        Some(("evt" | "sha256", _)) => query.filter(stripe_events::id.eq(said)),
        Some(("cs", _)) => query.filter(stripe_events::session_id.eq(said)),
        _ => return Ok(None),
    };
    query
        .select(EventView::as_select())
        .load(connection)
        .map(Some)
}

/// The events that one search looks at, without their bodies.
fn newest(
    connection: &mut PgConnection,
    state: Option<State>,
    before: Option<Place>,
) -> QueryResult<Vec<(DateTime<Utc>, String, String)>> {
    newest_first(state, before)
        .limit(LOOKED_AT)
        .select((
            stripe_events::received_at,
            stripe_events::id,
            stripe_events::type_,
        ))
        .load(connection)
}

fn these(connection: &mut PgConnection, ids: Vec<&str>) -> QueryResult<Vec<EventView>> {
    newest_first(None, None)
        .filter(stripe_events::id.eq_any(ids))
        .select(EventView::as_select())
        .load(connection)
}

/// One event.
pub fn find(connection: &mut PgConnection, id: &str) -> QueryResult<Option<EventView>> {
    stripe_events::table
        .find(id)
        .select(EventView::as_select())
        .first(connection)
        .optional()
}

/// How many events stand in each state; of each, `most` are counted at most.
pub fn counts(connection: &mut PgConnection, most: i64) -> QueryResult<Counts<State>> {
    count_each(connection, ("stripe_events", "state"), &State::ALL, most)
}

/// When the newest event came, whether Stripe told it or was asked.
pub fn last_come(connection: &mut PgConnection) -> QueryResult<Option<DateTime<Utc>>> {
    newest_first(None, None)
        .select(stripe_events::received_at)
        .first(connection)
        .optional()
}
