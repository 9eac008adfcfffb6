//! Disputes become cases, and nothing un-pays an order.

use super::{attention, paid_of};
use crate::{
    simulator,
    support::{Order, World},
};

fn paid(world: &World) -> (Order, String) {
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    paid_of(world, &session);
    let session = world.stripe.session(&session).unwrap();
    (
        order,
        session["payment_intent"].as_str().unwrap().to_owned(),
    )
}

fn cases(world: &World) -> Vec<String> {
    world.texts(
        "SELECT kind || ' ' || amount || ' ' || (order_id IS NOT NULL) || ' ' || coalesce(resolved_how, 'open') AS text \
         FROM cases ORDER BY id",
    )
}

#[test]
fn one_that_is_won_is_over() {
    let world = World::new();
    let (order, intent) = paid(&world);
    world.stripe.dispute(&intent).unwrap();
    world.deliver();
    assert_eq!(cases(&world), ["dispute 4500 true open"]);
    assert_eq!(
        attention(&world),
        ["the payer's bank disputes a payment: answer it in Stripe's dashboard in time"]
    );
    assert_eq!(world.status(&order), "paid");
    world.stripe.close_dispute(&intent, true).unwrap();
    world.deliver();
    assert_eq!(cases(&world), ["dispute 4500 true won"]);
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn one_that_is_lost_waits_for_a_person_who_is_told_once() {
    let world = World::new();
    let (order, intent) = paid(&world);
    world.stripe.dispute(&intent).unwrap();
    world.deliver();
    world.stripe.close_dispute(&intent, false).unwrap();
    world.deliver();
    world.execute("UPDATE stripe_events SET state = 'pending', not_before = to_timestamp(0)");
    world.work_off();
    assert_eq!(cases(&world), ["dispute 4500 true open"]);
    assert_eq!(attention(&world).len(), 2);
    assert!(attention(&world)[1].starts_with("a dispute was lost"));
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn in_whatever_order_its_events_and_the_payment_come_the_end_is_the_same() {
    for (won, end) in [(true, "won"), (false, "open")] {
        for arrival in [
            simulator::Order::Reversed,
            simulator::Order::Twice,
            simulator::Order::Shuffled(3),
            simulator::Order::Shuffled(7),
        ] {
            let world = World::new();
            let order = world.order("CUP-1");
            let session = world.click_through(&order);
            world.stripe.pay(&session).unwrap();
            let session = world.stripe.session(&session).unwrap();
            let intent = session["payment_intent"].as_str().unwrap();
            world.stripe.dispute(intent).unwrap();
            world.stripe.close_dispute(intent, won).unwrap();
            world.deliver_in(arrival);
            assert_eq!(world.status(&order), "paid", "{arrival:?}");
            let open = world.count("cases WHERE resolved_at IS NULL");
            assert_eq!(open, usize::from(end == "open"), "{arrival:?} {won}");
        }
    }
}
