//! How fast and how reliable all is, in the database: as it was, once, of all replicas.

use chrono::Duration;
use diesel::connection::SimpleConnection;
use freshmint::{performance, token::Role};

use crate::support::{Visitor, World, browser::runtime};

fn write(world: &World, replica: usize) {
    let app = world.app_of(replica);
    let write = performance::write(&app.performance, &app.metrics, &app.db, world.now());
    runtime().block_on(write);
}

/// `kind count` of a table.
fn figures(world: &World, table: &str) -> Vec<String> {
    world.texts(&format!(
        "SELECT kind || ' ' || sum(count) AS text FROM {table} GROUP BY kind ORDER BY kind"
    ))
}

#[test]
fn clicks_and_mints_are_added_up_by_the_minute_and_the_day_once_over_all_replicas() {
    let mut world = World::new();
    world.add_replica();
    let (one, other) = (world.order("CUP-1"), world.order("CUP-2"));
    world.click_through(&one);
    world.click_through(&one);
    let url = format!("{}{}", world.replica(1), other.path);
    assert_eq!(World::anybody_gets(&url).status, 303);
    for replica in [0, 1, 0, 1] {
        write(&world, replica);
    }
    for table in ["performance_minutes", "performance_days"] {
        assert_eq!(figures(&world, table), ["click 3", "mint 2"], "{table}");
    }
    // What could not be written is in the next batch.
    let mut elsewhere = world.database.connect();
    let lock = "BEGIN; LOCK TABLE performance_days IN ACCESS EXCLUSIVE MODE";
    elsewhere.batch_execute(lock).expect("a lock");
    world.click_through(&one);
    write(&world, 0);
    elsewhere.batch_execute("COMMIT").expect("it ends");
    assert_eq!(
        figures(&world, "performance_minutes"),
        ["click 3", "mint 2"]
    );
    write(&world, 0);
    for table in ["performance_minutes", "performance_days"] {
        assert_eq!(figures(&world, table), ["click 4", "mint 2"], "{table}");
    }
    let visitor = Visitor::signed_in(&world, "Ann", Role::Viewer);
    let page = visitor.get("/ops/performance").text().replace('\n', " ");
    for said in [
        "No mail has waited longer than a minute",
        "From click to payment page: half within",
        "(not over)",
        // Where nothing was measured no empty plot stands there.
        "No mail went out in this time.",
        "Stripe sent no message in this time.",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    world.pass(Duration::days(31));
    let (code, ..) = world.command(&["prune"]);
    assert_eq!(code, 0);
}

#[test]
fn minutes_go_after_a_month_and_days_stay() {
    let world = World::new();
    world.execute(
        "INSERT INTO performance_minutes VALUES (now() - interval '31 days', 'click', 5, 1), (now() - interval '29 days', 'click', 5, 1)",
    );
    world.execute(
        "INSERT INTO performance_days VALUES (current_date - 1100, 'click', 5, 1), (current_date - 1000, 'click', 5, 1)",
    );
    let (code, ..) = world.command(&["prune"]);
    assert_eq!(code, 0);
    assert_eq!(
        (
            world.count("performance_minutes"),
            world.count("performance_days")
        ),
        (1, 1)
    );
}
