//! Figures of what stands in the database, for whoever watches: looked up now and then, never because
//! somebody asks for `/metrics`.

mod day;
mod dying;
mod now;
mod stranded;

use chrono::{DateTime, Utc};
use diesel::{PgConnection, QueryResult};

use crate::{app::App, db::DbError, metrics::DatabaseFigures};

/// A figure is one statement, which begins with an index; it may be told or not without the others.
type Figure = fn(&mut PgConnection, DateTime<Utc>) -> QueryResult<Shown>;

/// Shows what was found.
type Shown = Box<dyn FnOnce(&DatabaseFigures) + Send>;

const FIGURES: [Figure; 10] = [
    stranded::by_mailing,
    stranded::by_currency,
    day::dead_links,
    day::paid_orders,
    day::reminder_decisions,
    now::cases,
    now::mails,
    now::failed_events,
    now::last_webhook,
    now::silence,
];

/// Looks all of them up, and whether links die faster than they are paid.
///
/// # Errors
/// A database that is away. What it refuses is logged, and no other work waits for it: then nothing new is
/// told, and what is known grows old.
pub async fn look(app: &App) -> Result<(), DbError> {
    for done in [dying::look_if_due(app).await, look_up(app).await] {
        match done {
            Err(error) if !error.is_away() => error.log("figures"),
            done => done?,
        }
    }
    Ok(())
}

async fn look_up(app: &App) -> Result<(), DbError> {
    let now = app.clock.now();
    let mut all = Vec::with_capacity(FIGURES.len());
    for figure in FIGURES {
        all.push(
            // Where hundreds of thousands are open, counting those that are stranded takes seconds.
            (app.db.patient())
                .run(move |connection| figure(connection, now))
                .await?,
        );
    }
    app.metrics.database.are_of(now, |figures| {
        for shown in all {
            shown(figures);
        }
    });
    Ok(())
}
