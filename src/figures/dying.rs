//! Whether links die faster than they are paid, for the alert: looked at by one replica at a time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::day;
use crate::{app::App, chore::Turn, db::DbError, schema::dead_links};

/// Between two looks. What a day has brought changes slowly.
const EVERY: Duration = Duration::from_secs(15 * 60);

/// Fewer are no news: somebody always thinks twice. `deploy/alerts.yml` has the same number.
const NEWS: i64 = 5;

/// Looks if it is time to, and if no other replica does.
///
/// # Errors
/// The database's.
pub(super) async fn look_if_due(app: &App) -> Result<(), DbError> {
    let Some(turn) = Turn::take(app, "dead_links").await? else {
        return Ok(());
    };
    look(app).await?;
    turn.give_back(app, EVERY).await
}

async fn look(app: &App) -> Result<(), DbError> {
    let now = app.clock.now();
    let looked = app
        .db
        .transaction(move |connection| {
            let dead = day::count_dead_links(connection, now)?;
            let paid = day::count_paid_orders(connection, now)?;
            write(connection, dead, die_faster(dead, paid), now)
        })
        .await;
    looked.map(drop)
}

/// Whether so many are dying that somebody should look.
fn die_faster(dead: i64, paid: i64) -> bool {
    dead >= NEWS && dead > paid
}

fn write(
    connection: &mut PgConnection,
    dead: i64,
    too_many: bool,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let since: Option<DateTime<Utc>> = dead_links::table
        .select(dead_links::since)
        .for_update()
        .first(connection)?;
    let since = too_many.then(|| since.unwrap_or(now));
    diesel::update(dead_links::table)
        .set((dead_links::orders.eq(dead), dead_links::since.eq(since)))
        .execute(connection)
}

#[cfg(test)]
mod tests {
    use super::die_faster;

    #[test]
    fn a_few_are_no_news_and_neither_are_fewer_than_are_paid() {
        for (dead, paid, told) in [
            (0, 0, false),
            (4, 0, false),
            (5, 0, true),
            (5, 5, false),
            (18, 17, true),
            (18, 40, false),
        ] {
            assert_eq!(die_faster(dead, paid), told, "{dead} {paid}");
        }
    }
}
