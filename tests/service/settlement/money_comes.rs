//! A payment makes the order paid, whichever way we hear of it.

use std::thread;

use chrono::Duration;

use super::{history, paid_of, payments, sessions};
use crate::support::World;

#[test]
fn by_the_webhook() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    paid_of(&world, &session);
    assert_eq!(world.status(&order), "paid");
    assert_eq!(payments(&world, &order), ["4500 eur settles by webhook"]);
    assert_eq!(
        history(&world, &order),
        [
            "order: order created",
            "payment: payment received",
            "order: order open → paid"
        ]
    );
    assert_eq!(sessions(&world), ["complete"]);
    assert_eq!(
        world.text(
            "SELECT stripe_session_id || ' ' || (payment_intent IS NOT NULL) AS text FROM payments"
        ),
        format!("{session} true")
    );
}

#[test]
fn by_the_page_that_the_payer_comes_back_to() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    let page = world.get(&format!("{}/return", order.path));
    assert!(
        page.text().contains("your payment has arrived"),
        "{}",
        page.text()
    );
    assert_eq!(payments(&world, &order), ["4500 eur settles by return"]);
    world.deliver();
    assert_eq!(payments(&world, &order), ["4500 eur settles by return"]);
}

#[test]
fn by_the_next_click_when_stripe_never_told_us() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.drop_deliveries(true);
    world.stripe.pay(&session).unwrap();
    world.pass(Duration::hours(25));
    let page = world.click(&order);
    assert!(page.text().contains("Already paid"), "{}", page.text());
    assert_eq!(payments(&world, &order), ["4500 eur settles by click"]);
}

#[test]
fn the_return_of_somebody_who_did_not_pay_changes_nothing() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    let page = world.get(&format!("{}/return", order.path));
    assert!(page.text().contains("Not paid yet"), "{}", page.text());
    assert_eq!(world.status(&order), "open");
    assert_eq!(sessions(&world), ["open"]);
}

#[test]
fn webhook_and_return_page_at_the_same_moment_find_one_payment() {
    let world = World::new();
    for number in 0..8 {
        let order = world.order(&format!("CUP-{number}"));
        let session = world.click_through(&order);
        world.stripe.pay(&session).unwrap();
        thread::scope(|both| {
            both.spawn(|| world.deliver());
            both.spawn(|| world.get(&format!("{}/return", order.path)));
            both.spawn(|| world.get(&format!("{}/return", order.path)));
        });
        assert_eq!(world.status(&order), "paid");
        assert_eq!(payments(&world, &order).len(), 1);
        assert_eq!(
            history(&world, &order).len(),
            3,
            "{:?}",
            history(&world, &order)
        );
    }
}

#[test]
fn a_bank_debit_is_on_its_way_until_it_has_come() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.start_debit(&session).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "processing");
    assert_eq!(payments(&world, &order), [""; 0]);
    assert_eq!(
        world.click(&order).status,
        200,
        "nobody pays twice meanwhile"
    );

    world.stripe.settle_debit(&session, true).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    assert_eq!(payments(&world, &order), ["4500 eur settles by webhook"]);
}

#[test]
fn a_bank_debit_that_came_before_we_heard_of_it_was_never_on_its_way() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.start_debit(&session).unwrap();
    world.stripe.settle_debit(&session, true).unwrap();
    world.deliver_in(crate::simulator::Order::Reversed);
    assert_eq!(world.status(&order), "paid");
    assert_eq!(payments(&world, &order).len(), 1);
}
