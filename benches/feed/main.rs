//! What the log costs as a feed: each list with few lines and with millions, and commits with feeds open.
//!
//! A list is read as far as a page goes, so that it takes as long with 5,000,000 lines as with 100,000; the
//! badge counts what is open, however much was dealt with. A process looks for new lines once a second,
//! however many feeds are open: nobody's commit waits for that.

mod commits;
mod fill;
mod lists;

use std::time::Duration;

use freshmint_benches::{Bench, Line, world::World};
use freshmint_fakes::postgres::Durability;

/// Lines of the small log and of the large one.
const FULL: [i64; 2] = [100_000, 5_000_000];
const QUICK: [i64; 2] = [1_000, 10_000];
/// How many times as long a list may take in the large log.
const AS_LONG: f64 = 3.0;
/// What ten open feeds leave of the commits.
const LEFT: f64 = 0.9;
const FEEDS: usize = 10;

fn main() {
    let Some(mut bench) = Bench::begin("feed") else {
        return;
    };
    let sizes = bench.size(FULL, QUICK);
    let took = bench.size(Duration::from_secs(5), Duration::from_secs(1));
    // One log that grows: the small one is its beginning.
    let world = World::start(Durability::ThrowAway);
    let mut before = Vec::new();
    for (size, from) in sizes.into_iter().zip([0, sizes[0]]) {
        fill::fill(&world, from, size);
        let times = lists::times(&world);
        for (number, (name, time)) in times.iter().enumerate() {
            let line = Line::time(format!("{name}, {size} lines"), time.0).took(time.0, time.1);
            bench.add(line);
            if let Some(small) = before.get(number) {
                let ratio = time.0.as_secs_f64() / Duration::as_secs_f64(small);
                let name = format!("{name}: times as long with more lines");
                bench.add(Line::count(name, ratio).goal_at_most(AS_LONG));
            }
        }
        before = times.into_iter().map(|(_, (half, _))| half).collect();
    }
    let none = commits::per_second(&world, took);
    let feeds = commits::follow(&world, FEEDS);
    let some = commits::per_second(&world, took);
    let heard = feeds.heard();
    assert!(heard >= FEEDS, "{heard} lines came to {FEEDS} feeds");
    bench.add(Line::rate("lines committed, no feed open", none));
    let line = Line::rate(format!("lines committed, {FEEDS} feeds open"), some);
    bench.add(line.of("no feed open", some / none).goal_ratio(LEFT));
    bench.end("A list is a page of 50, asked 50 times.");
}
