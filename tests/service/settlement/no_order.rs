//! Sessions that belong to no order here.

use serde_json::{Value, json};

use super::attention;
use crate::support::World;

/// A session that somebody else opened on the shop's account; tells its id.
fn open(world: &World, metadata: Value) -> String {
    let price =
        json!({ "currency": "eur", "unit_amount": 3000, "product_data": { "name": "Scarf" } });
    let session = world.stripe.open_foreign_session(json!({
        "mode": "payment",
        "success_url": "https://shop.example.org/thanks",
        "line_items": [{ "quantity": 1, "price_data": price }],
        "metadata": metadata,
    }));
    session.unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_paid_session_with_our_mark_and_no_row_is_kept_as_a_payment_that_a_person_must_place() {
    for mark in ["0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11", "no uuid"] {
        let world = World::new();
        let session = open(&world, json!({ "freshmint_session": mark }));
        world.stripe.pay(&session).unwrap();
        world.deliver_in(crate::simulator::Order::Twice);
        assert_eq!(
            world.texts("SELECT concat_ws(' ', stripe_session_id, amount, currency, session_id) AS text FROM payments"),
            [format!("{session} 3000 eur")]
        );
        assert_eq!(world.count("payment_allocations"), 0);
        assert_eq!(
            attention(&world),
            ["a payment came that belongs to no order we know"]
        );
        assert_eq!(
            world.text("SELECT state AS text FROM stripe_events"),
            "processed"
        );
    }
}

#[test]
fn a_marked_session_that_was_not_paid_is_nothing() {
    let world = World::new();
    let mark = json!({ "freshmint_session": "0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11" });
    let session = open(&world, mark);
    world.stripe.expire(&session).unwrap();
    world.deliver();
    assert_eq!(world.count("payments"), 0);
    assert_eq!(world.count("activity"), 0);
}

#[test]
fn a_session_that_names_a_row_which_has_another_session_already_is_an_orphan() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    let row = world.text("SELECT id::text AS text FROM checkout_sessions");
    let session = open(&world, json!({ "freshmint_session": row }));
    world.stripe.pay(&session).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "open");
    assert_eq!(
        attention(&world),
        ["a payment came that belongs to no order we know"]
    );
}

#[test]
fn a_foreign_session_changes_nothing_and_its_events_are_ignored() {
    let world = World::new();
    let order = world.order("CUP-1");
    let (paid, gone) = (
        open(&world, json!({})),
        open(&world, json!({ "cart": "4711" })),
    );
    world.stripe.pay(&paid).unwrap();
    world.stripe.expire(&gone).unwrap();
    let before = world.count("activity");
    world.deliver();
    assert_eq!(
        world.texts(
            "SELECT DISTINCT state || ', ' || last_error AS text FROM stripe_events ORDER BY 1"
        ),
        [
            "ignored, foreign: another system opened this session",
            "ignored, foreign: another system opened this session: no reminder (recovery_disabled)"
        ]
    );
    assert_eq!(world.status(&order), "open");
    assert_eq!(
        (world.count("payments"), world.count("activity")),
        (0, before)
    );
}
