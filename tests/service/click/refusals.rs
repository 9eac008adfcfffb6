//! Stripe says no to an order: the payer is not sent round in circles, and the shop hears of it.

use chrono::Duration;
use freshmint::token::Role;
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::json;

use super::{assert_try_again, hasty_world, rows, seen};
use crate::{
    simulator::{Call, Fault},
    support::World,
};

fn refusal(status: u16, code: &'static str) -> Fault {
    let message = "Stripe's words, with parent@example.org in them".to_owned();
    Fault::Refuse {
        status,
        code,
        message,
    }
}

#[test]
fn a_refused_order_shows_a_contact_and_does_not_try_by_itself() {
    let world = World::new();
    let order = world.order("CUP-1");
    world
        .stripe
        .inject(Call::CreateSession, refusal(400, "email_invalid"), 1);
    let page = world.click(&order);
    assert_snapshot!(seen(&page), @r"
        502
        We cannot start your payment
        The trouble is on our side, and we know about it. No money has been taken.
        Please get in touch and mention the reference, or open the link again later. It keeps working.
        Reference
        CUP-1
        ");
    assert_eq!(page.header("refresh"), "");
    assert_eq!(page.header("retry-after"), "");
    assert!(
        page.body
            .contains("mailto:treasurer@rovers.example.org?subject=Reference%20CUP-1")
    );
    assert_eq!(rows(&world, &order), ["failed"]);
}

#[test]
fn the_shop_is_told_once_what_stripe_said_and_no_address_is_kept() {
    for (status, code) in [
        (400, "amount_too_small"),
        (401, "api_key_expired"),
        (403, ""),
        (404, "resource_missing"),
    ] {
        let world = World::new();
        let order = world.order("CUP-1");
        world
            .stripe
            .inject(Call::CreateSession, refusal(status, code), 1);
        assert_eq!(world.click(&order).status, 502);
        let told = world
            .texts("SELECT what || ' ' || detail AS text FROM activity WHERE level = 'attention'");
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains(&status.to_string()) && told[0].contains(code),
            "{told:?}"
        );
        assert!(!told[0].contains('@'), "{told:?}");
    }
}

#[test]
fn stripe_is_not_asked_again_for_ten_minutes() {
    let world = World::new();
    let order = world.order("CUP-1");
    world
        .stripe
        .inject(Call::CreateSession, refusal(401, "api_key_expired"), 1);
    assert_eq!(world.click(&order).status, 502);
    world.pass(Duration::minutes(9));
    assert_eq!(world.click(&order).status, 502);
    assert_eq!(world.press(&order.path).status, 502);
    assert_eq!(world.traffic().len(), 1);
    assert_eq!(world.count("activity WHERE level = 'attention'"), 1);
    world.pass(Duration::minutes(1));
    world.click_through(&order);
}

#[test]
fn a_changed_order_is_tried_at_once() {
    let world = World::new();
    let order = world.order("CUP-1");
    world
        .stripe
        .inject(Call::CreateSession, refusal(400, "email_invalid"), 1);
    assert_eq!(world.click(&order).status, 502);
    let path = format!("/orders/{}", order.id);
    let mended = json!({ "email": "kim@example.org" });
    assert_eq!(
        world
            .api(Role::Operator, Method::PATCH, &path, Some(mended))
            .status,
        200
    );
    world.click_through(&order);
}

#[test]
fn a_refused_order_can_be_cancelled() {
    let world = World::new();
    let order = world.order("CUP-1");
    world
        .stripe
        .inject(Call::CreateSession, refusal(400, "email_invalid"), 1);
    assert_eq!(world.click(&order).status, 502);
    let path = format!("/orders/{}/cancel", order.id);
    assert_eq!(
        world.api(Role::Operator, Method::POST, &path, None).status,
        200
    );
    assert_eq!(world.click(&order).status, 410);
}

#[test]
fn a_key_that_is_refused_after_a_lost_answer_never_leaves_two_sessions() {
    let world = hasty_world();
    let order = world.order("CUP-1");
    world
        .stripe
        .inject(Call::CreateSession, Fault::HangAfter, 1);
    assert_try_again(&world, &order);
    world
        .stripe
        .inject(Call::Any, refusal(401, "api_key_expired"), 1);
    world.click(&order);
    world.pass(Duration::minutes(11));
    world.click_through(&order);
    assert_eq!(world.payable_sessions(&order), 1);
}
