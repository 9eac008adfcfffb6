//! What it costs to keep an event of Stripe's, beside one insert and one commit.
//!
//! It starts its own PostgreSQL, simulator and service, and drives them over HTTP from another process
//! (wrk if it is there). The commit is what is paid for: the database is durable.

mod events;

use std::time::Duration;

use freshmint_benches::{
    Bench,
    load::{Driver, Load},
    world::World,
};
use freshmint_fakes::postgres::Durability;

const CONNECTIONS: usize = 64;
const INSERT: &str = "bare insert, a commit each";
/// What is to be reached.
const OF_INSERT: f64 = 2.5;
/// Of each measurement.
const AT_MOST: Duration = Duration::from_secs(18);
/// How many are sent.
const FULL: usize = 30_000;
const QUICK: usize = 3_000;

fn main() {
    let Some(mut bench) = Bench::begin("webhook") else {
        return;
    };
    let count = bench.size(FULL, QUICK);
    let (world, driver) = (World::start(Durability::Real), Driver::find());
    let send = |server: &str, path: &str, name: &str| {
        let events = events::events(&world, path, name, count);
        driver.send(&Load::once(server, &events, CONNECTIONS, AT_MOST))
    };
    let bare = send(&world.bare, "/insert", "bare");
    let kept = send(&world.service, "/webhooks/stripe", "kept");
    let of_bare = kept.of(&bare);
    bench.add(bare.line(INSERT));
    let line = kept
        .line("webhook kept")
        .of(format!("the {INSERT}"), of_bare);
    bench.add(line.goal_ratio(OF_INSERT));
    bench.end(driver.said());
}
