//! Telling by mail: money at once, everything else gathered, what is open once a day.

use chrono::{DateTime, Duration, NaiveTime, Utc};
use diesel::prelude::*;

use super::{
    Watch,
    kind::{Channel, Rank},
    message, text,
};
use crate::{
    app::App,
    mail::Text,
    outbox::{self, Kind, Letter},
    schema::{alert_messages, alert_watch},
    suppression::AddressKey,
};

/// What is not money is told in one mail in this time at most.
const GATHERED_FOR: Duration = Duration::minutes(10);
/// When what is open is told, in UTC: before a working day in Europe.
const DIGEST_AT: NaiveTime = NaiveTime::from_hms_opt(6, 0, 0).expect("a time of day");

/// Queues a mail of what has begun and what is over, if it is time; tells whether. In the transaction that
/// holds the watch's lock: each message is in one mail.
pub fn tell(
    connection: &mut PgConnection,
    app: &App,
    to: &str,
    watch: &Watch,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let messages = message::to_be_mailed(connection)?;
    let at_once = messages
        .first()
        .is_some_and(|first| first.kind.rank() == Rank::Money);
    if messages.is_empty() || !(at_once || watch.mailed_at <= now - GATHERED_FOR) {
        return Ok(false);
    }
    queue(connection, app, to, text::news(&app.shop, &messages), now)?;
    let told: Vec<i64> = messages.iter().map(|message| message.id).collect();
    let told = alert_messages::table
        .filter(alert_messages::channel.eq(Channel::Mail))
        .filter(alert_messages::id.eq_any(told));
    diesel::delete(told).execute(connection)?;
    diesel::update(alert_watch::table)
        .set(alert_watch::mailed_at.eq(now))
        .execute(connection)?;
    Ok(true)
}

/// Queues the day's digest, if it is time and anything is open; tells whether.
pub fn tell_what_is_open(
    connection: &mut PgConnection,
    app: &App,
    to: &str,
    watch: &Watch,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let today = now.date_naive();
    if now.time() < DIGEST_AT || watch.digest_on.is_some_and(|day| day >= today) {
        return Ok(false);
    }
    diesel::update(alert_watch::table)
        .set(alert_watch::digest_on.eq(today))
        .execute(connection)?;
    // On the first day what is open has just been told.
    let open = match watch.digest_on {
        Some(_) => message::open(connection)?,
        None => Vec::new(),
    };
    if open.is_empty() {
        return Ok(false);
    }
    queue(connection, app, to, text::digest(&app.shop, &open), now)?;
    Ok(true)
}

fn queue(
    connection: &mut PgConnection,
    app: &App,
    to: &str,
    text: Text,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let letter = Letter {
        kind: Kind::Alert,
        blast_id: None,
        to,
        to_hash: AddressKey::load(connection)?.hash(to),
        text: Some(text),
        orders: &[],
        due_at: None,
    };
    outbox::queue(connection, &app.mailer.domain, &[letter], now).map(drop)
}
