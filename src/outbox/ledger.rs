//! What was handed over, counted: every kind of mail, on the database's clock, written with the claim.
//!
//! A row counts ten seconds. A window counts each row that it touches, and begins a lease earlier than it
//! would have to, since a mail reaches the server up to a lease after its claim: so no window of the
//! server's is ever fuller than what is allowed.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Double, Integer, Nullable, Timestamptz},
};

use super::outcome::Outcome;
use crate::{db::prepared_sql, mail::Limits};

/// How long a row counts, in seconds.
pub const ROW_SECONDS: f64 = 10.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 24.0 * HOUR;

/// When a row was begun, of this moment.
pub const THIS_ROW: &str = "to_timestamp(floor(extract(epoch FROM clock_timestamp()) / 10) * 10)";

/// What may still be handed over; none: as much as there is.
#[derive(Debug, Clone, Copy, PartialEq, QueryableByName)]
pub struct Allowance {
    /// Mails of this hour.
    #[diesel(sql_type = Nullable<BigInt>)]
    hour: Option<i64>,
    /// Mails of this day.
    #[diesel(sql_type = Nullable<BigInt>)]
    day: Option<i64>,
}

impl Allowance {
    /// Mails that may be handed over now.
    pub fn mails(self) -> Option<i64> {
        [self.hour, self.day].into_iter().flatten().min()
    }
}

/// What may still be handed over by the settings.
pub fn allowance(
    connection: &mut PgConnection,
    limits: &Limits,
    lease: Duration,
) -> QueryResult<Allowance> {
    if limits.is_none() {
        return Ok(Allowance {
            hour: None,
            day: None,
        });
    }
    prepared_sql(
        "SELECT $1 - (SELECT coalesce(sum(mails), 0) FROM mail_ledger \
                      WHERE at > clock_timestamp() - make_interval(secs => $3))::bigint AS hour, \
             $2 - (SELECT coalesce(sum(mails), 0) FROM mail_ledger \
                   WHERE at > clock_timestamp() - make_interval(secs => $4))::bigint AS day",
    )
    .bind::<Nullable<BigInt>, _>(limits.per_hour)
    .bind::<Nullable<BigInt>, _>(limits.per_day)
    .bind::<Double, _>(window(HOUR, lease))
    .bind::<Double, _>(window(DAY, lease))
    .get_result(connection)
}

fn window(seconds: f64, lease: Duration) -> f64 {
    seconds + ROW_SECONDS + lease.as_secs_f64()
}

/// Why nothing may be handed over, and how many seconds until something may; nothing if something may.
pub fn used_up(
    connection: &mut PgConnection,
    limits: &Limits,
    lease: Duration,
) -> QueryResult<Option<(String, f64)>> {
    let kinds = [
        (limits.per_hour, "MAIL_PER_HOUR", HOUR),
        (limits.per_day, "MAIL_PER_DAY", DAY),
    ];
    let mut longest: Option<(String, f64)> = None;
    for (limit, name, seconds) in kinds {
        let Some(limit) = limit else { continue };
        if let Some(wait) = frees_in(connection, limit, window(seconds, lease))? {
            let is_longer = longest.as_ref().is_none_or(|(_, other)| wait > *other);
            if is_longer {
                longest = Some((format!("{name}={limit}"), wait));
            }
        }
    }
    Ok(longest)
}

/// Seconds until so many rows have left the window that less than `limit` are in it.
fn frees_in(connection: &mut PgConnection, limit: i64, window: f64) -> QueryResult<Option<f64>> {
    #[derive(QueryableByName)]
    struct Frees {
        #[diesel(sql_type = Nullable<Double>)]
        seconds: Option<f64>,
    }
    // `newer` counts a row and all newer ones: the newest row that fills the limit must leave.
    let frees: Frees = diesel::sql_query(
        "SELECT extract(epoch FROM max(at) + make_interval(secs => $2) - clock_timestamp())::double precision AS seconds \
         FROM (SELECT at, sum(mails) OVER (ORDER BY at DESC) AS newer FROM mail_ledger \
               WHERE at > clock_timestamp() - make_interval(secs => $2)) kept WHERE newer >= $1",
    )
    .bind::<BigInt, _>(limit)
    .bind::<Double, _>(window)
    .get_result(connection)?;
    Ok(frees.seconds)
}

/// Gives back what was counted for mails whose message was never begun.
pub fn give_back(connection: &mut PgConnection, outcomes: &[Outcome]) -> QueryResult<()> {
    let mut rows: BTreeMap<DateTime<Utc>, i32> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| !outcome.begun) {
        *rows.entry(outcome.mail.counted_at).or_default() += 1;
    }
    for (at, mails) in rows {
        diesel::sql_query("UPDATE mail_ledger SET mails = greatest(mails - $2, 0) WHERE at = $1")
            .bind::<Timestamptz, _>(at)
            .bind::<Integer, _>(mails)
            .execute(connection)?;
    }
    Ok(())
}

/// Deletes rows that no window reaches any more.
pub fn prune(connection: &mut PgConnection) -> QueryResult<()> {
    diesel::sql_query("DELETE FROM mail_ledger WHERE at < clock_timestamp() - interval '3 days'")
        .execute(connection)
        .map(drop)
}
