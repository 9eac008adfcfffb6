//! A link in a mail becomes a checkout.

use crate::support::World;

#[test]
fn a_click_leads_to_a_fresh_checkout_and_a_second_click_to_the_same() {
    let world = World::new();
    let order = world.order("CUP-1");
    let first = world.click_through(&order);
    let second = world.click_through(&order);
    assert_eq!(first, second);
    assert_eq!(world.traffic(), ["POST /v1/checkout/sessions"]);
}

#[test]
fn a_payment_makes_the_order_paid_once_the_webhook_has_come() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    assert_eq!(world.click(&order).status, 200);
}
