//! How much longer things take in a large database than in a small one, without statistics and with them.

use std::time::Duration;

use freshmint::app::App;

use crate::{Line, fill};

/// How long each thing took in one database: without statistics (as after an import), and with them.
pub type Took = Vec<[Duration; 2]>;

/// Asks for everything, twice.
pub fn twice(app: &App, ask: impl Fn() -> Vec<Duration>) -> Took {
    let without = ask();
    fill::gather_statistics(app);
    let both = without.into_iter().zip(ask());
    both.map(|(without, with)| [without, with]).collect()
}

/// What one thing took in the large database, and its ratio of the small one. Below `at_once` nothing is compared.
pub fn lines(
    name: &str,
    of: &str,
    (small, large): (&[Duration; 2], &[Duration; 2]),
    at_once: Duration,
) -> [Line; 2] {
    let seconds = |took: Duration| took.max(at_once).as_secs_f64();
    [("no statistics: ", 0), ("", 1)].map(|(when, at)| {
        let line = Line::time(format!("{when}{name}"), large[at]);
        line.of(of, seconds(small[at]) / seconds(large[at]))
    })
}
