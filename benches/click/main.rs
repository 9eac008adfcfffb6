//! What a click costs that hands a session out again, beside the least it could cost.
//!
//! It starts its own PostgreSQL, simulator and service, and drives them over HTTP from another process
//! (wrk if it is there). Reading dominates such a click: the database need not be durable.

mod beside;
mod mailing;

use std::time::Duration;

use freshmint_benches::{
    Bench,
    load::{Driver, Figures, Load, Target},
    world::World,
};
use freshmint_fakes::postgres::Durability;

use self::beside::{Callers, Locks};

const CONNECTIONS: usize = 64;
/// Connections where latency is what counts, so that clicks do not wait for each other.
const FEW: usize = 2;
/// What nobody can do without: the redirect, and to see whether the link is ours.
const CHECKED: &str = "303 with the token checked";
const QUIET: &str = "quiet one";
/// What is to be reached.
const OF_CHECKED: f64 = 0.6;
const P99: Duration = Duration::from_millis(10);

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    /// Of each measurement.
    at_most: Duration,
    orders: usize,
}

const FULL: Size = Size {
    at_most: Duration::from_secs(6),
    orders: 1_000,
};
const QUICK: Size = Size {
    at_most: Duration::from_secs(1),
    orders: 50,
};

fn main() {
    let Some(mut bench) = Bench::begin("click") else {
        return;
    };
    let clicks = Clicks::start(bench.size(FULL, QUICK));
    clicks.beside_the_least(&mut bench);
    clicks.beside_others(&mut bench);
    let created = clicks.world.stripe.creations();
    assert_eq!(created, clicks.orders.len(), "a click minted");
    bench.end(clicks.driver.said());
}

/// Orders with an open session each.
struct Clicks {
    world: World,
    orders: Vec<Target>,
    driver: Driver,
    size: Size,
}

impl Clicks {
    fn start(size: Size) -> Self {
        let world = World::start(Durability::ThrowAway);
        let orders = world.orders("reuse", size.orders);
        world.open_sessions(&orders, CONNECTIONS);
        Self {
            world,
            orders,
            driver: Driver::find(),
            size,
        }
    }

    fn beside_the_least(&self, bench: &mut Bench) {
        let [bare, checked] = ["/redirect/", "/checked/"].map(|route| self.bare(route));
        let reuse = self.again(&self.world.service, &self.orders, CONNECTIONS);
        let of_bare = checked.of(&bare);
        bench.add(bare.line("bare 303"));
        bench.add(checked.line(CHECKED).of("the bare 303", of_bare));
        let line = reuse.line("click, session handed out again");
        let line = line.of(format!("the {CHECKED}"), reuse.of(&checked));
        bench.add(line.goal_ratio(OF_CHECKED).goal_p99(P99));
    }

    /// The same paths at a server that does one thing only.
    fn bare(&self, route: &str) -> Figures {
        let renamed = |target: &Target| Target {
            path: target.path.replacen("/pay/", route, 1),
            ..target.clone()
        };
        let targets: Vec<_> = self.orders.iter().map(renamed).collect();
        self.again(&self.world.bare, &targets, CONNECTIONS)
    }

    /// The same while others are in trouble: a click's latency must not tell.
    fn beside_others(&self, bench: &mut Bench) {
        let world = &self.world;
        let token = mailing::token(world);
        let quiet = self.few();
        bench.add(quiet.line("the same, 2 connections"));
        let mut add = |name: &str| {
            let figures = self.few();
            let of_quiet = figures.of(&quiet);
            bench.add(figures.line(name).of(format!("the {QUIET}"), of_quiet));
        };
        let locks = Locks::take(world.connect());
        add("beside locks on other tables");
        let callers = Callers::start(&world.service, "GET /api/v1/cases", &token);
        add("and 20 callers who wait for them");
        locks.release();
        callers.stop();
        let preview = format!("POST /api/v1/blasts/{}/preview", mailing::costly(world));
        let callers = Callers::start(&world.service, &preview, &token);
        add("beside 20 callers of a preview");
        callers.stop();
    }

    fn few(&self) -> Figures {
        self.again(&self.world.service, &self.orders, FEW)
    }

    fn again(&self, server: &str, targets: &[Target], connections: usize) -> Figures {
        let load = Load::again(server, targets, connections, self.size.at_most);
        self.driver.send(&load)
    }
}
