//! Who prunes, and when.

use chrono::Duration;
use freshmint::retention::{self, TABLE};
use serde_json::Value;

use super::{left, shop};
use crate::support::{World, browser::runtime};

fn if_due(world: &World) {
    runtime()
        .block_on(retention::if_due(&world.app))
        .expect("the database answers");
}

#[test]
fn one_replica_a_night_and_another_takes_over_from_one_that_died() {
    let world = shop();
    left(&world, None);
    world.pass(Duration::days(31));
    if_due(&world);
    assert_eq!(world.count("carts"), 1, "a fresh installation waits a day");
    world.execute("UPDATE chores SET due_at = to_timestamp(0)");
    world.execute("UPDATE chores SET claimed_until = now() + interval '1 minute'");
    if_due(&world);
    assert_eq!(world.count("carts"), 1, "another replica is at it");
    world.execute("UPDATE chores SET claimed_until = now() - interval '1 second'");
    if_due(&world);
    assert_eq!(world.count("carts"), 0);
    let tomorrow = "chores WHERE name = 'prune' AND claim_id IS NULL \
                    AND due_at BETWEEN now() + interval '23 hours' AND now() + interval '25 hours'";
    assert_eq!(world.count(tomorrow), 1);
    left(&world, None);
    world.pass(Duration::days(31));
    if_due(&world);
    assert_eq!(world.count("carts"), 1, "not due again yet");
}

#[test]
fn a_run_that_fails_is_tried_again_soon() {
    let world = shop();
    left(&world, None);
    world.pass(Duration::days(31));
    world.execute("UPDATE chores SET due_at = to_timestamp(0)");
    world.execute("ALTER TABLE recovery_totals ADD CONSTRAINT never CHECK (false)");
    if_due(&world);
    assert_eq!(world.count("carts"), 1);
    assert_eq!(
        world.count("chores WHERE name = 'prune' AND due_at < now() + interval '20 minutes' AND due_at > now()"),
        1
    );
}

#[test]
fn what_the_database_refuses_of_one_table_keeps_no_other() {
    let world = shop();
    left(&world, None);
    world.execute("UPDATE activity SET at = now() - interval '91 days'");
    world.pass(Duration::days(31));
    world.execute("ALTER TABLE recovery_totals ADD CONSTRAINT never CHECK (false)");
    let run = runtime().block_on(retention::prune(&world.app, "test"));
    assert!(run.is_err(), "{run:?}");
    assert_eq!(world.count("carts"), 1);
    let old = "activity WHERE at < now() - interval '90 days'";
    assert_eq!(world.count(old), 0);
}

#[test]
fn the_command_does_it_now_and_tells_how_much() {
    let world = shop();
    left(&world, Some("ann@example.org"));
    world.execute("UPDATE carts SET expired_at = expired_at - interval '31 days'");
    let (code, told, said) = world.command(&["prune", "--format", "json"]);
    assert_eq!(code, 0, "{said}");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["carts"], &told["orders"]), (&1.into(), &1.into()));
    let (code, told, _) = world.command(&["prune"]);
    assert_eq!(
        (code, told.as_str()),
        (
            0,
            "Pruned: 0 carts, 0 orders made of them, 0 mails about those, 0 purchases, 0 events, 0 lines of the log.\n"
        )
    );
    let actor = world.text("SELECT actor AS text FROM activity WHERE category = 'retention'");
    assert_eq!(actor, "command line");
}

#[test]
fn the_table_tells_the_settings_as_they_are_at_first() {
    let world = World::new();
    for kept in TABLE {
        let days = world.text(&format!(
            "SELECT {}::text AS text FROM settings",
            kept.setting
        ));
        assert_eq!(days, kept.days.to_string(), "{}", kept.what);
    }
}
