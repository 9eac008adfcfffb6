//! `POST /orders`.

use freshmint::token::Role;
use serde_json::json;
use tokio::task::JoinSet;

use super::{get, patch, post, problem, small, token};
use crate::support::{
    Order, World,
    browser::{client, runtime, send},
};

#[test]
fn a_new_order_is_answered_with_201_its_place_and_its_link() {
    let world = World::new();
    let answer = post(
        &world,
        "/orders",
        json!({
            "reference": "CUP-1",
            "email": "Parent@Example.org",
            "name": "Kim Miller",
            "currency": "EUR",
            "lines": [{ "description": "Summer cup", "unit_amount": 4500, "quantity": 2 }],
            "metadata": { "team": "U12" },
            "locale": "de",
            "remind": false,
        }),
    );
    assert_eq!(answer.status, 201, "{answer:?}");
    let order = answer.json();
    let id = order["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("/api/v1/orders/{id}"));
    let told = json!({
        "id": id, "kind": "billed", "reference": "CUP-1", "status": "open",
        "email": "Parent@Example.org", "name": "Kim Miller",
        "currency": "eur", "amount_total": 9000,
        "lines": [{ "description": "Summer cup", "unit_amount": 4500, "quantity": 2 }],
        "metadata": { "team": "U12" }, "mode": "payment", "locale": "de", "remind": false,
        "automatic_tax": false, "promotion_codes": false,
        "version": 1, "pay_url": order["pay_url"], "created_at": order["created_at"],
        "processing_at": null, "in_review_at": null, "paid_at": null, "refunded_amount": 0,
        "settled_at": null, "settled_how": null, "cancelled_at": null, "import": null, "payments": [], "refunds": [],
    });
    assert_eq!(order, told);
    assert!(order["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(get(&world, &format!("/orders/{id}")).json(), told);

    let path = order["pay_url"].as_str().unwrap();
    let path = path.strip_prefix("http://127.0.0.1:61199").unwrap();
    assert_eq!(world.get(path).status, 303);
}

#[test]
fn the_same_body_again_is_the_same_order_also_after_a_change() {
    let world = World::new();
    let first = post(&world, "/orders", small("CUP-1"));
    let second = post(&world, "/orders", small("CUP-1"));
    assert_eq!((first.status, second.status), (201, 200));
    assert_eq!(first.json(), second.json());

    let id = first.json()["id"].as_str().unwrap().parse().unwrap();
    let order = Order {
        id,
        reference: "CUP-1".to_owned(),
        path: String::new(),
    };
    assert_eq!(patch(&world, &order, json!({ "name": "Kim" })).status, 200);
    let third = post(&world, "/orders", small("CUP-1"));
    assert_eq!(
        (third.status, third.json()["name"].as_str()),
        (200, Some("Kim"))
    );
    assert_eq!(world.count("orders"), 1);
}

#[test]
fn another_body_under_a_known_reference_is_a_conflict() {
    let world = World::new();
    assert_eq!(post(&world, "/orders", small("CUP-1")).status, 201);
    let mut other = small("CUP-1");
    other["lines"][0]["unit_amount"] = json!(4501);
    let answer = post(&world, "/orders", other);
    assert!(
        problem(&answer, 409)["detail"]
            .as_str()
            .unwrap()
            .contains("reference")
    );
}

#[test]
fn the_same_order_sent_eight_times_at_once_is_one_order() {
    let world = World::new();
    let token = token(&world, Role::Operator);
    let mut calls = JoinSet::new();
    for _ in 0..8 {
        let call = client()
            .post(format!("{}/api/v1/orders", world.url()))
            .bearer_auth(&token)
            .body(small("CUP-1").to_string());
        calls.spawn_on(send(call), runtime().handle());
    }
    let mut statuses: Vec<u16> = runtime()
        .block_on(calls.join_all())
        .iter()
        .map(|answer| answer.status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 201]);
    assert_eq!(world.count("orders"), 1);
}

#[test]
fn all_that_is_wrong_is_listed_with_its_place() {
    let world = World::new();
    let answer = post(
        &world,
        "/orders",
        json!({
            "reference": " ",
            "email": "kim",
            "currency": "euros",
            "lines": [
                { "description": "Cup", "unit_amount": 4500, "quantity": 1 },
                { "description": "", "unit_amount": 0, "quantity": 0 },
            ],
            "metadata": { "order_id": "mine" },
            "mode": "gift",
            "locale": "xx",
        }),
    );
    let problem = problem(&answer, 422);
    let errors = problem["errors"].as_array().unwrap();
    let fields: Vec<&str> = errors
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        [
            "reference",
            "email",
            "currency",
            "lines[1].quantity",
            "lines[1].description",
            "lines[1].unit_amount",
            "metadata.order_id",
            "mode",
            "locale",
        ]
    );
    assert!(
        errors
            .iter()
            .all(|error| error["reason"].as_str().unwrap().len() > 10)
    );
    assert!(!answer.body.contains("kim"), "an address is not repeated");
    assert_eq!(world.count("orders"), 0);
}

#[test]
fn what_is_missing_is_listed_too() {
    let world = World::new();
    let problem = problem(&post(&world, "/orders", json!({})), 422);
    let errors = problem["errors"].as_array().unwrap();
    let fields: Vec<&str> = errors
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["reference", "currency", "lines"]);
}
