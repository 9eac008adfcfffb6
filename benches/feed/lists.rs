//! How long each list takes.

use std::time::{Duration, Instant};

use diesel::{PgConnection, QueryResult};
use freshmint::activity::{
    feed::{self, Filter, Tab},
    live,
};
use freshmint_benches::world::World;

/// Lines of a page, and one to know whether there are more.
const PAGE: i64 = 51;
const TIMES: usize = 50;

/// The half and the slowest hundredth of each.
pub fn times(world: &World) -> Vec<(&'static str, (Duration, Duration))> {
    let mut connection = world.connect();
    let q = |said: &str| Filter {
        q: Some(said.to_owned()),
        ..Filter::default()
    };
    let lists = [
        ("all", Filter::of(Tab::All)),
        ("needs somebody", Filter::of(Tab::Attention)),
        ("money", Filter::of(Tab::Money)),
        ("mail", Filter::of(Tab::Mail)),
        ("a word in few lines", q("line 777 about")),
    ];
    let mut took: Vec<_> = lists
        .iter()
        .map(|(name, filter)| {
            let list = |connection: &mut PgConnection| {
                feed::list(connection, filter, PAGE).map(|found| assert!(!found.is_empty()))
            };
            (*name, time(&mut connection, list))
        })
        .collect();
    let badge = |connection: &mut PgConnection| {
        feed::open_count(connection).map(|open| assert!((1..100).contains(&open)))
    };
    took.push(("the badge", time(&mut connection, badge)));
    let look = |connection: &mut PgConnection| {
        let place = live::newest(connection)?;
        live::after(connection, place, PAGE).map(drop)
    };
    took.push(("a look for new lines", time(&mut connection, look)));
    took
}

fn time(
    connection: &mut PgConnection,
    ask: impl Fn(&mut PgConnection) -> QueryResult<()>,
) -> (Duration, Duration) {
    let mut one = || {
        let began = Instant::now();
        ask(connection).expect("the database answers");
        began.elapsed()
    };
    one();
    let mut took: Vec<Duration> = (0..TIMES).map(|_| one()).collect();
    took.sort();
    (took[TIMES / 2], took[TIMES - 1])
}
