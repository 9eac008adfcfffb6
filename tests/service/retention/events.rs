//! Raw events and lines of the log.

use chrono::Duration;
use freshmint::inbox;
use serde_json::json;

use super::{left, opened, prune, shop};
use crate::support::{World, browser::runtime};

fn types(world: &World) -> Vec<String> {
    world.texts("SELECT type AS text FROM stripe_events ORDER BY received_at, type")
}

#[test]
fn those_of_other_systems_checkouts_go_with_the_carts_and_the_rest_later() {
    let world = shop();
    left(&world, Some("ann@example.org"));
    world
        .stripe
        .pay(&opened(&world, Some("bo@example.org")))
        .unwrap();
    let order = world.order("CUP-1");
    world.stripe.pay(&world.click_through(&order)).unwrap();
    world.deliver();
    let before = types(&world).len();
    let ours = "stripe_events WHERE encode(body, 'escape') LIKE '%parent@example.org%'";
    let of_ours = world.count(ours);
    assert!(of_ours > 0 && before > of_ours, "{:?}", types(&world));

    world.pass(Duration::days(29));
    assert_eq!(prune(&world).events, 0);
    world.pass(Duration::days(2));
    prune(&world);
    let named = |name: &str| {
        world.count(&format!(
            "stripe_events WHERE type LIKE 'checkout.%' AND encode(body, 'escape') LIKE '%{name}@example.org%'"
        ))
    };
    assert_eq!(
        (named("ann"), named("bo"), world.count(ours)),
        (0, 0, of_ours)
    );
    world.pass(Duration::days(28));
    prune(&world);
    assert_eq!(world.count(ours), of_ours, "for sixty days");
    world.pass(Duration::days(2));
    prune(&world);
    assert_eq!(types(&world), [""; 0]);
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn an_event_of_a_checkout_that_is_still_kept_stays_with_it() {
    let world = shop();
    let order = super::reminded(&world, "ann@example.org");
    world.stripe.pay(&world.click_through(&order)).unwrap();
    world.deliver();
    let before = world.count("stripe_events");
    world.pass(Duration::days(40));
    prune(&world);
    assert_eq!(world.count("stripe_events"), before);
}

#[test]
fn what_waits_or_needs_a_person_is_never_pruned() {
    let world = World::new();
    for (id, state) in [
        ("evt_1", "pending"),
        ("evt_2", "failed"),
        ("evt_3", "processed"),
        ("evt_4", "ignored"),
    ] {
        world.execute(&format!(
            "INSERT INTO stripe_events (id, type, body, received_at, state, last_error) \
             VALUES ('{id}', 'checkout.session.completed', '\"cs_test_1\"', now(), '{state}', 'x')"
        ));
    }
    world.pass(Duration::days(400));
    assert_eq!(prune(&world).events, 2);
    assert_eq!(
        world.texts("SELECT state AS text FROM stripe_events ORDER BY id"),
        ["pending", "failed"]
    );
}

#[test]
fn more_than_a_batch_of_them_goes_in_one_run() {
    let world = World::new();
    world.execute(
        "INSERT INTO stripe_events (id, type, body, received_at, state) \
         SELECT 'evt_' || n, CASE WHEN n % 2 = 0 THEN 'checkout.session.expired' ELSE 'charge.refunded' END, \
             ('{\"id\":\"evt_' || n || '\",\"data\":{\"object\":{\"id\":\"' || \
                 CASE WHEN n % 2 = 0 THEN 'cs_test_' ELSE 'ch_' END || n || '\"}}}')::bytea, \
             now(), 'ignored' FROM generate_series(1, 900) n",
    );
    world.pass(Duration::days(31));
    assert_eq!(prune(&world).events, 0, "nobody has read them yet");
    let read = runtime().block_on(inbox::unread::read(&world.app));
    assert_eq!(read.expect("the database answers"), 900);
    assert_eq!(prune(&world).events, 450);
    world.pass(Duration::days(30));
    assert_eq!(prune(&world).events, 450);
}

#[test]
fn the_log_goes_after_ninety_days_also_of_orders_that_stand() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    world.pass(Duration::days(89));
    assert_eq!(prune(&world).activity, 0);
    let before = world.count("activity");
    world.order_with("CUP-2", json!({}));
    world.pass(Duration::days(2));
    assert_eq!(prune(&world).activity, before);
    assert_eq!(
        world.texts("SELECT actor || ': ' || what AS text FROM activity ORDER BY id"),
        [
            "test: order created",
            "test: pruned what is not needed any more"
        ]
    );
    world.execute("UPDATE settings SET activity_days = 7");
    world.pass(Duration::days(6));
    assert_eq!(prune(&world).activity, 1);
}
