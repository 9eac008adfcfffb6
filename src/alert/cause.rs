//! Causes as rows: what is open is compared with them. What is new begins; what has been gone for a
//! while is over; each is told once, by messages that are rows, too.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Nullable, Text, Timestamptz},
};

use super::{
    kind::{Channel, Kind, State},
    open,
};
use crate::{mail, schema::alert_causes};

/// A cause is over when it has been gone for so long: what is mended for a moment is not.
const GONE_FOR: &str = "30 seconds";
/// One that came back before has to be gone for longer: it begins and is over six times an hour at most.
const GONE_FOR_AFTER_A_RETURN: &str = "10 minutes";
/// Whether it came back is known for so long after its end.
const REMEMBERED_FOR: Duration = Duration::hours(1);

/// Compares what is open with the causes that are known.
pub fn compare(
    connection: &mut PgConnection,
    watching_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let waits = open::mail_waits(connection)?;
    let waits = waits.as_ref();
    // A row is written where something changed, and not every few seconds. What is open again before it
    // was over goes on; after that it begins anew. Kinds that only a newer version knows are left to it.
    diesel::sql_query(format!(
        "WITH open (key, kind, order_id, blast_id, detail, count, since) AS MATERIALIZED ({open}), \
         seen AS ( \
             INSERT INTO alert_causes AS cause (key, kind, order_id, blast_id, detail, count, since) \
             SELECT key, kind, order_id, blast_id, detail, count, since FROM open \
             ON CONFLICT (key) DO UPDATE SET order_id = excluded.order_id, blast_id = excluded.blast_id, \
                 detail = excluded.detail, count = excluded.count, \
                 since = CASE WHEN cause.over_at IS NULL THEN cause.since ELSE excluded.since END, \
                 told = cause.told AND cause.over_at IS NULL, \
                 returns = cause.returns + CASE WHEN cause.gone_at IS NULL THEN 0 ELSE 1 END, \
                 gone_at = NULL, over_at = NULL \
             WHERE cause.gone_at IS NOT NULL \
                OR (cause.count, cause.detail) IS DISTINCT FROM (excluded.count, excluded.detail)) \
         UPDATE alert_causes SET gone_at = $1 \
         WHERE gone_at IS NULL AND ends_at IS NULL AND kind = ANY($7) \
           AND NOT EXISTS (SELECT FROM open WHERE open.key = alert_causes.key)",
        open = open::query()
    ))
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Text>, _>(&mail::Kind::ALL[..])
    .bind::<Timestamptz, _>(watching_since)
    .bind::<Nullable<Text>, _>(waits.and_then(|waits| waits.which.as_deref()))
    .bind::<Nullable<Text>, _>(waits.and_then(|waits| waits.sentence.as_deref()))
    .bind::<Nullable<Timestamptz>, _>(waits.map(|waits| waits.since))
    .bind::<Array<Text>, _>(&Kind::ALL[..])
    .execute(connection)
    .map(drop)
}

/// What has begun, or is over, becomes a message for each of these channels.
pub fn note(
    connection: &mut PgConnection,
    channels: &[Channel],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let begun = "UPDATE alert_causes SET told = true WHERE NOT told AND kind = ANY($1)";
    note_these(connection, begun, State::Begins, channels, now)?;
    let over = format!(
        "UPDATE alert_causes SET over_at = $4, gone_at = coalesce(gone_at, ends_at) \
         WHERE over_at IS NULL AND told AND kind = ANY($1) AND (ends_at <= $4 OR gone_at <= $4 - \
             CASE WHEN returns = 0 THEN interval '{GONE_FOR}' ELSE interval '{GONE_FOR_AFTER_A_RETURN}' END)"
    );
    note_these(connection, &over, State::Over, channels, now)?;
    diesel::delete(alert_causes::table.filter(alert_causes::over_at.lt(now - REMEMBERED_FOR)))
        .execute(connection)
        .map(drop)
}

/// Changes causes and tells of those that were changed, in one statement: neither without the other.
fn note_these(
    connection: &mut PgConnection,
    change: &str,
    state: State,
    channels: &[Channel],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::sql_query(format!(
        "WITH changed AS ({change} RETURNING key, kind, order_id, blast_id, detail, count, since) \
         INSERT INTO alert_messages (channel, state, key, kind, order_id, blast_id, detail, count, since, noted_at) \
         SELECT channel, $3, key, kind, order_id, blast_id, detail, count, since, $4 \
         FROM changed CROSS JOIN unnest($2) AS channel ORDER BY since, key, channel"
    ))
    .bind::<Array<Text>, _>(&Kind::ALL[..])
    .bind::<Array<Text>, _>(channels)
    .bind::<Text, _>(state)
    .bind::<Timestamptz, _>(now)
    .execute(connection)
    .map(drop)
}
