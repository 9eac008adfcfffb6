//! When a bill's link was last looked at: kept in batches, and for bills alone.

use chrono::Duration;
use diesel::connection::SimpleConnection;
use reqwest::Method;

use crate::support::{
    Order, World,
    browser::{person, runtime, send},
};

fn machine(world: &World, order: &Order) {
    let preview = [("user-agent", "WhatsApp/2.23.20.0")];
    assert_eq!(world.ask(Method::GET, &order.path, &preview).status, 200);
}

/// How long ago the test's clock has it, in hours: by a person, by a machine.
fn looks(world: &World, order: &Order) -> String {
    let hours = |column: &str| {
        format!(
            "coalesce(round(extract(epoch FROM timestamptz '{}' - {column}) / 3600)::text, 'never')",
            world.now()
        )
    };
    world.text(&format!(
        "SELECT {} || ', ' || {} AS text FROM link_looks WHERE order_id = '{}'",
        hours("by_person"),
        hours("by_machine"),
        order.id
    ))
}

/// What changes with each update of the order's row.
fn row(world: &World, order: &Order) -> String {
    world.text(&format!(
        "SELECT xmin::text || ctid::text AS text FROM orders WHERE id = '{}'",
        order.id
    ))
}

#[test]
fn the_last_look_by_a_person_and_by_a_machine_is_kept_and_the_order_is_not_touched() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let order = world.order("CUP-1");
    let before = row(&world, &order);
    machine(&world, &order);
    assert_eq!(looks(&world, &order), "", "not before it is written");
    world.write_looks();
    assert_eq!(looks(&world, &order), "never, 0");
    world.pass(Duration::hours(3));
    assert_eq!(world.click(&order).status, 200);
    world.write_looks();
    assert_eq!(looks(&world, &order), "0, 3");
    world.pass(Duration::hours(2));
    machine(&world, &order);
    world.ask(Method::HEAD, &order.path, &[]);
    world.write_looks();
    assert_eq!(looks(&world, &order), "2, 0");
    assert_eq!(row(&world, &order), before);
    assert_eq!(world.get("/pay/x").status, 404);
    world.write_looks();
    assert_eq!(world.count("link_looks"), 1);
}

#[test]
fn of_a_carts_link_nothing_is_kept() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let order = world.order("CART-1");
    world.execute("UPDATE orders SET kind = 'recovered'");
    machine(&world, &order);
    assert_eq!(world.click(&order).status, 200);
    world.write_looks();
    assert_eq!(world.count("link_looks"), 0);
}

#[test]
fn a_look_at_an_order_that_is_locked_waits_and_keeps_no_other() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let (locked, other) = (world.order("CUP-1"), world.order("CUP-2"));
    machine(&world, &locked);
    machine(&world, &other);
    let mut payer = world.database.connect();
    let lock = format!(
        "BEGIN; SELECT FROM orders WHERE id = '{}' FOR UPDATE",
        locked.id
    );
    payer.batch_execute(&lock).expect("a lock");
    world.write_looks();
    assert_eq!(looks(&world, &locked), "");
    assert_eq!(looks(&world, &other), "never, 0");
    payer.batch_execute("COMMIT").expect("it ends");
    world.write_looks();
    assert_eq!(looks(&world, &locked), "never, 0");
    // A later one needs no lock of the order's.
    payer.batch_execute(&lock).expect("a lock");
    assert_eq!(world.click(&locked).status, 200);
    world.write_looks();
    assert_eq!(looks(&world, &locked), "0, 0");
}

#[test]
fn a_process_that_is_told_to_stop_writes_what_it_has() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let order = world.order("CUP-1");
    let process = world.process();
    let url = format!("{}{}", process.url, order.path);
    let page = runtime().block_on(send(person(Method::GET, &url)));
    assert_eq!(page.status, 200);
    assert_eq!(process.terminate().0, Some(0));
    assert_eq!(looks(&world, &order), "0, never");
}

#[test]
fn it_goes_with_the_person_who_asks_to_be_forgotten() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let order = world.order("CUP-1");
    let other = world.order_with("CUP-2", serde_json::json!({ "email": "other@example.org" }));
    for order in [&order, &other] {
        assert_eq!(world.click(order).status, 200);
    }
    world.write_looks();
    let (code, ..) = world.command(&["erase", "Parent@example.org"]);
    assert_eq!(code, 0);
    assert_eq!(looks(&world, &order), "");
    assert_eq!(looks(&world, &other), "0, never");
}
