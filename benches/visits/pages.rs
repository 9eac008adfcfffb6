//! A year of counts and figures, and how long their pages read.

use std::time::Duration;

use chrono::TimeDelta;
use diesel::{PgConnection, connection::SimpleConnection};
use freshmint::{performance, visits};
use freshmint_benches::{counts, reads::time, world::World};

const YEAR: TimeDelta = TimeDelta::days(365);

/// As many visits as are asked for, of which PostgreSQL has statistics.
pub fn fill(world: &World, visits: usize) {
    counts::fill(world, visits);
    world
        .connect()
        .batch_execute("ANALYZE")
        .expect("statistics");
}

/// The half and the slowest of each.
pub fn times(world: &World) -> Vec<(&'static str, (Duration, Duration))> {
    let mut connection = world.connect();
    let now = world.app.clock.now();
    let (first, last) = ((now - YEAR).date_naive(), now.date_naive());
    let seen = |connection: &mut PgConnection| {
        visits::report(connection, first, last).map(|report| assert!(report.days.len() > 360))
    };
    let rows = |connection: &mut PgConnection| visits::rows(connection, first, last).map(drop);
    let figures = |connection: &mut PgConnection| {
        performance::lately(connection, now - TimeDelta::hours(1))?;
        performance::days(connection, first, last).map(|days| assert!(days.len() > 360))
    };
    vec![
        ("visits of a year: the page", time(&mut connection, seen)),
        (
            "visits of a year: the rows of the API",
            time(&mut connection, rows),
        ),
        (
            "performance of a year: the page",
            time(&mut connection, figures),
        ),
    ]
}
