//! A refusal that is ours: everything waits, nothing is lost, and somebody is told.
//!
//! One row while it lasts. When its time has come one mail may try; the row goes when that mail was
//! taken, so that a sender that is refused again and again is one trouble, not a hundred.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{
    Connection,
    prelude::*,
    sql_types::{BigInt, Bool, Double, Integer, Nullable, Text},
};
use serde_json::json;

use super::{
    Kind, State,
    flow::{Cause, follow::NewPause},
    history::by_itself,
    retry,
    waiting::legible,
};
use crate::{
    activity::{self, Category, Level, Line},
    mail::Mailer,
    schema::outbox_pause,
};

/// Seconds that mail has stood still until now, in all: by so much its own clock is behind.
pub const STOOD_STILL: &str = "(SELECT stood_still + coalesce((SELECT extract(epoch FROM clock_timestamp() - since) \
    FROM outbox_pause)::double precision, 0) FROM mail_flow)";

/// The pause as it stands.
#[derive(QueryableByName)]
struct Stands {
    #[diesel(sql_type = Text)]
    cause: Cause,
    #[diesel(sql_type = Integer)]
    tries: i32,
    #[diesel(sql_type = Bool)]
    is_over: bool,
    /// Seconds until what was sent first of the last day is older than a day.
    #[diesel(sql_type = Nullable<Double>)]
    day_ends: Option<f64>,
}

/// How long pauses are.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// The first one.
    pub first: Duration,
    /// `MAIL_PER_DAY` is set: a quota is over when the day is.
    pub by_the_day: bool,
}

impl Waits {
    /// As the settings say.
    pub fn of(mailer: &Mailer) -> Self {
        Self {
            first: mailer.retry,
            by_the_day: mailer.limits.per_day.is_some(),
        }
    }
}

/// Pauses all mail, or goes on pausing it. Tells whether that is news. Several mails in hand that are
/// refused together count as one try.
pub fn pause(
    connection: &mut PgConnection,
    new: &NewPause,
    waits: Waits,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    connection.transaction(|connection| {
        let reason = legible(&new.why);
        let reason = reason.as_str();
        let begins = diesel::sql_query(
            "INSERT INTO outbox_pause (reason, cause, likeness, streak, until) \
             VALUES ($1, $2, $3, $4, clock_timestamp()) ON CONFLICT DO NOTHING",
        )
        .bind::<Text, _>(reason)
        .bind::<Text, _>(new.cause)
        .bind::<Text, _>(&new.likeness)
        .bind::<Nullable<BigInt>, _>(new.streak)
        .execute(connection)?
            > 0;
        let stands: Stands = diesel::sql_query(
            "SELECT cause, tries, until <= clock_timestamp() AS is_over, \
                 (SELECT extract(epoch FROM min(at) + interval '24 hours' - clock_timestamp())::double precision \
                  FROM mail_ledger WHERE mails > 0 AND at > clock_timestamp() - interval '24 hours') AS day_ends \
             FROM outbox_pause FOR UPDATE",
        )
        .get_result(connection)?;
        if new.cause.rank() < stands.cause.rank() {
            return wait_longer(connection, retry::pause(waits.first, 1)).map(|()| false);
        }
        let rises = new.cause.rank() > stands.cause.rank();
        let tries = match begins || rises {
            true => 1,
            false => stands.tries + i32::from(stands.is_over),
        };
        let wait = match new.cause {
            Cause::Quota => {
                let day = stands.day_ends.filter(|_| waits.by_the_day);
                retry::quota(tries, day.map(Duration::from_secs_f64))
            }
            _ => retry::pause(waits.first, tries),
        };
        go_on(connection, new, reason, tries, wait)?;
        let news = begins || (rises && stands.cause == Cause::Allowance);
        if news {
            let what = "no mail can be sent, all of it waits";
            tell(connection, Level::Attention, what, Some(reason), now)?;
        }
        Ok(news)
    })
}

fn go_on(
    connection: &mut PgConnection,
    new: &NewPause,
    reason: &str,
    tries: i32,
    wait: Duration,
) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE outbox_pause SET reason = $1, cause = $2, likeness = $3, streak = $4, tries = $5, \
             until = clock_timestamp() + make_interval(secs => $6), tried_at = clock_timestamp()",
    )
    .bind::<Text, _>(reason)
    .bind::<Text, _>(new.cause)
    .bind::<Text, _>(&new.likeness)
    .bind::<Nullable<BigInt>, _>(new.streak)
    .bind::<Integer, _>(tries)
    .bind::<Double, _>(wait.as_secs_f64())
    .execute(connection)
    .map(drop)
}

/// Another try comes to nothing that says more than what mail is paused for already. Alerts, which do not
/// wait for the pause, wait for as long: a server that is away is not asked every second.
fn wait_longer(connection: &mut PgConnection, wait: Duration) -> QueryResult<()> {
    diesel::sql_query(format!(
        "UPDATE outbox SET not_before = clock_timestamp() + make_interval(secs => $1) \
         WHERE state = '{}' AND kind IN ({}) AND not_before <= clock_timestamp()",
        State::Queued,
        Kind::before_all()
    ))
    .bind::<Double, _>(wait.as_secs_f64())
    .execute(connection)?;
    diesel::sql_query(
        "UPDATE outbox_pause SET tried_at = clock_timestamp(), \
             until = greatest(until, clock_timestamp() + make_interval(secs => $1))",
    )
    .bind::<Double, _>(wait.as_secs_f64())
    .execute(connection)
    .map(drop)
}

/// The mail that tried has come back.
pub fn try_is_over(connection: &mut PgConnection) -> QueryResult<()> {
    diesel::sql_query("UPDATE outbox_pause SET trying = NULL, trying_until = NULL, proves = false")
        .execute(connection)
        .map(drop)
}

/// It came to nothing that says anything about the pause: another mail tries after `wait`.
pub fn next_try_in(connection: &mut PgConnection, wait: Duration) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE outbox_pause SET until = greatest(until, clock_timestamp() + make_interval(secs => $1))",
    )
    .bind::<Double, _>(wait.as_secs_f64())
    .execute(connection)
    .map(drop)
}

/// Mail waits for `MAIL_PER_HOUR` or `MAIL_PER_DAY`, for so many seconds; a pause that stands says more.
pub fn allowance_is_used_up(
    connection: &mut PgConnection,
    reason: &str,
    seconds: f64,
) -> QueryResult<()> {
    diesel::sql_query(
        "INSERT INTO outbox_pause (reason, cause, until) \
             VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3)) \
         ON CONFLICT (only_row) DO UPDATE SET reason = $1, until = excluded.until \
             WHERE outbox_pause.cause = $2",
    )
    .bind::<Text, _>(reason)
    .bind::<Text, _>(Cause::Allowance)
    .bind::<Double, _>(seconds)
    .execute(connection)
    .map(drop)
}

/// `MAIL_PER_HOUR` and `MAIL_PER_DAY` allow mail again.
pub fn allowance_is_back(connection: &mut PgConnection) -> QueryResult<()> {
    end(connection, Some(Cause::Allowance)).map(drop)
}

/// Mail goes out again; tells whether that is news.
pub fn lift(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<bool> {
    connection.transaction(|connection| {
        let news = end(connection, None)?;
        if news {
            tell(connection, Level::Info, "mail goes out again", None, now)?;
            activity::over(connection, activity::Cause::Pause, &by_itself(now))?;
        }
        Ok(news)
    })
}

/// Ends the pause, if it has this cause; the clock of the 48 hours goes on from here.
pub(super) fn end(connection: &mut PgConnection, only: Option<Cause>) -> QueryResult<bool> {
    let ended = diesel::sql_query(
        "WITH ended AS (DELETE FROM outbox_pause WHERE $1 IS NULL OR cause = $1 RETURNING since) \
         UPDATE mail_flow SET stood_still = stood_still + \
             greatest(0, extract(epoch FROM clock_timestamp() - ended.since)::double precision) \
         FROM ended",
    )
    .bind::<Nullable<Text>, _>(only)
    .execute(connection)?;
    Ok(ended > 0)
}

/// The cause of the pause and the refusal that it is for. Locked until the transaction ends.
pub(super) fn locked(
    connection: &mut PgConnection,
) -> QueryResult<Option<(Cause, Option<String>)>> {
    outbox_pause::table
        .select((outbox_pause::cause, outbox_pause::likeness))
        .for_update()
        .first(connection)
        .optional()
}

fn tell(
    connection: &mut PgConnection,
    level: Level,
    what: &str,
    reason: Option<&str>,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let line = Line::about(None, Category::Mail, what, &by_itself(at))
        .level(level)
        .detail(json!({ "reason": reason, "pause": true }));
    activity::record(connection, line)
}
