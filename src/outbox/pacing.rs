//! The shared pace of mail: one row for all replicas, as fast as the settings say until a server asks for
//! less.

use std::collections::BTreeSet;

use diesel::{
    Connection,
    prelude::*,
    sql_types::{BigInt, Bool, Double, Nullable, Text},
};

use super::speed::{self, COUNTED_SECONDS, TOGETHER_SECONDS, TooFast, slower};
use crate::db::prepared_sql;

/// Mails a second at this moment; `$2` is what the settings say, `$3` what comes back in a second.
pub const RATE: &str = "least($2, coalesce(rate + $3 * extract(epoch FROM clock_timestamp() - slowed_at)::double precision, $2))";

/// What takes `$1` turns of the pace, if it is ours: `$2` and `$3` as in [`RATE`].
pub fn turns() -> String {
    format!(
        "UPDATE pace SET next_at = clock_timestamp() + make_interval(secs => $1 / {RATE} \
             * CASE WHEN rate IS NULL THEN 1 ELSE 0.9 + 0.2 * random() END) \
         WHERE name = 'mails' AND next_at <= clock_timestamp()"
    )
}

/// Takes turns of the pace, if it is ours. The row stays locked, so that replicas claim one after the
/// other. Claiming fewer mails than turns were taken for wastes the pace, and does no harm. Slowed down
/// the turns have no even beat, so that no two senders meet at the same server again and again.
///
/// `though_paused`: else no turn is taken once mail has paused since it was looked at.
pub fn take_turns(
    connection: &mut PgConnection,
    mails: i64,
    per_second: f64,
    though_paused: bool,
) -> QueryResult<bool> {
    let mails = i32::try_from(mails).unwrap_or(i32::MAX);
    let taken = prepared_sql(format!(
        "{} AND ($4 OR NOT EXISTS (SELECT FROM outbox_pause))",
        turns()
    ))
    .bind::<Double, _>(f64::from(mails))
    .bind::<Double, _>(per_second)
    .bind::<Double, _>(speed::growth(per_second))
    .bind::<Bool, _>(though_paused)
    .execute(connection)?;
    Ok(taken > 0)
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Double)]
    rate: f64,
    #[diesel(sql_type = Nullable<Double>)]
    slowed: Option<f64>,
    /// The domain of the last refusal for being too fast, if it is of this minute.
    #[diesel(sql_type = Nullable<Text>)]
    domain: Option<String>,
    #[diesel(sql_type = BigInt)]
    taken: i64,
    #[diesel(sql_type = Nullable<Double>)]
    first: Option<f64>,
}

/// Servers said at mails to these domains that we are too fast. Of two domains within a minute it is
/// about us, and all mail goes more slowly; of one alone only its own mails wait.
pub fn too_fast(
    connection: &mut PgConnection,
    domains: &BTreeSet<String>,
    per_second: f64,
) -> QueryResult<()> {
    let Some(last) = domains.last() else {
        return Ok(());
    };
    connection.transaction(|connection| {
        let row: Row = diesel::sql_query(format!(
            "SELECT {RATE} AS rate, extract(epoch FROM clock_timestamp() - slowed_at)::double precision AS slowed, \
                 CASE WHEN too_fast_at > clock_timestamp() - make_interval(secs => $1) THEN too_fast_domain END AS domain, \
                 counted.taken, counted.first \
             FROM pace, (SELECT coalesce(sum(mails), 0) AS taken, \
                     extract(epoch FROM clock_timestamp() - min(at))::double precision AS first FROM mail_ledger \
                 WHERE mails > 0 AND at > clock_timestamp() - make_interval(secs => $4)) counted \
             WHERE name = 'mails' FOR UPDATE OF pace"
        ))
        .bind::<Double, _>(TOGETHER_SECONDS)
        .bind::<Double, _>(per_second)
        .bind::<Double, _>(speed::growth(per_second))
        .bind::<Double, _>(COUNTED_SECONDS)
        .get_result(connection)?;
        diesel::sql_query(
            "UPDATE pace SET too_fast_at = clock_timestamp(), too_fast_domain = $1 WHERE name = 'mails'",
        )
        .bind::<Text, _>(last)
        .execute(connection)?;
        let another = row.domain.is_some_and(|domain| !domains.contains(&domain));
        if domains.len() < 2 && !another {
            return Ok(());
        }
        let slow = slower(&TooFast {
            full: per_second,
            rate: row.rate,
            slowed: row.slowed,
            taken: row.taken,
            first: row.first,
        });
        let Some(slow) = slow else { return Ok(()) };
        log::warn!("the mail server says that mail comes too fast: it goes more slowly for a while");
        diesel::sql_query(
            "UPDATE pace SET rate = $1, slowed_at = clock_timestamp(), \
                 next_at = greatest(next_at, clock_timestamp() + make_interval(secs => $2 * (1 + 0.1 * random()))) \
             WHERE name = 'mails'",
        )
        .bind::<Double, _>(slow.rate)
        .bind::<Double, _>(slow.hold)
        .execute(connection)
        .map(drop)
    })
}
