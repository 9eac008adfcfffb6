//! Cancel, settle, withdraw the link.

use serde_json::{Value, json};

use super::{act, problem, show};
use crate::{
    simulator::{Call, Fault},
    support::{Order, World},
};

#[test]
fn a_cancelled_order_cannot_be_paid_any_more() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    let answer = act(&world, &order, "cancel", json!({ "note": "moved away" }));
    assert_eq!(
        (answer.status, &answer.json()["status"]),
        (200, &json!("cancelled"))
    );
    assert!(answer.json()["cancelled_at"].is_string());
    assert_eq!(world.stripe.session(&session).unwrap()["status"], "expired");
    assert_eq!(world.click(&order).status, 410);
    let line = "SELECT actor || ': ' || what || ' (' || (detail->>'note') || ')' AS text \
                FROM activity ORDER BY id DESC LIMIT 1";
    assert_eq!(
        world.text(line),
        "api:operator-0: order open → cancelled (moved away)"
    );
}

#[test]
fn an_order_is_settled_in_every_way_that_there_is() {
    for how in ["cash", "cheque", "waived", "other"] {
        let world = World::new();
        let order = world.order("CUP-1");
        let settled = act(&world, &order, "settle", json!({ "how": how })).json();
        assert_eq!(settled["status"], "settled_offline");
        assert_eq!(settled["settled_how"], how);
        assert!(
            world
                .click(&order)
                .text()
                .contains("There is nothing to pay")
        );
    }
}

#[test]
fn settling_says_how_or_is_refused() {
    let world = World::new();
    let order = world.order("CUP-1");
    for body in [
        json!({}),
        json!({ "how": "barter" }),
        json!({ "how": "cash", "by": "me" }),
    ] {
        problem(&act(&world, &order, "settle", body), 422);
    }
    assert_eq!(world.status(&order), "open");
}

#[test]
fn the_same_again_is_no_error_and_something_else_is() {
    let world = World::new();
    let (cash, nothing) = (json!({ "how": "cash" }), json!({}));
    let settled = world.order("CUP-1");
    let cancelled = world.order("CUP-2");
    for _ in 0..2 {
        assert_eq!(act(&world, &settled, "settle", cash.clone()).status, 200);
        assert_eq!(
            act(&world, &cancelled, "cancel", nothing.clone()).status,
            200
        );
    }
    problem(
        &act(&world, &settled, "settle", json!({ "how": "cheque" })),
        409,
    );
    problem(&act(&world, &settled, "cancel", nothing), 409);
    problem(&act(&world, &cancelled, "settle", cash), 409);
    assert_eq!(world.count("activity WHERE what LIKE '%→%'"), 2);
}

#[test]
fn an_order_that_turns_out_to_be_paid_is_neither_cancelled_nor_settled() {
    for (how, body) in [("cancel", json!({})), ("settle", json!({ "how": "cash" }))] {
        let world = World::new();
        let order = world.order("CUP-1");
        let session = world.click_through(&order);
        world.stripe.pay(&session).unwrap();
        problem(&act(&world, &order, how, body), 409);
        assert_eq!(show(&world, &order)["status"], "paid");
    }
}

#[test]
fn while_stripe_is_away_an_order_with_an_open_session_is_not_ended() {
    // Where nothing answers, all of it is waited for; what is answered must be answered within it on a busy
    // machine, too. A second 502 ends a call at once.
    let world = World::with(&[("STRIPE_TIMEOUT_SECONDS", "4")]);
    let order = world.order("CUP-1");
    world.click_through(&order);
    world
        .stripe
        .inject(Call::Any, Fault::ResetBefore, usize::MAX);
    problem(&act(&world, &order, "cancel", json!({})), 503);
    world.stripe.clear_faults();
    world.stripe.inject(Call::Any, Fault::Html502, usize::MAX);
    problem(
        &act(&world, &order, "settle", json!({ "how": "cash" })),
        503,
    );
    problem(&act(&world, &order, "withdraw-link", json!({})), 503);
    assert_eq!(world.status(&order), "open");
    world.stripe.clear_faults();
    assert_eq!(act(&world, &order, "cancel", json!({})).status, 200);
}

#[test]
fn a_withdrawn_link_shows_that_it_was_replaced_and_the_new_one_leads_to_a_checkout() {
    let world = World::new();
    let order = world.order("CUP-1");
    let old_url = show(&world, &order)["pay_url"].clone();
    let session = world.click_through(&order);
    let answer = act(
        &world,
        &order,
        "withdraw-link",
        json!({ "note": "went to the wrong list" }),
    );
    assert_eq!(answer.status, 200);
    let new_url = answer.json()["pay_url"].clone();
    assert_ne!(new_url, old_url);
    assert_eq!(show(&world, &order)["pay_url"], new_url);
    assert_eq!(world.stripe.session(&session).unwrap()["status"], "expired");

    let page = world.click(&order);
    assert_eq!(page.status, 200);
    assert!(
        page.text().contains("This link has been replaced"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("45.00"), "today's amount");
    assert_eq!(world.payable_sessions(&order), 0);
    world.click_through(&through(&order, &new_url));
}

#[test]
fn a_note_is_optional_and_so_is_the_body() {
    let world = World::new();
    let order = world.order("CUP-1");
    let path = format!("/orders/{}/withdraw-link", order.id);
    let role = freshmint::token::Role::Operator;
    assert_eq!(
        world.api(role, reqwest::Method::POST, &path, None).status,
        200
    );
    problem(
        &act(&world, &order, "withdraw-link", json!({ "note": 7 })),
        422,
    );
}

/// The same order by another link.
fn through(order: &Order, pay_url: &Value) -> Order {
    let path = pay_url
        .as_str()
        .unwrap()
        .strip_prefix("http://127.0.0.1:61199");
    Order {
        path: path.unwrap().to_owned(),
        ..order.clone()
    }
}
