//! `cargo bench --bench growth`: what takes longer when the shop has a million orders and not ten thousand.
//!
//! It fills two databases of its own with the same SQL, asks the real functions for the same things in both,
//! without statistics (as after an import) and with them, and prints how many times as long each took in the
//! large one. Nothing that somebody waits for may read a whole table: that is a test (`tests/service/growth`).
//! `--quick` takes seconds, to see that it still runs; its figures mean little.

mod asked;
mod world;

use std::time::{Duration, Instant};

use self::{asked::ASKED, world::World};

/// Orders of the small database and of the large one.
const FULL: [usize; 2] = [10_000, 1_000_000];
const QUICK: [usize; 2] = [1_000, 10_000];

/// How long each thing took in one database: without statistics, and with them.
type Took = Vec<[Duration; 2]>;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("off")).init();
    let [small, large] = if quick { QUICK } else { FULL };
    println!("\nMilliseconds with {small} orders, and how many times as long with {large}.");
    if quick {
        println!("QUICK: to see that it runs; the figures mean little.");
    }
    let took = [small, large].map(measure);
    println!(
        "\n{:<44}{:>12}{:>12}{:>8}{:>14}{:>12}{:>8}",
        "", "no stats", "large", "ratio", "with stats", "large", "ratio"
    );
    let [small, large] = &took;
    for ((asked, small), large) in ASKED.iter().zip(small).zip(large) {
        let [bare, known] = [0, 1].map(|at| pair(small[at], large[at]));
        println!("{:<44}{bare}      {known}", asked.name);
    }
}

fn pair(small: Duration, large: Duration) -> String {
    let ratio = large.as_secs_f64() / small.as_secs_f64();
    let ms = |took: Duration| took.as_secs_f64() * 1_000.0;
    format!("{:>12.2}{:>12.2}{ratio:>8.1}", ms(small), ms(large))
}

/// Fills a database and asks for everything, twice.
fn measure(orders: usize) -> Took {
    let begun = Instant::now();
    let world = World::start(orders);
    println!(
        "filled with {orders} orders in {:.0} s",
        begun.elapsed().as_secs_f64()
    );
    let without: Vec<Duration> = ASKED.iter().map(|asked| asked.time(&world)).collect();
    world.gather_statistics();
    let with = ASKED.iter().map(|asked| asked.time(&world));
    without
        .into_iter()
        .zip(with)
        .map(|(without, with)| [without, with])
        .collect()
}
