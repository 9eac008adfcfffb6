//! Telling the shop at once of what needs a person: every line of the log that says so, by mail to
//! `ALERT_EMAIL`.
//!
//! The first line is told within seconds; what follows is gathered, so that a bad hour is a few mails
//! and not a hundred. What happened long before somebody switched it on is not told.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    activity::Level,
    app::App,
    db::DbError,
    mail::{Text, layout::tidy},
    outbox::{self, Kind, Letter},
    schema::{activity, alerted, orders},
    suppression::AddressKey,
};

/// At most one mail in this time.
const GATHERED_FOR: Duration = Duration::minutes(10);
/// Lines are told when every transaction that could still write an earlier one has ended.
const SETTLED_AFTER: Duration = Duration::seconds(5);
/// What is older is not news.
const NEWS_FOR: Duration = Duration::hours(24);
/// Lines in one mail; the log has the rest.
const LINES: i64 = 50;

/// Tells what there is to tell; `true` if a mail was queued.
///
/// # Errors
/// The database's.
pub async fn work_off(app: &App) -> Result<bool, DbError> {
    let Some(to) = app.alert_email.clone() else {
        return Ok(false);
    };
    let (db, told) = (app.db.clone(), app.clone());
    let queued = db.transaction(move |connection| tell(connection, &told, &to, told.clock.now()));
    let queued = queued.await?;
    if queued {
        app.wake_mail.notify_one();
    }
    Ok(queued)
}

/// A line that needs somebody: its id, when it happened, what, and the order's reference.
type Row = (i64, DateTime<Utc>, String, Option<String>);

fn tell(
    connection: &mut PgConnection,
    app: &App,
    to: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    // Another replica may be at it; then it tells.
    let last: Option<(i64, DateTime<Utc>)> = alerted::table
        .select((alerted::activity_id, alerted::at))
        .for_update()
        .skip_locked()
        .first(connection)
        .optional()?;
    let Some((last, _)) = last.filter(|(_, at)| *at <= now - GATHERED_FOR) else {
        return Ok(false);
    };
    let lines: Vec<Row> = activity::table
        .left_join(orders::table)
        .filter(
            activity::id
                .gt(last)
                .and(activity::level.eq(Level::Attention)),
        )
        .filter(activity::at.between(now - NEWS_FOR, now - SETTLED_AFTER))
        .order(activity::id)
        .limit(LINES)
        .select((
            activity::id,
            activity::at,
            activity::what,
            orders::reference.nullable(),
        ))
        .load(connection)?;
    let Some((newest, ..)) = lines.last() else {
        return Ok(false);
    };
    let letter = Letter {
        kind: Kind::Alert,
        blast_id: None,
        to,
        to_hash: AddressKey::load(connection)?.hash(to),
        text: Some(text(app, &lines)),
        orders: &[],
        due_at: None,
    };
    let queued: Vec<Option<Uuid>> = outbox::queue(connection, &app.mailer.domain, &[letter], now)?;
    diesel::update(alerted::table)
        .set((alerted::activity_id.eq(newest), alerted::at.eq(now)))
        .execute(connection)?;
    Ok(!queued.is_empty())
}

/// No address of a payer: the log has none.
fn text(app: &App, lines: &[Row]) -> Text {
    let shop = &app.shop.shop_name;
    let subject = match lines {
        [(_, _, what, _)] => format!("{shop}: {what}"),
        many => format!("{shop}: {} things need somebody", many.len()),
    };
    let mut body = "This needs somebody to look at it:\n\n".to_owned();
    for (_, at, what, reference) in lines {
        let reference = reference.as_ref().map(|it| format!(", order {it}"));
        body += &format!(
            "  {} UTC: {what}{}\n",
            at.format("%-d %B, %H:%M"),
            reference.unwrap_or_default()
        );
    }
    body += "\nFurther lines within ten minutes come together in one mail.\n\n--\nFreshmint\n";
    Text {
        subject,
        body: tidy(&body),
    }
}
