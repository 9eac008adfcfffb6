//! How long the database takes for the same question, again and again.

use std::time::{Duration, Instant};

use diesel::{PgConnection, QueryResult};

/// Turns, after one that is not counted.
const TURNS: usize = 50;

/// The half and the slowest.
pub fn time(
    connection: &mut PgConnection,
    ask: impl Fn(&mut PgConnection) -> QueryResult<()>,
) -> (Duration, Duration) {
    let mut one = || {
        let began = Instant::now();
        ask(connection).expect("the database answers");
        began.elapsed()
    };
    one();
    let mut took: Vec<Duration> = (0..TURNS).map(|_| one()).collect();
    took.sort();
    (took[TURNS / 2], took[TURNS - 1])
}
