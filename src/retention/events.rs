//! Events of Stripe, whose bodies hold addresses. Those that wait, or that a person must look at,
//! stay.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Timestamptz},
};

use super::in_one;
use crate::{app::App, db::DbError, inbox::State, schema::stripe_events};

/// Events of one batch; a body may have a megabyte.
const BATCH: i64 = 200;
const DONE: [State; 2] = [State::Processed, State::Ignored];

/// Prunes some events that came before `until`; tells how many.
pub(super) fn old(connection: &mut PgConnection, until: DateTime<Utc>) -> QueryResult<usize> {
    let old: Vec<String> = stripe_events::table
        .filter(stripe_events::received_at.lt(until))
        .filter(stripe_events::state.eq_any(DONE))
        .order((stripe_events::received_at, stripe_events::id))
        .limit(BATCH)
        .select(stripe_events::id)
        .load(connection)?;
    let old = stripe_events::table
        .filter(stripe_events::id.eq_any(old))
        .filter(stripe_events::state.eq_any(DONE));
    diesel::delete(old).execute(connection)
}

/// Prunes the events from before `until` about checkouts that are not ours, or no longer kept; tells
/// how many.
pub(super) async fn of_gone_sessions(app: &App, until: DateTime<Utc>) -> Result<usize, DbError> {
    let (mut all, mut after) = (0, (DateTime::UNIX_EPOCH, String::new()));
    loop {
        let Walked { gone, at, id } =
            in_one(app, move |connection| walk(connection, until, &after)).await?;
        all += usize::try_from(gone).unwrap_or_default();
        let (Some(at), Some(id)) = (at, id) else {
            return Ok(all);
        };
        after = (at, id);
    }
}

#[derive(QueryableByName)]
struct Walked {
    #[diesel(sql_type = BigInt)]
    gone: i64,
    /// The last one that was looked at; none at the end.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    id: Option<String>,
}

/// A few more, by time. Which sessions an event names is read off its text, which no body can make
/// fail.
fn walk(
    connection: &mut PgConnection,
    until: DateTime<Utc>,
    after: &(DateTime<Utc>, String),
) -> QueryResult<Walked> {
    diesel::sql_query(
        "WITH looked AS MATERIALIZED ( \
             SELECT id, received_at, \
                 ARRAY(SELECT named[1] FROM regexp_matches( \
                     encode(body, 'escape'), '\"(cs_[A-Za-z0-9_]+)\"', 'g') AS named) AS sessions \
             FROM stripe_events \
             WHERE received_at < $1 AND (received_at, id) > ($2, $3) AND type LIKE 'checkout.session.%' \
             ORDER BY received_at, id LIMIT $4), \
         gone AS ( \
             DELETE FROM stripe_events USING looked \
             WHERE stripe_events.id = looked.id AND state IN ('processed', 'ignored') AND sessions <> '{}' \
               AND NOT EXISTS (SELECT FROM checkout_sessions WHERE stripe_id = ANY (sessions)) \
               AND NOT EXISTS (SELECT FROM payments WHERE stripe_session_id = ANY (sessions)) \
             RETURNING 1) \
         SELECT (SELECT count(*) FROM gone) AS gone, last.received_at AS at, last.id \
         FROM (SELECT 1) AS one LEFT JOIN LATERAL \
             (SELECT received_at, id FROM looked ORDER BY received_at DESC, id DESC LIMIT 1) AS last ON true",
    )
    .bind::<Timestamptz, _>(until)
    .bind::<Timestamptz, _>(after.0)
    .bind::<Text, _>(&after.1)
    .bind::<BigInt, _>(BATCH)
    .get_result(connection)
}
