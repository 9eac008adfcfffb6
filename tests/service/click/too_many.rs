//! Somebody plays with a link.

use chrono::Duration;
use insta::assert_snapshot;

use super::seen;
use crate::support::World;

#[test]
fn after_twenty_fresh_sessions_in_an_hour_the_link_rests_for_a_while() {
    let world = World::new();
    let order = world.order("CUP-1");
    for _ in 0..20 {
        let session = world.click_through(&order);
        world.stripe.expire(&session).unwrap();
        world.deliver();
    }
    let page = world.click(&order);
    assert_snapshot!(seen(&page), @r"
        429
        Please try again in an hour
        This payment has been opened very often within the last hour, so we are pausing it for a while.
        Nothing is lost. The link in your mail keeps working.
        ");
    assert_eq!(page.header("retry-after"), "3600");
    assert_eq!(world.stripe.creations(), 20);
    // Nobody else has to wait.
    world.click_through(&world.order("CUP-2"));
    world.pass(Duration::minutes(61));
    world.click_through(&order);
}

#[test]
fn clicks_on_an_open_session_are_not_counted() {
    let world = World::new();
    let order = world.order("CUP-1");
    for _ in 0..25 {
        world.click_through(&order);
    }
    assert_eq!(world.stripe.creations(), 1);
}
