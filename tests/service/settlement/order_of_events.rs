//! Order of arrival, repeats and delays are no special cases.

use chrono::Duration;
use serde_json::json;

use super::{history, payments, sessions};
use crate::{
    simulator::Order,
    support::World,
    webhook::{event, post_signed},
};

#[test]
fn in_whatever_order_and_however_often_events_come_the_end_is_the_same() {
    let arrivals = [
        Order::Reversed,
        Order::Twice,
        Order::Shuffled(1),
        Order::Shuffled(2),
    ];
    for arrival in arrivals {
        let world = World::new();
        let order = world.order("CUP-1");
        let abandoned = world.click_through(&order);
        world.stripe.expire(&abandoned).unwrap();
        // Too late to be handed out again, and closed by us.
        world.deliver();
        world.click_through(&order);
        world.pass(Duration::hours(13));
        let session = world.click_through(&order);
        world.stripe.start_debit(&session).unwrap();
        world.stripe.settle_debit(&session, true).unwrap();
        world.deliver_in(arrival);
        assert_eq!(world.status(&order), "paid", "{arrival:?}");
        assert_eq!(
            payments(&world, &order),
            ["4500 eur settles by webhook"],
            "{arrival:?}"
        );
        assert_eq!(
            sessions(&world),
            ["expired", "superseded", "complete"],
            "{arrival:?}"
        );
        assert_eq!(
            history(&world, &order).last().unwrap(),
            "order: order open → paid"
        );
        assert_eq!(world.count("stripe_events WHERE state <> 'processed'"), 0);
    }
}

#[test]
fn an_event_that_comes_three_days_late_still_counts() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world.pass(Duration::days(3));
    world.deliver();
    assert_eq!(payments(&world, &order), ["4500 eur settles by webhook"]);
}

#[test]
fn expired_never_undoes_completed_and_completed_wins_over_expired() {
    for (first, then) in [("complete", "expired"), ("expired", "complete")] {
        let world = World::new();
        let order = world.order("CUP-1");
        let session = world.click_through(&order);
        let session = world.stripe.session(&session).unwrap();
        for status in [first, then] {
            let mut told = session.clone();
            told["status"] = json!(status);
            told["payment_status"] = json!(if status == "complete" {
                "paid"
            } else {
                "unpaid"
            });
            let kind = if status == "complete" {
                "completed"
            } else {
                "expired"
            };
            let kind = format!("checkout.session.{kind}");
            let body = event(&world, &format!("evt_{status}"), &kind, told).to_string();
            assert_eq!(post_signed(&world, &body).status, 200);
            world.work_off();
        }
        assert_eq!(world.status(&order), "paid", "{first}, then {then}");
        assert_eq!(sessions(&world), ["complete"], "{first}, then {then}");
        assert_eq!(payments(&world, &order).len(), 1);
    }
}

#[test]
fn two_events_for_one_change_are_one_payment() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    let mut twin = world.stripe.events().pop().unwrap();
    twin["id"] = json!("evt_twin");
    post_signed(&world, &twin.to_string());
    world.deliver();
    assert_eq!(world.count("stripe_events WHERE state = 'processed'"), 2);
    assert_eq!(payments(&world, &order), ["4500 eur settles by webhook"]);
    assert_eq!(history(&world, &order).len(), 3);
}

#[test]
fn an_event_that_tells_of_no_end_is_only_a_hint_to_read_the_session_at_stripe() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    let open = world.stripe.session(&session).unwrap();
    world.stripe.drop_deliveries(true);
    world.stripe.pay(&session).unwrap();
    let body = event(&world, "evt_hint", "checkout.session.completed", open).to_string();
    assert_eq!(post_signed(&world, &body).status, 200);
    world.work_off();
    assert!(
        world
            .traffic()
            .contains(&format!("GET /v1/checkout/sessions/{session}"))
    );
    assert_eq!(payments(&world, &order), ["4500 eur settles by webhook"]);
}
