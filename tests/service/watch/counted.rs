//! What a process counts by itself.

use std::collections::BTreeSet;

use chrono::Duration;

use super::{names, series, told};
use crate::{
    support::World,
    tidy::{cells, source},
};

/// What the replica that answers clicks tells.
fn asked(world: &World) -> std::collections::BTreeMap<String, f64> {
    series(&world.get("/metrics").body)
}

#[test]
fn mints_and_errors_of_stripe_are_told_from_the_first_on() {
    let world = World::new();
    let before = asked(&world);
    for kind in [
        "refused",
        "failed",
        "no_answer",
        "too_fast",
        "key_in_use",
        "unreadable",
        "not_sent",
    ] {
        let name = format!("freshmint_stripe_errors_total{{kind=\"{kind}\"}}");
        assert_eq!(before.get(&name), Some(&0.0), "{kind}");
    }
    assert_eq!(before["freshmint_mint_seconds_count"], 0.0);
    let order = world.order("CUP-1");
    world.click_through(&order);
    world.click_through(&order);
    let after = asked(&world);
    assert_eq!(after["freshmint_mint_seconds_count"], 1.0, "reused");
    assert_eq!(after["freshmint_clicks_total{door=\"redirect\"}"], 2.0);
    assert_eq!(after["freshmint_click_seconds_count"], 2.0);
}

#[test]
fn the_way_of_a_webhook_is_timed_once() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world.pass(Duration::minutes(10));
    world.deliver();
    let once = asked(&world);
    assert!(once["freshmint_webhook_lag_seconds_count"] >= 1.0);
    assert_eq!(
        once["freshmint_webhook_lag_seconds_bucket{le=\"300\"}"],
        0.0
    );
    let all = once["freshmint_webhook_lag_seconds_count"];
    assert_eq!(
        once["freshmint_webhook_lag_seconds_bucket{le=\"1800\"}"],
        all
    );
    world.deliver();
    assert_eq!(
        asked(&world)["freshmint_webhook_lag_seconds_count"],
        all,
        "again"
    );
    assert!(told(&world.app).len() > 10);
}

/// The rows of the table in the docs are the metrics, with their types.
#[test]
fn the_table_of_metrics_in_the_docs_is_what_is_told() {
    let world = World::new();
    let docs = source("docs/metrics.md");
    let rows = docs
        .lines()
        .filter(|line| line.starts_with("| `freshmint_"));
    let documented: BTreeSet<String> = rows
        .map(|row| cells(row)[0].trim_matches('`').to_owned())
        .map(|name| name.split('{').next().unwrap_or_default().to_owned())
        .collect();
    // Those that have no series yet are not told: they are known by their place in the code.
    let code = source("src/metrics/mod.rs") + &source("src/metrics/figures.rs");
    let quoted = code
        .split('"')
        .filter(|text| text.starts_with("freshmint_"));
    let real: BTreeSet<String> = quoted.map(str::to_owned).collect();
    assert_eq!(documented, real);
    let told = names(&world);
    assert!(told.len() > 15, "{told:?}");
    for name in told {
        assert!(real.contains(&name), "{name}");
    }
}
