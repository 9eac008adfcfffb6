//! Stripe fails in the middle of a mint: nothing is lost, and nothing is made twice.

use super::{assert_is_busy, assert_try_again, for_each, hasty_world, rows, seen};
use crate::{
    simulator::{Call, Fault},
    support::{Order, World},
};

const MINT: &str = "POST /v1/checkout/sessions";
const SEARCH: &str = "GET /v1/checkout/sessions";

/// A world where the next mint meets a fault.
fn with(fault: Fault) -> (World, Order) {
    let world = hasty_world();
    let order = world.order("CUP-1");
    world.stripe.inject(Call::CreateSession, fault, 1);
    (world, order)
}

/// The click leads on, there is one session, and it is the one that later clicks lead to.
fn assert_one_session(world: &World, order: &Order) {
    let session = world.click_through(order);
    assert_eq!(world.click_through(order), session);
    assert_eq!(world.stripe.creations(), 1);
    assert_eq!(world.payable_sessions(order), 1);
    assert_eq!(world.count("checkout_sessions WHERE live"), 1);
}

fn keys(world: &World) -> Vec<String> {
    let asked = world.stripe.requests().into_iter();
    let mut keys: Vec<_> = asked.filter_map(|asked| asked.idempotency_key).collect();
    keys.dedup();
    keys
}

#[test]
fn a_stored_failure_that_made_nothing_is_followed_by_another_attempt() {
    let (world, order) = with(Fault::ErrorBefore);
    assert_one_session(&world, &order);
    assert_eq!(world.traffic(), [MINT, MINT, SEARCH, MINT]);
    assert_eq!(rows(&world, &order), ["failed", "open"]);
    assert_eq!(keys(&world).len(), 2);
}

#[test]
fn a_stored_failure_after_which_the_session_exists_is_found_and_adopted() {
    let (world, order) = with(Fault::ErrorAfter);
    assert_one_session(&world, &order);
    assert_eq!(world.traffic(), [MINT, MINT, SEARCH]);
    assert_eq!(rows(&world, &order), ["open"]);
}

#[test]
fn a_broken_connection_is_tried_again_under_the_same_key() {
    for fault in [Fault::ResetBefore, Fault::ResetAfter, Fault::Html502] {
        let (world, order) = with(fault);
        assert_one_session(&world, &order);
        assert_eq!(world.traffic(), [MINT, MINT]);
        assert_eq!(keys(&world).len(), 1);
    }
}

#[test]
fn a_call_that_hangs_ends_within_the_budget_and_the_next_click_finishes_it() {
    for_each([Fault::HangBefore, Fault::HangAfter], |fault| {
        let (world, order) = with(fault);
        assert_try_again(&world, &order);
        assert_eq!(rows(&world, &order), ["minting"]);
        assert_one_session(&world, &order);
        assert_eq!(keys(&world).len(), 1);
    });
}

#[test]
fn with_time_to_spare_a_single_call_that_hangs_is_overcome_by_the_click_itself() {
    let world = World::with(&[("STRIPE_TIMEOUT_SECONDS", "6")]);
    let order = world.order("CUP-1");
    world
        .stripe
        .inject(Call::CreateSession, Fault::HangAfter, 1);
    assert_one_session(&world, &order);
}

#[test]
fn an_answer_with_a_hole_in_it_does_not_lose_the_session() {
    let (world, order) = with(Fault::MissingField("url"));
    assert_one_session(&world, &order);
    let session = world.click_through(&order);
    assert_eq!(
        world.traffic(),
        [MINT.to_owned(), format!("{SEARCH}/{session}")]
    );

    let (world, order) = with(Fault::MissingField("status"));
    assert_one_session(&world, &order);
    assert_eq!(world.traffic(), [MINT, SEARCH]);
}

#[test]
fn a_session_whose_answer_was_lost_and_that_is_paid_all_the_same_settles_the_order() {
    let (world, order) = with(Fault::HangAfter);
    assert_try_again(&world, &order);
    let session = world.stripe.sessions()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    world.stripe.pay(&session).unwrap();
    world.deliver();
    assert!(seen(&world.click(&order)).contains("Already paid"));
    assert_eq!(world.status(&order), "paid");
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn too_many_requests_are_repeated_under_the_same_key() {
    let world = hasty_world();
    let order = world.order("CUP-1");
    world
        .stripe
        .inject(Call::CreateSession, Fault::TooManyRequests, 3);
    assert_one_session(&world, &order);
    assert_eq!(world.traffic(), [MINT; 4]);
    assert_eq!(keys(&world).len(), 1);
}

#[test]
fn a_storm_ends_on_the_page_that_tries_again_and_the_pace_of_later_clicks_is_shared() {
    let world = hasty_world();
    let order = world.order("CUP-1");
    world
        .stripe
        .inject(Call::Any, Fault::TooManyRequests, usize::MAX);
    assert_try_again(&world, &order);
    assert_eq!(keys(&world).len(), 1);
    let asked = world.traffic().len();
    assert!(
        asked < 10,
        "somebody who is told to slow down asked {asked} times in two seconds"
    );
    world.stripe.clear_faults();
    assert_one_session(&world, &order);
    assert_eq!(keys(&world).len(), 1);
    assert_eq!(
        world.count("pace WHERE name = 'mints' AND next_at > to_timestamp(0)"),
        1
    );
}

#[test]
fn a_key_that_is_in_use_at_this_moment_is_waited_for() {
    let busy = Fault::Refuse {
        status: 409,
        code: "idempotency_key_in_use",
        message: "in use".to_owned(),
    };
    let (world, order) = with(busy);
    assert_one_session(&world, &order);
    assert_eq!(keys(&world).len(), 1);
}

#[test]
fn a_long_outage_makes_nothing_and_ends_with_the_first_click_after_it() {
    for_each(
        [Fault::Html502, Fault::ErrorBefore, Fault::ResetBefore],
        |fault| {
            let world = hasty_world();
            let order = world.order("CUP-1");
            world.stripe.inject(Call::Any, fault, usize::MAX);
            assert_try_again(&world, &order);
            assert_try_again(&world, &order);
            assert_eq!(world.stripe.creations(), 0);
            world.stripe.clear_faults();
            assert_one_session(&world, &order);
        },
    );
}

#[test]
fn an_outage_of_mints_alone_gives_each_attempt_up_and_keeps_at_most_one() {
    let world = hasty_world();
    let order = world.order("CUP-1");
    world
        .stripe
        .inject(Call::CreateSession, Fault::ErrorBefore, usize::MAX);
    assert_is_busy(&world.click(&order));
    world.stripe.clear_faults();
    assert_one_session(&world, &order);
}

#[test]
fn while_stripe_is_away_the_click_is_answered_and_afterwards_it_works() {
    let world = hasty_world();
    let order = world.order("CUP-1");
    world.stripe.stop();
    assert_try_again(&world, &order);
    world.stripe.restart().unwrap();
    assert_one_session(&world, &order);
}

#[test]
fn an_open_session_is_handed_out_while_stripe_is_away() {
    let world = hasty_world();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.stop();
    assert_eq!(world.click_through(&order), session);
}
