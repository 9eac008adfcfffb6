//! A visit never delays a click, and no click is lost for one.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use freshmint::{
    visitor::Visitor,
    visits::{About, Page, Seen},
};

use super::{stats, write};
use crate::support::World;

/// A person's click; it must not have waited for what is written elsewhere.
fn clicks_at_once(world: &World, path: &str) {
    let began = Instant::now();
    assert_eq!(world.get(path).status, 200);
    // Whoever waited for one of the locks would wait until the test ends them.
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn with_every_table_of_visits_locked_clicks_go_on_and_a_batch_is_lost() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let order = world.order("CUP-1");
    world.click(&order);
    write(&world, 0);
    let mut elsewhere = world.database.connect();
    elsewhere
        .batch_execute(
            "BEGIN; LOCK TABLE visit_salts, visit_markers, visit_counts, visit_totals, performance_minutes, \
             performance_days IN ACCESS EXCLUSIVE MODE",
        )
        .expect("locks");
    clicks_at_once(&world, &order.path);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| write(&world, 0));
        while !writer.is_finished() {
            clicks_at_once(&world, &order.path);
        }
    });
    elsewhere.batch_execute("COMMIT").expect("they end");
    // Those that came while the batch was refused are in the next one.
    write(&world, 0);
    let counted = stats(&world, "visits")["visits"]
        .as_i64()
        .expect("a number");
    world.click(&order);
    write(&world, 0);
    let then = stats(&world, "visits")["visits"]
        .as_i64()
        .expect("a number");
    assert_eq!(then, counted + 1);
}

/// Nothing takes what is noted, as in a process whose writer has died: counts are lost, and no click.
#[test]
fn with_the_writer_stopped_clicks_go_on() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let order = world.order("CUP-1");
    let app = world.app_of(0);
    let seen = |caller: &str| {
        let seen = Seen {
            page: Page::Pay,
            about: About::Order(order.id),
            visitor: Visitor::Person,
            caller,
            user_agent: b"x",
            country: None,
        };
        app.visits.note(&seen, world.now());
    };
    for number in 0..20_000 {
        seen(&format!("2001:db8::{number:x}"));
    }
    clicks_at_once(&world, &order.path);
}

/// As many as there is room for, each somebody else; and no statement writes so much that it would take long.
#[test]
fn a_batch_of_ten_thousand_people_is_counted_and_so_is_who_comes_next() {
    let world = World::new();
    world.execute(
        "CREATE FUNCTION few() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF (SELECT count(*) > 10000 FROM written) THEN RAISE EXCEPTION 'too much at once'; END IF; \
         RETURN NULL; END $$",
    );
    world.execute(
        "CREATE TRIGGER few AFTER INSERT ON visit_markers REFERENCING NEW TABLE AS written \
         FOR EACH STATEMENT EXECUTE FUNCTION few()",
    );
    let order = world.order("CUP-1");
    let app = world.app_of(0);
    for number in 0..10_000 {
        let caller = format!("2001:db8::{number:x}");
        let seen = Seen {
            page: Page::Pay,
            about: About::Order(order.id),
            visitor: Visitor::Person,
            caller: &caller,
            user_agent: b"x",
            country: None,
        };
        app.visits.note(&seen, world.now());
    }
    let counted = || {
        write(&world, 0);
        let told = stats(&world, "visits");
        (told["visits"].clone(), told["visitors"].clone())
    };
    assert_eq!(counted(), (10_000.into(), 10_000.into()));
    world.click(&order);
    assert_eq!(counted(), (10_001.into(), 10_001.into()));
}
