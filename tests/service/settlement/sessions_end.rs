//! A session ends without a payment: abandoned by the payer, or closed by us.

use chrono::Duration;

use super::sessions;
use crate::support::World;

#[test]
fn a_session_whose_time_is_over_is_expired_and_the_next_click_opens_another() {
    let world = World::new();
    let order = world.order("CUP-1");
    let first = world.click_through(&order);
    world.pass(Duration::hours(25));
    world.deliver();
    assert_eq!(sessions(&world), ["expired"]);
    assert_eq!(world.status(&order), "open");
    let second = world.click_through(&order);
    assert_ne!(first, second);
    assert_eq!(sessions(&world), ["expired", "open"]);
}

#[test]
fn one_that_we_replaced_is_superseded_though_stripe_tells_of_it_as_expired() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    world.pass(Duration::hours(13));
    world.click_through(&order);
    let told = world.stripe.events();
    assert_eq!(told[0]["type"], "checkout.session.expired");
    assert_eq!(sessions(&world), ["superseded", "open"]);
    world.deliver();
    assert_eq!(sessions(&world), ["superseded", "open"]);
    assert_eq!(world.payable_sessions(&order), 1);
}

#[test]
fn one_that_expires_while_we_are_closing_it_is_superseded_too() {
    use crate::simulator::{Call, Fault};
    // All of it is waited for once; what is answered must be answered within it on a busy machine, too.
    let world = World::with(&[("STRIPE_TIMEOUT_SECONDS", "4")]);
    let order = world.order("CUP-1");
    world.click_through(&order);
    world.pass(Duration::hours(13));
    // Stripe closes it, and we never hear the answer.
    world
        .stripe
        .inject(Call::ExpireSession, Fault::ResetAfter, usize::MAX);
    world
        .stripe
        .inject(Call::RetrieveSession, Fault::ResetBefore, usize::MAX);
    assert_eq!(world.click(&order).status, 503);
    assert_eq!(sessions(&world), ["closing"]);
    world.stripe.clear_faults();
    world.deliver();
    assert_eq!(sessions(&world), ["superseded"]);
    world.click_through(&order);
    assert_eq!(sessions(&world), ["superseded", "open"]);
}
