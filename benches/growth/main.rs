//! `cargo bench --bench growth`: what takes longer when the shop has many orders and not ten thousand.
//!
//! It fills two databases of its own with the same SQL, asks the real functions for the same things in both,
//! without statistics (as after an import) and with them. Nothing that somebody waits for may read a whole table:
//! that is a test (`tests/service/growth`).

mod asked;
mod world;

use std::time::{Duration, Instant};

use freshmint_benches::{
    Bench,
    grown::{self, Took},
};

use self::{asked::ASKED, world::World};

/// Orders of the small database and of the large one.
const FULL: [usize; 2] = [10_000, 1_000_000];
const QUICK: [usize; 2] = [1_000, 10_000];
/// Below it nothing is compared: it is what one machine does from one turn to the next.
const AT_ONCE: Duration = Duration::from_millis(1);
/// What is to be reached: at most twice as long.
const OF_SMALL: f64 = 0.5;

fn main() {
    let Some(mut bench) = Bench::begin("growth") else {
        return;
    };
    let [small, large] = bench.size(FULL, QUICK);
    // Both are there before the first figure: what fills one takes nothing from the other.
    let (small_world, large_world) = (filled(small), filled(large));
    let (in_small, in_large) = (measure(&small_world), measure(&large_world));
    let of = format!("the same with {small} orders");
    for (asked, both) in ASKED.iter().zip(in_small.iter().zip(&in_large)) {
        for line in grown::lines(asked.name, &of, both, AT_ONCE) {
            bench.add(match asked.counts {
                true => line,
                false => line.goal_ratio(OF_SMALL),
            });
        }
    }
    bench.end(&format!(
        "Each took so long with {large} orders; less than a millisecond counts as one. A throw-away database."
    ));
}

fn filled(orders: usize) -> World {
    let begun = Instant::now();
    let world = World::start(orders);
    let took = begun.elapsed().as_secs_f64();
    eprintln!("growth: filled with {orders} orders in {took:.0} s");
    world
}

fn measure(world: &World) -> Took {
    let all = || ASKED.iter().map(|asked| asked.time(world)).collect();
    grown::twice(&world.app, all)
}
