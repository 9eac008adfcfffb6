//! `cargo bench --bench growth`: what takes longer when the shop has many orders and not ten thousand; and a
//! mailing to twenty thousand.
//!
//! It fills two databases of its own with the same SQL, asks the real functions for the same things in both,
//! without statistics (as after an import) and with them. Nothing that somebody waits for may read a whole table:
//! that is a test (`tests/service/growth`).

mod asked;
mod mailing;
mod world;

use std::time::{Duration, Instant};

use freshmint_benches::{Bench, Line};

use self::{asked::ASKED, world::World};

/// Orders of the small database and of the large one.
const FULL: [usize; 2] = [10_000, 1_000_000];
const QUICK: [usize; 2] = [1_000, 10_000];
/// Recipients of a mailing.
const RECIPIENTS: [usize; 2] = [20_000, 500];
/// Below it nothing is compared: it is what one machine does from one turn to the next.
const AT_ONCE: Duration = Duration::from_millis(1);
/// What is to be reached: at most twice as long.
const OF_SMALL: f64 = 0.5;

/// How long each thing took in one database: without statistics, and with them.
type Took = Vec<[Duration; 2]>;

fn main() {
    let Some(mut bench) = Bench::begin("growth") else {
        return;
    };
    let [small, large] = bench.size(FULL, QUICK);
    let recipients = bench.size(RECIPIENTS[0], RECIPIENTS[1]);
    let world = filled(small);
    let took = measure(&world);
    mailing::measure(&mut bench, &world, recipients);
    drop(world);
    let grown = measure(&filled(large));
    let of = format!("the same with {small} orders");
    for ((asked, took), grown) in ASKED.iter().zip(&took).zip(&grown) {
        for (at, when) in ["no statistics: ", ""].into_iter().enumerate() {
            let line = Line::time(format!("{when}{}", asked.name), grown[at]);
            let line = line.of(&of, ratio(took[at], grown[at]));
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

fn ratio(small: Duration, large: Duration) -> f64 {
    small.max(AT_ONCE).as_secs_f64() / large.max(AT_ONCE).as_secs_f64()
}

fn filled(orders: usize) -> World {
    let begun = Instant::now();
    let world = World::start(orders);
    let took = begun.elapsed().as_secs_f64();
    eprintln!("growth: filled with {orders} orders in {took:.0} s");
    world
}

/// Asks for everything, twice.
fn measure(world: &World) -> Took {
    let without: Vec<Duration> = ASKED.iter().map(|asked| asked.time(world)).collect();
    world.gather_statistics();
    let with = ASKED.iter().map(|asked| asked.time(world));
    without
        .into_iter()
        .zip(with)
        .map(|(without, with)| [without, with])
        .collect()
}
