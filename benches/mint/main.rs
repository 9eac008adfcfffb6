//! What a click costs that mints: each payer has another order, and Stripe takes its time.
//!
//! It starts its own PostgreSQL, simulator and service, and drives them over HTTP from another process
//! (wrk if it is there). Waiting dominates such a click: the database need not be durable.

mod alone;

use std::time::Duration;

use freshmint_benches::{
    Bench, Line,
    load::{Driver, Figures, Load, Target},
    world::World,
};
use freshmint_fakes::postgres::Durability;

/// How long Stripe takes for a call.
const STRIPE_TAKES: Duration = Duration::from_millis(200);
/// How many payers come at once, and what is to be reached of what the simulator alone could do.
const PAYERS: [(usize, f64); 2] = [(200, 0.97), (1_000, 0.8)];
/// New connections to Stripe, a mint: those that were broken off by chance.
const NEW_CONNECTIONS: f64 = 0.01;

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    /// Of each measurement.
    at_most: Duration,
    orders: usize,
}

const FULL: Size = Size {
    at_most: Duration::from_secs(15),
    orders: 8_000,
};
const QUICK: Size = Size {
    at_most: Duration::from_secs(3),
    orders: 2_000,
};

fn main() {
    let Some(mut bench) = Bench::begin("mint") else {
        return;
    };
    let size = bench.size(FULL, QUICK);
    let (world, driver) = (World::start(Durability::ThrowAway), Driver::find());
    world.stripe.set_latency(STRIPE_TAKES);
    for (payers, goal) in PAYERS {
        let send = |server: &str, targets: &[Target]| {
            driver.send(&Load::once(server, targets, payers, size.at_most))
        };
        let name = format!("alone-{payers}");
        let creations = alone::creations(&world, &name, size.orders);
        let alone = send(&world.stripe.url(), &creations);
        warm_up(&world, payers);
        let orders = world.orders(&format!("mint-{payers}"), size.orders);
        let (mint, connections) = counted(&world, || send(&world.service, &orders));

        let what = format!("the simulator alone, {payers} payers");
        bench.add(alone.line(&what));
        let line = mint.line(format!("click that mints, {payers} payers"));
        bench.add(line.of(what, mint.of(&alone)).goal_ratio(goal));
        let name = format!("new connections to Stripe a mint, {payers} payers");
        bench.add(Line::count(name, connections).goal_at_most(NEW_CONNECTIONS));
    }
    bench.end(&format!(
        "{} Stripe takes {} ms a call.",
        driver.said(),
        STRIPE_TAKES.as_millis()
    ));
}

/// As many payers have been here before, all at the same moment: the connections that they need are open. So
/// Stripe takes long meanwhile, else the first of them would be through before the last one has come. What the
/// load broke off at its end has come to its own by then.
fn warm_up(world: &World, payers: usize) {
    std::thread::sleep(STRIPE_TAKES * 5);
    let orders = world.orders(&format!("warm-{payers}"), payers);
    world.stripe.set_latency(STRIPE_TAKES * 10);
    world.open_sessions(&orders, payers);
    world.stripe.set_latency(STRIPE_TAKES);
}

/// Connections that the service opened to Stripe meanwhile, a session.
fn counted(world: &World, mint: impl FnOnce() -> Figures) -> (Figures, f64) {
    let before = (world.stripe.connections(), world.stripe.creations());
    let figures = mint();
    let connections = world.stripe.connections() - before.0;
    let minted = world.stripe.creations() - before.1;
    (figures, connections as f64 / minted as f64)
}
