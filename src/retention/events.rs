//! Events of Stripe, whose bodies hold addresses. Those that wait, or that a person must look at,
//! stay.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};

use super::{batch, in_one};
use crate::{
    app::App,
    db::DbError,
    inbox::State,
    schema::{checkout_sessions, payments, stripe_events},
};

/// Events of one batch; a body may have a megabyte.
const BATCH: i64 = 200;
const DONE: [State; 2] = [State::Processed, State::Ignored];

/// How many events that came before `until` would go; `most` are counted.
pub(super) fn count_old(
    connection: &mut PgConnection,
    until: DateTime<Utc>,
    most: i64,
) -> QueryResult<usize> {
    let old = stripe_events::table
        .filter(stripe_events::received_at.lt(until))
        .filter(stripe_events::state.eq_any(DONE))
        .limit(most)
        .select(stripe_events::id);
    Ok(old.load::<String>(connection)?.len())
}

/// Prunes some events that came before `until`; tells how many.
pub(super) fn old(connection: &mut PgConnection, until: DateTime<Utc>) -> QueryResult<usize> {
    let old = stripe_events::table
        .filter(stripe_events::received_at.lt(until))
        .filter(stripe_events::state.eq_any(DONE))
        .order((stripe_events::received_at, stripe_events::id))
        .limit(BATCH)
        .select(stripe_events::id);
    // Asked twice: a person may replay one between the two statements.
    batch::delete(connection, old, |ids: Vec<String>| {
        diesel::delete(
            stripe_events::table
                .filter(stripe_events::id.eq_any(ids))
                .filter(stripe_events::state.eq_any(DONE)),
        )
    })
}

/// Prunes the events from before `until` about checkouts that are not ours, or no longer kept; tells
/// how many.
pub(super) async fn of_gone_sessions(app: &App, until: DateTime<Utc>) -> Result<usize, DbError> {
    let (mut all, mut after) = (0, (DateTime::UNIX_EPOCH, String::new()));
    loop {
        let Walked { gone, last } =
            in_one(app, move |connection| walk(connection, until, &after)).await?;
        all += gone;
        let Some(last) = last else {
            return Ok(all);
        };
        after = last;
    }
}

/// What one batch did, and the last event that it looked at; none at the end.
struct Walked {
    gone: usize,
    last: Option<(DateTime<Utc>, String)>,
}

/// A few more, by time.
fn walk(
    connection: &mut PgConnection,
    until: DateTime<Utc>,
    (at, id): &(DateTime<Utc>, String),
) -> QueryResult<Walked> {
    let later = stripe_events::received_at
        .gt(at)
        .or(stripe_events::received_at
            .eq(at)
            .and(stripe_events::id.gt(id)));
    let looked: Vec<(DateTime<Utc>, String)> = stripe_events::table
        .filter(stripe_events::received_at.lt(until))
        // What the index goes by: the alternative alone would have it read from its beginning.
        .filter(stripe_events::received_at.ge(at))
        .filter(later)
        .filter(stripe_events::session_id.is_not_null())
        .order((stripe_events::received_at, stripe_events::id))
        .limit(BATCH)
        .select((stripe_events::received_at, stripe_events::id))
        .load(connection)?;
    let ids: Vec<&String> = looked.iter().map(|(_, id)| id).collect();
    let ours =
        checkout_sessions::table.filter(checkout_sessions::stripe_id.eq(stripe_events::session_id));
    let paid = payments::table.filter(
        payments::stripe_session_id
            .nullable()
            .eq(stripe_events::session_id),
    );
    let gone = stripe_events::table
        .filter(stripe_events::id.eq_any(ids))
        .filter(stripe_events::state.eq_any(DONE))
        .filter(not(exists(ours)))
        .filter(not(exists(paid)));
    Ok(Walked {
        gone: diesel::delete(gone).execute(connection)?,
        last: looked.into_iter().next_back(),
    })
}
