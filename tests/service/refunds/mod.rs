//! Giving an order's money back: once for each key, whatever happens in between.

mod several_orders;
mod trouble;

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    settlement::money_back::{paid, refunded},
    simulator::RefundStatus,
    support::{Answer, Order, World},
};

/// An admin asks for a refund.
fn refund(world: &World, order: &Order, body: Value) -> Answer {
    let path = format!("/orders/{}/refund", order.id);
    world.api(Role::Admin, Method::POST, &path, Some(body))
}

/// Asks for one that is made, and gives the order back.
#[track_caller]
fn made(world: &World, order: &Order, body: Value) -> Value {
    let answer = refund(world, order, body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Asks for one that cannot be, and gives the sentence that says why.
#[track_caller]
fn refused(world: &World, order: &Order, body: Value) -> String {
    let answer = refund(world, order, body);
    assert_eq!(answer.status, 409, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    answer.json()["detail"].as_str().unwrap().to_owned()
}

/// The refunds of an order, as the API shows them.
fn shown(world: &World, order: &Order) -> Vec<Value> {
    let path = format!("/orders/{}", order.id);
    let order = world.api(Role::Viewer, Method::GET, &path, None).json();
    order["refunds"].as_array().unwrap().clone()
}

/// How often Stripe was asked for a refund.
fn posted(world: &World) -> usize {
    let asked = world.traffic();
    asked
        .iter()
        .filter(|call| *call == "POST /v1/refunds")
        .count()
}

/// The amounts that Stripe has given back, in the order in which it was asked.
fn at_stripe(world: &World, intent: &str) -> Vec<i64> {
    let refunds = world.stripe.refunds_of(intent);
    let amounts = refunds.iter().map(|it| it["amount"].as_i64().unwrap());
    amounts.collect()
}

/// What people did to an order about its money, a line each.
fn told(world: &World, order: &Order) -> Vec<String> {
    world.texts(&format!(
        "SELECT what || coalesce(' (' || (detail->>'note') || ')', '') AS text FROM activity \
         WHERE order_id = '{}' AND actor LIKE 'api:admin%' ORDER BY id",
        order.id
    ))
}

fn whole(key: &str) -> Value {
    json!({ "key": key, "note": "moved away" })
}

fn part(key: &str, amount: i64) -> Value {
    json!({ "key": key, "amount": amount })
}

#[test]
fn all_that_is_left_goes_back_and_the_log_says_who_and_why() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    let after = made(&world, &order, whole("a"));
    assert_eq!(after["status"], "refunded");
    assert_eq!(after["refunded_amount"], 4500);
    let refund = &after["refunds"][0];
    assert_eq!(
        (&refund["key"], &refund["state"], &refund["amount"]),
        (&json!("a"), &json!("made"), &json!(4500))
    );
    assert_eq!(at_stripe(&world, &intent), [4500]);
    assert_eq!(
        told(&world, &order),
        [
            "a refund was asked for (moved away)",
            "order paid → refunded (moved away)",
            "refunded at Stripe",
        ]
    );
    // Stripe's own word of it changes nothing any more.
    let lines = world.count("activity");
    world.deliver();
    assert_eq!(world.count("activity"), lines);
}

#[test]
fn what_is_asked_of_stripe_names_our_row_and_the_amount() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    let after = made(&world, &order, part("a", 1000));
    let id = after["refunds"][0]["id"].as_str().unwrap();
    let asked = world.stripe.requests();
    let asked = asked.iter().find(|asked| asked.path == "/v1/refunds");
    let asked = asked.unwrap();
    assert_eq!(asked.params["payment_intent"], intent);
    assert_eq!(asked.params["amount"], "1000");
    assert_eq!(asked.params["metadata"], json!({ "freshmint_refund": id }));
    let key = format!("freshmint-refund-{id}-1");
    assert_eq!(asked.idempotency_key, Some(key));
}

#[test]
fn the_same_key_twice_is_one_refund_and_another_amount_under_it_is_none() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    for _ in 0..2 {
        assert_eq!(
            made(&world, &order, part("a", 1000))["refunded_amount"],
            1000
        );
    }
    let why = refused(&world, &order, part("a", 1001));
    assert!(
        why.contains("€10.00") && why.contains("another key"),
        "{why}"
    );
    refused(&world, &order, whole("a"));
    assert_eq!(at_stripe(&world, &intent), [1000]);
    // All that is left is so much, also when it is said.
    made(&world, &order, whole("b"));
    made(&world, &order, whole("b"));
    made(&world, &order, part("b", 3500));
    refused(&world, &order, part("b", 1));
    assert_eq!(at_stripe(&world, &intent), [1000, 3500]);
    assert_eq!(world.status(&order), "refunded");
    assert_eq!(posted(&world), 2);
}

#[test]
fn a_key_is_an_orders_own() {
    let world = World::new();
    let (first, _) = paid(&world, "CUP-1");
    let (second, _) = paid(&world, "CUP-2");
    for order in [&first, &second] {
        made(&world, order, part("a", 1000));
        assert_eq!(refunded(&world, order), 1000);
    }
}

#[test]
fn no_more_than_is_left() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    let why = refused(&world, &order, part("a", 4501));
    assert_eq!(why, "only €45.00 is left to be given back");
    made(&world, &order, part("a", 4000));
    assert!(refused(&world, &order, part("b", 501)).contains("€5.00"));
    made(&world, &order, whole("c"));
    for body in [whole("d"), part("e", 1)] {
        assert!(refused(&world, &order, body).contains("nothing is left"));
    }
    assert_eq!(at_stripe(&world, &intent), [4000, 500]);
    assert_eq!(shown(&world, &order).len(), 2, "a refusal leaves no row");
}

/// What the dashboard gave back counts, also where nobody has told us yet.
#[test]
fn what_the_dashboard_gave_back_is_not_given_back_again() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    world.stripe.refund(&intent, Some(1000)).unwrap();
    let why = refused(&world, &order, whole("a"));
    assert!(why.contains("amount_too_large"), "{why}");
    assert_eq!(refunded(&world, &order), 1000, "it was read");
    made(&world, &order, whole("b"));
    assert_eq!(at_stripe(&world, &intent), [1000, 3500]);
    let (order, intent) = paid(&world, "CUP-2");
    world.stripe.refund(&intent, None).unwrap();
    let why = refused(&world, &order, whole("a"));
    assert!(why.contains("has been given back already"), "{why}");
    assert_eq!(world.status(&order), "refunded");
}

#[test]
fn an_order_without_a_payment_that_fits_has_nothing_to_give_back() {
    let world = World::new();
    let order = world.order("CUP-1");
    assert_eq!(refused(&world, &order, whole("a")), "nothing has been paid");
    let (review, _) = crate::cases::mismatch(&world, "CUP-2");
    assert!(refused(&world, &review, whole("a")).contains("resolve its case"));
    let (imported, _) = paid(&world, "CUP-3");
    world.execute("UPDATE payments SET payment_intent = NULL");
    assert!(refused(&world, &imported, whole("a")).contains("Stripe's dashboard"));
    let nobody = "/orders/0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11/refund";
    let answer = world.api(Role::Admin, Method::POST, nobody, Some(whole("a")));
    assert_eq!(answer.status, 404);
    assert_eq!(posted(&world), 0);
}

#[test]
fn it_is_an_admins_and_what_is_wrong_with_the_body_is_said() {
    let world = World::new();
    let (order, _) = paid(&world, "CUP-1");
    let path = format!("/orders/{}/refund", order.id);
    for role in [Role::Viewer, Role::Operator] {
        let answer = world.api(role, Method::POST, &path, Some(whole("a")));
        assert_eq!(answer.status, 403);
    }
    for body in [
        json!({}),
        part("", 1),
        part("ann@example.org", 1),
        part("a", 0),
        part("a", -1),
        json!({ "key": "a", "amount": 1.5 }),
        json!({ "key": "a", "amount": "1" }),
        json!({ "key": "a", "reason": "x" }),
        json!({ "key": 7 }),
    ] {
        let answer = refund(&world, &order, body.clone());
        assert_eq!(answer.status, 422, "{body}: {answer:?}");
    }
    assert_eq!(posted(&world), 0);
}

#[test]
fn one_that_stripe_has_under_way_is_waited_for_and_holds_back_every_other() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    world.stripe.next_refund(RefundStatus::Pending);
    for _ in 0..2 {
        let answer = refund(&world, &order, part("a", 1000));
        assert_eq!(answer.status, 202, "{answer:?}");
        assert_eq!(answer.json()["status"], "paid");
        assert_eq!(answer.json()["refunds"][0]["state"], "under_way");
    }
    assert!(refused(&world, &order, part("b", 1000)).contains("another refund"));
    let id = world.stripe.refunds_of(&intent)[0]["id"].clone();
    let id = id.as_str().unwrap();
    world
        .stripe
        .move_refund(id, RefundStatus::Succeeded)
        .unwrap();
    world.deliver();
    assert_eq!(refunded(&world, &order), 1000);
    assert_eq!(shown(&world, &order)[0]["state"], "made");
    made(&world, &order, part("b", 1000));
    assert_eq!(posted(&world), 2);
}

#[test]
fn one_that_failed_has_not_been_made_and_another_takes_another_key() {
    for end in [RefundStatus::Failed, RefundStatus::Canceled] {
        let world = World::new();
        let (order, _) = paid(&world, "CUP-1");
        world.stripe.next_refund(end);
        let why = refused(&world, &order, whole("a"));
        assert!(why.starts_with("the refund was not made: it "), "{why}");
        assert_eq!(refused(&world, &order, whole("a")), why);
        world.deliver();
        assert_eq!(world.status(&order), "paid");
        assert_eq!(shown(&world, &order)[0]["state"], "not_made");
        let attention =
            "activity WHERE level = 'attention' AND what LIKE 'the refund was not made%'";
        assert_eq!(world.count(attention), 1);
        assert_eq!(posted(&world), 1);
        made(&world, &order, whole("b"));
    }
}

#[test]
fn one_that_fails_weeks_later_is_not_made_and_can_be_asked_for_anew() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    made(&world, &order, whole("a"));
    world.deliver();
    world.pass(Duration::weeks(3));
    let id = world.stripe.refunds_of(&intent)[0]["id"].clone();
    let id = id.as_str().unwrap();
    world.stripe.move_refund(id, RefundStatus::Failed).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    assert_eq!(shown(&world, &order)[0]["state"], "not_made");
    assert_eq!(
        world.texts("SELECT what AS text FROM activity WHERE level = 'attention'"),
        ["a refund failed at Stripe: its money is here again"]
    );
    assert!(refused(&world, &order, whole("a")).contains("was not made"));
    made(&world, &order, whole("b"));
    assert_eq!(world.status(&order), "refunded");
}
