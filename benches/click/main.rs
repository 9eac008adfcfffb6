//! `cargo bench --bench click`: what a click and a webhook cost, beside the least they could cost.
//!
//! It starts its own PostgreSQL, simulator and service, drives them over HTTP from another process
//! (wrk if it is there), prints one table, and asserts no time. `--quick` takes seconds, to see that
//! it still runs; its figures mean little.

mod bare;
mod beside;
mod builtin;
mod load;
mod table;
mod world;

use std::time::Duration;

use freshmint_fakes::postgres::Durability;

use self::{
    beside::{Callers, Locks},
    load::{Driver, Figures, Load, Target},
    table::{Row, Table},
    world::World,
};

/// How long Stripe takes for a call, and how many payers come at once.
const STRIPE_TAKES: Duration = Duration::from_millis(200);
const PAYERS: usize = 200;
/// Connections of every other measurement.
const CONNECTIONS: usize = 64;
/// Connections where latency is what counts, so that clicks do not wait for each other.
const FEW: usize = 2;

/// How much is measured.
struct Size {
    /// Of each measurement that may ask for the same again.
    at_most: Duration,
    /// Orders with a session that is handed out again.
    reused: usize,
    /// Orders that are minted, one click each.
    minted: usize,
    events: usize,
}

const FULL: Size = Size {
    at_most: Duration::from_secs(6),
    reused: 1_000,
    minted: 8_000,
    events: 30_000,
};
const QUICK: Size = Size {
    at_most: Duration::from_secs(1),
    reused: 50,
    minted: 2_000,
    events: 3_000,
};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "--drive") {
        return builtin::drive(&arguments[1..]);
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("off")).init();

    let bench = Bench {
        driver: Driver::find(),
        size: if quick { QUICK } else { FULL },
    };
    let mut table = Table::default();
    bench.clicks(&mut table);
    bench.webhooks(&mut table);
    println!("{}", table.print(bench.driver, quick));
}

struct Bench {
    driver: Driver,
    size: Size,
}

impl Bench {
    /// Reading dominates the reuse click, waiting the mint: what a commit costs is not their matter.
    fn clicks(&self, table: &mut Table) {
        let world = World::start(Durability::ThrowAway);
        let orders = world.orders("reuse", self.size.reused);
        self.open_sessions(&world, &orders);
        let bare = |route: &str| -> Vec<Target> {
            let renamed = |target: &Target| Target {
                path: target.path.replacen("/pay/", route, 1),
                ..target.clone()
            };
            orders.iter().map(renamed).collect()
        };
        let (redirect, checked) = (bare("/redirect/"), bare("/checked/"));
        table.add(Row::Bare, self.again(&world.bare, &redirect));
        table.add(Row::Checked, self.again(&world.bare, &checked));
        table.add(Row::Reuse, self.again(&world.service, &orders));
        self.clicks_beside(&world, &orders, table);
        assert_eq!(world.stripe.creations(), orders.len(), "a click minted");

        world.stripe.set_latency(STRIPE_TAKES);
        let stripe = world.stripe.url();
        let creations = world.creations(self.size.minted);
        table.add(Row::Simulator, self.once(&stripe, &creations, PAYERS));
        let orders = world.orders("mint", self.size.minted);
        table.add(Row::Mint, self.once(&world.service, &orders, PAYERS));
    }

    /// The same while others are in trouble: a click's latency must not tell.
    fn clicks_beside(&self, world: &World, orders: &[Target], table: &mut Table) {
        let token = world.token();
        let few = |row, table: &mut Table| {
            table.add(row, self.few_again(&world.service, orders));
        };
        few(Row::Few, table);
        let locks = Locks::take(world.connect());
        few(Row::BesideLocks, table);
        let callers = Callers::start(&world.service, "GET /api/v1/cases", &token);
        few(Row::BesideCallers, table);
        locks.release();
        callers.stop();
        let preview = format!("POST /api/v1/blasts/{}/preview", world.costly_mailing());
        let callers = Callers::start(&world.service, &preview, &token);
        few(Row::BesidePreviews, table);
        callers.stop();
    }

    /// Each order gets its session. The built-in driver breaks off none.
    fn open_sessions(&self, world: &World, orders: &[Target]) {
        send(
            Driver::Ourselves,
            &Load {
                server: &world.service,
                targets: orders,
                again: false,
                connections: CONNECTIONS,
                at_most: self.size.at_most * 10,
            },
        );
        assert_eq!(
            world.stripe.creations(),
            orders.len(),
            "not all were minted"
        );
    }

    /// Here the commit is what is paid for.
    fn webhooks(&self, table: &mut Table) {
        let world = World::start(Durability::Real);
        let events = world.events("/insert", "bare", self.size.events);
        let bare = self.once(&world.bare, &events, CONNECTIONS);
        table.add(Row::Insert, bare);
        let events = world.events("/webhooks/stripe", "kept", self.size.events);
        let kept = self.once(&world.service, &events, CONNECTIONS);
        table.add(Row::Intake, kept);
    }

    fn again(&self, server: &str, targets: &[Target]) -> Figures {
        self.again_over(CONNECTIONS, server, targets)
    }

    fn few_again(&self, server: &str, targets: &[Target]) -> Figures {
        self.again_over(FEW, server, targets)
    }

    fn again_over(&self, connections: usize, server: &str, targets: &[Target]) -> Figures {
        let load = Load {
            server,
            targets,
            again: true,
            connections,
            at_most: self.size.at_most,
        };
        send(self.driver, &load)
    }

    fn once(&self, server: &str, targets: &[Target], connections: usize) -> Figures {
        let load = Load {
            server,
            targets,
            again: false,
            connections,
            at_most: self.size.at_most * 3,
        };
        send(self.driver, &load)
    }
}

fn send(driver: Driver, load: &Load) -> Figures {
    driver
        .send(load)
        .unwrap_or_else(|error| panic!("the load was not sent: {error}"))
}
