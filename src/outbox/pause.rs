//! A refusal that is ours: everything waits, nothing is lost, and somebody is told.
//!
//! One row while it lasts. When its time has come one mail may try; the row goes when a mail was
//! taken again, so that a sender that is refused again and again is one trouble, not a hundred.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{
    Connection,
    prelude::*,
    sql_types::{Bool, Double, Integer, Text},
};
use serde_json::json;

use super::{history::by_itself, retry};
use crate::{
    activity::{self, Category, Level, Line},
    schema::outbox_pause,
};

/// Pauses all mail, or goes on pausing it. Tells whether that is news. Several mails in hand that are
/// refused together count as one try.
pub fn pause(
    connection: &mut PgConnection,
    reason: &str,
    first_wait: Duration,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Paused {
        #[diesel(sql_type = Integer)]
        tries: i32,
        #[diesel(sql_type = Bool)]
        news: bool,
    }
    connection.transaction(|connection| {
        let paused: Paused = diesel::sql_query(
            "INSERT INTO outbox_pause (reason, until) VALUES ($1, clock_timestamp()) \
             ON CONFLICT (only_row) DO UPDATE SET reason = $1, tries = outbox_pause.tries + \
                 CASE WHEN outbox_pause.until > clock_timestamp() THEN 0 ELSE 1 END \
             RETURNING tries, xmax = 0 AS news",
        )
        .bind::<Text, _>(reason)
        .get_result(connection)?;
        diesel::sql_query(
            "UPDATE outbox_pause SET until = clock_timestamp() + make_interval(secs => $1)",
        )
        .bind::<Double, _>(retry::pause(first_wait, paused.tries).as_secs_f64())
        .execute(connection)?;
        if paused.news {
            let what = "no mail can be sent, all of it waits";
            tell(connection, Level::Attention, what, Some(reason), now)?;
        }
        Ok(paused.news)
    })
}

/// Mail goes out again; tells whether that is news.
pub fn lift(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<bool> {
    connection.transaction(|connection| {
        let news = diesel::delete(outbox_pause::table).execute(connection)? > 0;
        if news {
            tell(connection, Level::Info, "mail goes out again", None, now)?;
        }
        Ok(news)
    })
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
        .detail(json!({ "reason": reason }));
    activity::record(connection, line)
}
