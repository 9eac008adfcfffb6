//! A payment for several orders: each has its share, and a refund of ours says whose it is.

use super::{at_stripe, made, part, refused, whole};
use crate::{
    settlement::money_back::{paid_together, refunded},
    simulator::RefundStatus,
    support::World,
};

#[test]
fn each_gives_back_its_own_share_and_no_more() {
    let world = World::new();
    let (first, second, intent) = paid_together(&world);
    assert!(refused(&world, &first, part("a", 2001)).contains("€20.00"));
    made(&world, &first, part("a", 500));
    world.deliver();
    assert_eq!(world.status(&first), "partially_refunded");
    assert_eq!(world.status(&second), "paid");
    assert_eq!(world.count("cases"), 0, "everybody knows whose it is");
    made(&world, &second, whole("a"));
    world.deliver();
    assert_eq!(
        (refunded(&world, &first), refunded(&world, &second)),
        (500, 2500)
    );
    assert_eq!(world.status(&second), "refunded");
    assert!(refused(&world, &first, part("b", 1501)).contains("€15.00"));
    made(&world, &first, whole("c"));
    world.deliver();
    assert_eq!(at_stripe(&world, &intent), [500, 2500, 1500]);
    assert_eq!(
        (refunded(&world, &first), refunded(&world, &second)),
        (2000, 2500)
    );
    assert_eq!(world.count("cases"), 0);
}

#[test]
fn while_one_is_in_flight_the_other_order_waits() {
    let world = World::new();
    let (first, second, intent) = paid_together(&world);
    world.stripe.next_refund(RefundStatus::Pending);
    assert_eq!(super::refund(&world, &first, whole("a")).status, 202);
    assert!(refused(&world, &second, whole("a")).contains("another refund"));
    let id = world.stripe.refunds_of(&intent)[0]["id"].clone();
    world
        .stripe
        .move_refund(id.as_str().unwrap(), RefundStatus::Canceled)
        .unwrap();
    world.deliver();
    made(&world, &second, whole("b"));
    assert_eq!(
        (refunded(&world, &first), refunded(&world, &second)),
        (0, 2500)
    );
}

#[test]
fn what_the_dashboard_gave_back_beside_ours_is_a_persons_to_place() {
    let world = World::new();
    let (first, second, intent) = paid_together(&world);
    made(&world, &first, part("a", 500));
    world.stripe.refund(&intent, Some(700)).unwrap();
    world.deliver();
    assert_eq!(
        (refunded(&world, &first), refunded(&world, &second)),
        (500, 0)
    );
    let case = "SELECT kind || ' ' || amount AS text FROM cases";
    assert_eq!(world.texts(case), ["refund 700"]);
    // Of the payment 33.00 is left, of this order's share 25.00.
    assert!(refused(&world, &second, part("a", 2501)).contains("€25.00"));
    made(&world, &second, whole("b"));
    // And now 8.00 of the payment, whatever is left of the share.
    assert!(refused(&world, &first, part("b", 801)).contains("€8.00"));
}

#[test]
fn one_that_fails_later_is_the_same_orders_money_again() {
    let world = World::new();
    let (first, second, intent) = paid_together(&world);
    made(&world, &first, whole("a"));
    made(&world, &second, part("a", 500));
    let id = world.stripe.refunds_of(&intent)[0]["id"].clone();
    world
        .stripe
        .move_refund(id.as_str().unwrap(), RefundStatus::Failed)
        .unwrap();
    world.deliver();
    assert_eq!(
        (refunded(&world, &first), refunded(&world, &second)),
        (0, 500)
    );
    assert_eq!(world.status(&first), "paid");
}
