//! The last news of each order, for lists: one word and its time, in a table of its own.
//!
//! Where an order stands is written by a trigger, in the transaction that moves it. Everything else is written
//! by the worker ([`keep_up`]), in batches: it reads which orders new lines of the log are about, and looks at
//! their rows (`facts`). So no click and no payment waits for a list, and a news is at most some seconds old.
//!
//! With the news it writes whether an order may be one that nobody was mailed about, or whose link was mailed and
//! not opened, for lists of those alone. What has happened since it last read is [`unread`].

mod facts;
mod list;
mod word;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

pub use self::{list::List, word::News};
use crate::{
    activity::{
        Category,
        live::{self, Place},
    },
    app::App,
    db::DbError,
    schema::{activity, order_news, order_news_read},
};

/// Lines of the log that one batch reads: those of a mailing's second.
const LINES: i64 = 1_000;
/// Orders of one batch that are due without a line.
const DUE: i64 = 500;

/// Writes the news of some orders; tells whether there may be more. While another replica does, there is
/// nothing to do here.
///
/// # Errors
/// The database's; the next batch begins where this one did.
pub async fn keep_up(app: &App) -> Result<bool, DbError> {
    let now = app.clock.now();
    app.db
        .transaction(move |connection| batch(connection, now))
        .await
}

fn batch(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<bool> {
    // The row is the turn: who has it reads on from there, and moves it in the same transaction.
    let place: Option<(i64, i64)> = order_news_read::table
        .select((order_news_read::xact, order_news_read::line))
        .for_update()
        .skip_locked()
        .first(connection)
        .optional()?;
    let Some(place) = place else {
        return Ok(false);
    };
    let lines = live::after(connection, Place::kept(place), LINES)?;
    let told = told(connection, &lines)?;
    let due: Vec<Uuid> = order_news::table
        // As its index says it: nobody is both but whom nobody has looked at.
        .filter(order_news::due.or(order_news::may_be_unmailed.and(order_news::may_be_unopened)))
        .limit(DUE)
        .select(order_news::order_id)
        .load(connection)?;
    write(connection, &told, &due, now)?;
    if let Some(last) = lines.last() {
        let (xact, line) = last.place.to_keep();
        diesel::update(order_news_read::table)
            .set((
                order_news_read::xact.eq(xact),
                order_news_read::line.eq(line),
            ))
            .execute(connection)?;
    }
    let is_full = |count: usize, most: i64| i64::try_from(count).is_ok_and(|count| count >= most);
    Ok(is_full(lines.len(), LINES) || is_full(due.len(), DUE))
}

/// Which orders the lines are about, and when they last told of a mail of each.
fn told(
    connection: &mut PgConnection,
    lines: &[live::New],
) -> QueryResult<HashMap<Uuid, Option<DateTime<Utc>>>> {
    let ids: Vec<i64> = lines.iter().map(|line| line.id).collect();
    let about: Vec<(Option<Uuid>, String, DateTime<Utc>)> = activity::table
        .filter(activity::id.eq_any(ids))
        .filter(activity::order_id.is_not_null())
        .order(activity::at)
        .select((activity::order_id, activity::category, activity::at))
        .load(connection)?;
    let mut told = HashMap::new();
    for (order, category, at) in about {
        let Some(order) = order else {
            continue;
        };
        let of_a_mail = told.entry(order).or_insert(None);
        if category == Category::Mail.name() {
            *of_a_mail = Some(at);
        }
    }
    Ok(told)
}

/// Writes the news of these orders. A row that is locked is left: whoever moves its order writes what is new
/// about it, and nobody who holds one order's row and waits for another's may wait for us.
fn write(
    connection: &mut PgConnection,
    told: &HashMap<Uuid, Option<DateTime<Utc>>>,
    due: &[Uuid],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let ids: Vec<Uuid> = told.keys().chain(due).copied().collect();
    if ids.is_empty() {
        return Ok(());
    }
    let locked: Vec<Uuid> = order_news::table
        .filter(order_news::order_id.eq_any(ids))
        .select(order_news::order_id)
        .for_update()
        .skip_locked()
        .load(connection)?;
    let news = facts::of(connection, &locked, told, now)?;
    let orders: Vec<Uuid> = news.iter().map(|found| found.order).collect();
    let (at, words): (Vec<DateTime<Utc>>, Vec<News>) = news.iter().map(|found| found.last).unzip();
    let (unmailed, unopened): (Vec<bool>, Vec<bool>) = (news.iter())
        .map(|found| (found.is_unmailed, found.is_unopened))
        .unzip();
    // The same news keeps its time where the row knows a later one: that of a refund, or of what the log no
    // longer tells.
    diesel::sql_query(
        "UPDATE order_news SET due = false, news = fresh.news, \
             may_be_unmailed = fresh.unmailed, may_be_unopened = fresh.unopened, \
             at = CASE order_news.news WHEN fresh.news THEN greatest(order_news.at, fresh.at) ELSE fresh.at END \
         FROM unnest($1, $2, $3, $4, $5) AS fresh (order_id, news, at, unmailed, unopened) \
         WHERE order_news.order_id = fresh.order_id",
    )
    .bind::<Array<SqlUuid>, _>(orders)
    .bind::<Array<Text>, _>(words)
    .bind::<Array<Timestamptz>, _>(at)
    .bind::<Array<Bool>, _>(unmailed)
    .bind::<Array<Bool>, _>(unopened)
    .execute(connection)
    .map(drop)
}

#[derive(QueryableByName)]
struct About {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    order_id: Option<Uuid>,
}

/// The orders of which the log tells what has not been written as news yet; `None`: there are more lines than
/// `most`, since no worker runs, or it is behind.
pub fn unread(connection: &mut PgConnection, most: i64) -> QueryResult<Option<Vec<Uuid>>> {
    let place: Option<(i64, i64)> = order_news_read::table
        .select((order_news_read::xact, order_news_read::line))
        .first(connection)
        .optional()?;
    let (xact, line) = place.unwrap_or_default();
    // All that is committed: the worker waits for older transactions, and a reader need not.
    let lines: Vec<About> = diesel::sql_query(
        "SELECT order_id FROM activity \
         WHERE (xact, id) > ($1::text::xid8, $2) ORDER BY activity.xact, activity.id LIMIT $3",
    )
    .bind::<Text, _>(xact.to_string())
    .bind::<BigInt, _>(line)
    .bind::<BigInt, _>(most + 1)
    .load(connection)?;
    if i64::try_from(lines.len()).is_ok_and(|count| count > most) {
        return Ok(None);
    }
    let orders: HashSet<Uuid> = lines
        .into_iter()
        .filter_map(|about| about.order_id)
        .collect();
    Ok(Some(orders.into_iter().collect()))
}
