//! How long each list takes.

use std::time::Duration;

use diesel::PgConnection;
use freshmint::activity::{
    feed::{self, Filter, Tab},
    live,
};
use freshmint_benches::{reads::time, world::World};

/// Lines of a page, and one to know whether there are more.
const PAGE: i64 = 51;

/// The half and the slowest of each.
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
        // All of them old; then a word that the newest lines have, too.
        ("a word in a hundred lines", q("000007")),
        ("that word beside one in all lines", q("family 000007")),
        ("a word in all lines", q("payment")),
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
