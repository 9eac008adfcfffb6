//! Telling the shop what needs a person: by mail to `ALERT_EMAIL`, and by `POST` to `ALERT_URL`.
//!
//! What is told about is a **cause**: it has a key, begins, goes on, and is over; its beginning and its end
//! are told once each, however long the worker was away in between. What is open is read from the rows
//! that say so (`open`); a flag that is set where something happens could be missed, or stay. Money comes
//! before mail, and mail before the rest (`kind::Rank`).
//!
//! One replica at a time looks, under the lock of the watch's row; what is to be told becomes rows in the
//! same transaction. A mail is queued with that; a `POST` is made from a leased row (`call`).

pub mod away;
mod call;
mod cause;
pub mod heir;
mod kind;
mod log;
mod mail;
mod message;
mod open;
mod text;
mod words;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::prelude::*;

pub use self::call::call_out;
use self::kind::Channel;
use crate::{app::App, db::DbError, schema::alert_watch};

/// With no look for so long nobody was watching: what should have been done meanwhile has time again.
const GAP: Duration = Duration::minutes(5);

/// What the watch remembers.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = alert_watch)]
struct Watch {
    log_seen: Option<i64>,
    mailed_at: DateTime<Utc>,
    digest_on: Option<NaiveDate>,
    passed_at: DateTime<Utc>,
    watching_since: DateTime<Utc>,
}

/// Looks what has begun and what is over, and queues what there is to tell by mail; `true` if there was.
///
/// # Errors
/// The database's.
pub async fn work_off(app: &App) -> Result<bool, DbError> {
    if app.alert_email.is_none() && app.alert_url.is_none() {
        return Ok(false);
    }
    let own = app.clone();
    let queued = app
        .db
        .transaction(move |connection| look(connection, &own, own.clock.now()))
        .await?;
    if queued {
        app.wake_mail.notify_one();
    }
    Ok(queued)
}

fn look(connection: &mut PgConnection, app: &App, now: DateTime<Utc>) -> QueryResult<bool> {
    // Another replica may be at it; then it tells.
    let watch: Option<Watch> = alert_watch::table
        .select(Watch::as_select())
        .for_update()
        .skip_locked()
        .first(connection)
        .optional()?;
    let Some(mut watch) = watch else {
        return Ok(false);
    };
    if watch.passed_at < now - GAP {
        watch.watching_since = now;
    }
    watch.log_seen = log::take_up(connection, watch.log_seen, now)?;
    cause::compare(connection, watch.watching_since, now)?;
    cause::note(connection, &channels(app), now)?;
    pass(connection, &watch, now)?;
    let Some(to) = app.alert_email.as_deref() else {
        return Ok(false);
    };
    let told = mail::tell(connection, app, to, &watch, now)?;
    Ok(mail::tell_what_is_open(connection, app, to, &watch, now)? || told)
}

fn channels(app: &App) -> Vec<Channel> {
    let mail = app.alert_email.is_some().then_some(Channel::Mail);
    let url = app.alert_url.is_some().then_some(Channel::Url);
    mail.into_iter().chain(url).collect()
}

/// Writes down that somebody watches: once a minute is enough to see a gap.
fn pass(connection: &mut PgConnection, watch: &Watch, now: DateTime<Utc>) -> QueryResult<()> {
    let seen_now = alert_watch::log_seen.is_distinct_from(watch.log_seen);
    let changed = alert_watch::table.filter(
        alert_watch::passed_at
            .lt(now - Duration::minutes(1))
            .or(seen_now),
    );
    diesel::update(changed)
        .set((
            alert_watch::log_seen.eq(watch.log_seen),
            alert_watch::passed_at.eq(now),
            alert_watch::watching_since.eq(watch.watching_since),
        ))
        .execute(connection)
        .map(drop)
}
