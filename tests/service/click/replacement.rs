//! An old session makes room for a fresh one, and nobody can ever pay both.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::{assert_is_busy, assert_try_again, for_each, hasty_world, rows, seen};
use crate::{
    simulator::{Call, Fault},
    support::{Order, World},
};

/// An order whose session has too little time left to be handed out again.
fn with_an_old_session(world: &World) -> (Order, String) {
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.pass(Duration::hours(13));
    world.stripe.clear_requests();
    (order, session)
}

fn assert_replaced(world: &World, order: &Order, old: &str) {
    let fresh = world.click_through(order);
    assert_ne!(fresh, old);
    assert_eq!(world.stripe.session(old).unwrap()["status"], "expired");
    assert_eq!(rows(world, order), ["superseded", "open"]);
    assert_eq!(world.payable_sessions(order), 1);
}

#[test]
fn on_day_sixty_the_link_leads_to_a_fresh_checkout() {
    let world = World::new();
    let order = world.order("CUP-1");
    let dead = world.click_through(&order);
    world.pass(Duration::days(60));
    world.stripe.clear_requests();
    let fresh = world.click_through(&order);
    assert_ne!(fresh, dead);
    assert_eq!(
        world.traffic(),
        [
            format!("GET /v1/checkout/sessions/{dead}"),
            "POST /v1/checkout/sessions".to_owned()
        ]
    );
    assert_eq!(rows(&world, &order), ["expired", "open"]);
    assert_eq!(world.payable_sessions(&order), 1);
}

#[test]
fn a_session_with_half_a_day_left_is_handed_out_again() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.pass(Duration::hours(11));
    assert_eq!(world.click_through(&order), session);
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn one_with_less_is_closed_at_stripe_before_it_is_replaced() {
    let world = World::new();
    let (order, old) = with_an_old_session(&world);
    assert_replaced(&world, &order, &old);
    assert_eq!(
        world.traffic(),
        [
            format!("POST /v1/checkout/sessions/{old}/expire"),
            "POST /v1/checkout/sessions".to_owned()
        ]
    );
    // Stripe reports it as expired; it was ours to close, so it stays superseded.
    world.deliver();
    assert_eq!(rows(&world, &order), ["superseded", "open"]);
}

#[test]
fn a_changed_order_closes_the_old_session_and_the_same_link_asks_for_the_new_amount() {
    let world = World::new();
    let order = world.order("CUP-1");
    let old = world.click_through(&order);
    let lines =
        json!([{ "description": "Summer cup, U12, sibling", "unit_amount": 3000, "quantity": 1 }]);
    let path = format!("/orders/{}", order.id);
    let changed = world.api(
        Role::Operator,
        Method::PATCH,
        &path,
        Some(json!({ "lines": lines })),
    );
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(world.payable_sessions(&order), 0);
    let fresh = world.click_through(&order);
    assert_eq!(world.stripe.session(&fresh).unwrap()["amount_total"], 3000);
    assert_ne!(fresh, old);
    assert_eq!(world.payable_sessions(&order), 1);
}

#[test]
fn an_old_session_that_is_paid_in_the_same_moment_settles_the_order() {
    let world = World::new();
    let (order, old) = with_an_old_session(&world);
    world.stripe.pay(&old).unwrap();
    assert!(seen(&world.click(&order)).contains("Already paid"));
    assert_eq!(world.status(&order), "paid");
    assert_eq!(world.text("SELECT found_by AS text FROM payments"), "click");
    assert_eq!(world.stripe.creations(), 1);
    world.deliver();
    assert_eq!(world.count("payments"), 1);
}

#[test]
fn a_payment_that_no_webhook_told_of_is_found_by_the_click_on_day_three() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world.pass(Duration::days(3));
    assert!(seen(&world.click(&order)).contains("Already paid"));
    assert_eq!(world.text("SELECT found_by AS text FROM payments"), "click");
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn a_bank_debit_begun_in_the_same_moment_is_not_followed_by_a_second_checkout() {
    let world = World::new();
    let (order, old) = with_an_old_session(&world);
    world.stripe.start_debit(&old).unwrap();
    assert!(seen(&world.click(&order)).contains("being processed"));
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn as_long_as_stripe_does_not_confirm_the_end_there_is_no_second_session() {
    for_each([Fault::HangBefore, Fault::HangAfter], |fault| {
        let world = hasty_world();
        let (order, old) = with_an_old_session(&world);
        world.stripe.inject(Call::ExpireSession, fault, 1);
        assert_try_again(&world, &order);
        assert_eq!(rows(&world, &order), ["closing"]);
        assert_eq!(world.stripe.creations(), 1);
        assert_replaced(&world, &order, &old);
    });
}

#[test]
fn an_end_that_was_paid_for_while_stripe_hung_is_found_by_the_next_click() {
    let world = hasty_world();
    let (order, old) = with_an_old_session(&world);
    world
        .stripe
        .inject(Call::ExpireSession, Fault::HangBefore, 1);
    assert_try_again(&world, &order);
    world.stripe.pay(&old).unwrap();
    assert!(seen(&world.click(&order)).contains("Already paid"));
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn failures_that_pass_are_overcome_within_the_click() {
    let passing = [
        Fault::ErrorBefore,
        Fault::ErrorAfter,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::Html502,
        Fault::TooManyRequests,
        Fault::MissingField("url"),
    ];
    for_each(passing, |fault| {
        let world = World::new();
        let (order, old) = with_an_old_session(&world);
        world.stripe.inject(Call::ExpireSession, fault, 1);
        assert_replaced(&world, &order, &old);
    });
}

#[test]
fn an_unreadable_end_is_read_again_by_the_next_click() {
    let world = World::new();
    let (order, old) = with_an_old_session(&world);
    world
        .stripe
        .inject(Call::ExpireSession, Fault::MissingField("status"), 1);
    world.click(&order);
    assert_replaced(&world, &order, &old);
}

#[test]
fn a_key_that_may_not_close_sessions_leaves_the_old_one_alone() {
    let world = World::new();
    let (order, old) = with_an_old_session(&world);
    let fault = Fault::Refuse {
        status: 403,
        code: "more_permissions_required_for_application",
        message: "no".to_owned(),
    };
    world.stripe.inject(Call::ExpireSession, fault, 1);
    assert_eq!(world.click(&order).status, 502);
    assert_eq!(world.count("activity WHERE level = 'attention'"), 1);
    assert_eq!(world.payable_sessions(&order), 1);
    assert_replaced(&world, &order, &old);
}

#[test]
fn a_session_that_lives_a_little_longer_at_stripe_than_by_our_clock_is_no_obstacle() {
    let world = World::new();
    world.stripe.set_now(world.now() - Duration::minutes(4));
    let order = world.order("CUP-1");
    let old = world.click_through(&order);
    world.pass(Duration::hours(24) - Duration::minutes(3));
    assert_replaced(&world, &order, &old);
}

#[test]
fn where_no_session_may_be_used_twice_each_click_still_leads_on() {
    let world = World::with(&[("SESSION_REUSE_MIN_SECONDS", "86400")]);
    let order = world.order("CUP-1");
    let old = world.click_through(&order);
    assert_replaced(&world, &order, &old);
}

#[test]
fn as_long_as_stripe_does_not_tell_how_a_session_ended_there_is_no_second_one() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    world.pass(Duration::days(2));
    world
        .stripe
        .inject(Call::RetrieveSession, Fault::ErrorBefore, 2);
    assert_is_busy(&world.click(&order));
    assert_eq!(world.stripe.creations(), 1);
    world.click_through(&order);
    assert_eq!(rows(&world, &order), ["expired", "open"]);
}

#[test]
fn a_session_that_the_account_does_not_know_is_given_up() {
    let world = World::new();
    let (order, _) = with_an_old_session(&world);
    world.execute("UPDATE checkout_sessions SET stripe_id = 'cs_test_of_another_account'");
    world.click_through(&order);
    assert_eq!(rows(&world, &order), ["superseded", "open"]);
}

#[test]
fn a_cancel_that_comes_after_the_payment_finds_it_and_is_refused() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    let path = format!("/orders/{}/cancel", order.id);
    let answer = world.api(Role::Operator, Method::POST, &path, None);
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert_eq!(world.status(&order), "paid");
}
