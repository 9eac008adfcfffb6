//! What whoever watches is told: `/metrics`, and the rules of `deploy/alerts.yml`.

mod counted;
mod figures;
mod rules;

use std::collections::BTreeMap;

use freshmint::{app::App, figures::look};

use crate::support::{World, runtime};

/// What a replica with a worker tells: series with their values.
fn told(app: &App) -> BTreeMap<String, f64> {
    series(&app.metrics.text(app.clock.now()))
}

fn series(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let parsed = lines.map(|line| {
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        (name.to_owned(), value.parse().expect("a number"))
    });
    parsed.collect()
}

/// Looks figures up, as the worker does each minute, and gives what is told then.
fn looked(app: &App) -> BTreeMap<String, f64> {
    runtime().block_on(look(app)).expect("the database answers");
    told(app)
}

/// The names of metrics that there are, by what the whole service tells: all that is written down in the
/// text as a type, also where it has no series yet.
fn names(world: &World) -> Vec<String> {
    looked(&world.app);
    let text = world.app.metrics.text(world.now());
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let names = types.map(|line| line.split(' ').next().unwrap_or_default().to_owned());
    names.collect()
}
