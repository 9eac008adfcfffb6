//! What counting visits costs a click, and what a year of a million visits costs their page and that of
//! performance.
//!
//! A visit is a hash and an entry of a map; what follows is written by nobody who waits. The pages read counts of
//! days, so that a million visits are as quick as a thousand.

mod pages;

use std::time::Duration;

use diesel::RunQueryDsl;
use freshmint::visits;
use freshmint_benches::{
    Bench, Line,
    load::{Driver, Figures, Load, Target},
    world::World,
};
use freshmint_fakes::postgres::Durability;

const CONNECTIONS: usize = 64;
/// What a click keeps of its pace with visits counted.
const LEFT: f64 = 0.95;
/// A page's figures, in all of a year.
const PAGE: Duration = Duration::from_millis(200);
/// Visits of a year.
const VISITS: usize = 1_000_000;

fn main() {
    let Some(mut bench) = Bench::begin("visits") else {
        return;
    };
    let at_most = bench.size(Duration::from_secs(6), Duration::from_secs(1));
    let orders = bench.size(1_000, 50);
    let world = World::start(Durability::ThrowAway);
    let orders = world.orders("visits", orders);
    world.open_sessions(&orders, CONNECTIONS);
    let driver = Driver::find();
    switch(&world, 0);
    let off = click(&world, driver, &orders, at_most);
    switch(&world, 12);
    let on = click(&world, driver, &orders, at_most);
    bench.add(off.line("click, no visit counted"));
    let line = on.line("click, visits counted");
    bench.add(line.of("no visit counted", on.of(&off)).goal_ratio(LEFT));
    pages::fill(&world, bench.size(VISITS, VISITS / 100));
    for (name, (half, slowest)) in pages::times(&world) {
        bench.add(Line::time(name, half).took(half, slowest).goal_p99(PAGE));
    }
    bench.end(driver.said());
}

/// Sets for how many months counts are kept; the service sees it at its next batch, which is now.
fn switch(world: &World, months: i32) {
    let set = format!("UPDATE settings SET visits_months = {months}");
    diesel::sql_query(set)
        .execute(&mut world.connect())
        .expect("it is set");
    let app = &world.app;
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(visits::write(&app.visits, &app.db, app.clock.now()));
}

fn click(world: &World, driver: Driver, orders: &[Target], at_most: Duration) -> Figures {
    driver.send(&Load::again(&world.service, orders, CONNECTIONS, at_most))
}
