//! `cargo bench --bench pages`: how long the shop's people wait for a page, with many orders and with few.
//!
//! The real service is asked over HTTP, as somebody who has signed in, for each page as it is and with its
//! searches; in a database without statistics (as after an import) and with them. What is rare stands at the
//! very beginning of both databases, where a list that shows the newest first comes last.

mod asked;

use std::time::{Duration, Instant};

use freshmint::token::Role;
use freshmint_benches::{
    Bench,
    browser::Browser,
    counts,
    fill::Size,
    grown::{self, Took},
    world::World,
};

use self::asked::ASKED;

const FULL: [Size; 2] = [
    Size {
        orders: 10_000,
        lines: 5,
    },
    Size {
        orders: 1_000_000,
        lines: 5,
    },
];
const QUICK: [Size; 2] = [
    Size {
        orders: 1_000,
        lines: 5,
    },
    Size {
        orders: 10_000,
        lines: 5,
    },
];
/// Visits of the year that is counted, for each order.
const VISITS: usize = 1;
/// Below it nothing is compared: the processor's share in a page, on a busy machine.
const AT_ONCE: Duration = Duration::from_millis(10);
/// What is to be reached: at most twice as long.
const OF_SMALL: f64 = 0.5;

fn main() {
    let Some(mut bench) = Bench::begin("pages") else {
        return;
    };
    let [small, large] = bench.size(FULL, QUICK);
    // Both are there before the first figure: what fills one takes nothing from the other.
    let (small_world, large_world) = (filled(small), filled(large));
    let (in_small, in_large) = (measure(&small_world), measure(&large_world));
    let of = format!("the same with {} orders", small.orders);
    for (asked, both) in ASKED.iter().zip(in_small.iter().zip(&in_large)) {
        for line in grown::lines(asked.name, &of, both, AT_ONCE) {
            bench.add(line.goal_ratio(OF_SMALL));
        }
    }
    bench.end(&format!(
        "Over HTTP, with {} orders, {} lines of the log and {} visits in a year; less than {} ms counts as that. A throw-away database.",
        large.orders,
        large.orders * large.lines,
        large.orders * VISITS,
        AT_ONCE.as_millis()
    ));
}

fn filled(size: Size) -> World {
    let begun = Instant::now();
    let world = World::filled(size);
    counts::fill(&world, size.orders * VISITS);
    let took = begun.elapsed().as_secs_f64();
    eprintln!("pages: filled with {} orders in {took:.0} s", size.orders);
    world
}

/// Asks for each page, twice.
fn measure(world: &World) -> Took {
    let cookie = world.sign_in(Role::Admin);
    let cookie = format!("freshmint_session={}", cookie.expose());
    let browser = Browser::new(&world.service, ("Cookie", cookie));
    let places = asked::places(world);
    let all = || -> Vec<Duration> {
        let pages = ASKED.iter().map(|asked| asked.path(&places));
        pages.map(|path| browser.time(&path)).collect()
    };
    grown::twice(&world.app, all)
}
