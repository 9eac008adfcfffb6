//! Money that is not what was owed: kept, judged, shown to a person, and never un-paying an order.

use chrono::Duration;
use serde_json::json;

use super::{attention, cancelled, end, forget_a_session, paid_of, payments};
use crate::support::{Order, World};

#[test]
fn another_amount_than_was_owed_puts_the_order_in_review() {
    for amount in [4499, 4501, 1] {
        let world = World::new();
        let order = world.order("CUP-1");
        let session = world.click_through(&order);
        world.stripe.pay_amount(&session, amount).unwrap();
        world.deliver();
        assert_eq!(world.status(&order), "in_review");
        assert_eq!(
            payments(&world, &order),
            [format!("{amount} eur mismatch by webhook")]
        );
        assert_eq!(
            attention(&world),
            ["a payment came that is not what was owed"]
        );
        let page = world.click(&order);
        assert!(page.text().contains("are checking it"), "{}", page.text());
        assert_eq!(world.payable_sessions(&order), 0);
    }
}

#[test]
fn a_second_payment_is_kept_as_such_and_the_order_stays_paid() {
    let world = World::new();
    let order = world.order("CUP-1");
    let (left, session) = left_behind(&world, &order);
    paid_of(&world, &session);
    paid_of(&world, &left);
    assert_eq!(world.status(&order), "paid");
    assert_eq!(
        payments(&world, &order),
        [
            "4500 eur settles by webhook",
            "4500 eur second_payment by webhook"
        ]
    );
    assert_eq!(
        attention(&world),
        ["a second payment came for an order that is settled"]
    );
}

#[test]
fn the_first_of_two_payments_settles_also_when_it_is_that_of_the_older_session() {
    let world = World::new();
    let order = world.order("CUP-1");
    let (left, session) = left_behind(&world, &order);
    paid_of(&world, &left);
    assert_eq!(world.status(&order), "paid");
    paid_of(&world, &session);
    let verdicts = payments(&world, &order);
    assert!(verdicts[0].contains("settles") && verdicts[1].contains("second_payment"));
}

#[test]
fn a_payment_after_a_cancel_was_not_owed() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    forget_a_session(&world);
    assert_eq!(end(&world, &order, "cancel", cancelled()), 200);
    paid_of(&world, &session);
    assert_eq!(world.status(&order), "cancelled");
    assert_eq!(payments(&world, &order), ["4500 eur mismatch by webhook"]);
    assert_eq!(
        attention(&world),
        ["a payment came that is not what was owed"]
    );
}

#[test]
fn a_payment_after_cash_is_a_second_one() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    forget_a_session(&world);
    assert_eq!(end(&world, &order, "settle", json!({ "how": "cash" })), 200);
    paid_of(&world, &session);
    assert_eq!(world.status(&order), "settled_offline");
    assert_eq!(
        payments(&world, &order),
        ["4500 eur second_payment by webhook"]
    );
    assert_eq!(
        attention(&world),
        ["a second payment came for an order that is settled"]
    );
}

/// A session that can still be paid though we gave it up, and the one that took its place.
fn left_behind(world: &World, order: &Order) -> (String, String) {
    let left = world.click_through(order);
    world.pass(Duration::hours(13));
    forget_a_session(world);
    let session = world.click_through(order);
    assert_eq!(world.payable_sessions(order), 2);
    (left, session)
}
