//! Whatever is sent, the answer is a problem that says what to do, and never a 500.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::{act, get, post, problem, small, token};
use crate::support::{
    Answer, World,
    browser::{client, runtime, send},
};

fn post_raw(world: &World, body: impl Into<reqwest::Body>) -> Answer {
    let request = client()
        .post(format!("{}/api/v1/orders", world.url()))
        .bearer_auth(token(world, Role::Operator))
        .body(body);
    runtime().block_on(send(request))
}

#[test]
fn a_body_that_is_no_json_is_400_and_json_of_another_shape_422() {
    for (body, status) in [
        ("", 400),
        ("{", 400),
        ("reference=CUP-1", 400),
        ("{} {}", 400),
        ("[]", 422),
        ("null", 422),
        (r#"{"reference": 7}"#, 422),
    ] {
        problem(&post_raw(&World::new(), body), status);
    }
    problem(&post_raw(&World::new(), &b"\xff\xfe"[..]), 400);
}

#[test]
fn an_array_is_no_object_though_its_items_would_do_as_fields() {
    let world = World::new();
    let order = world.order("CUP-1");
    problem(&act(&world, &order, "settle", json!(["cash", null])), 422);
    problem(
        &post(
            &world,
            "/suppressions",
            json!(["parent@example.org", null, null]),
        ),
        422,
    );
    assert_eq!(world.status(&order), "open");
    assert_eq!(world.count("suppressions"), 0);
    let mut other = small("CUP-2");
    other["lines"] = json!([["Fee", 100, null, 1]]);
    let refused = problem(&post(&world, "/orders", other), 422);
    let detail = refused["detail"].as_str().unwrap();
    assert!(
        detail.contains("an array stands where an object"),
        "{refused}"
    );
    assert_eq!(world.count("orders"), 1);
}

#[test]
fn no_key_is_said_twice_not_even_in_what_is_the_shops_own() {
    let world = World::new();
    let body = small("CUP-1").to_string();
    let body = body.replacen('{', r#"{"metadata":{"team":"U12","team":"U14"},"#, 1);
    let refused = problem(&post_raw(&world, body), 422);
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("duplicate field `team`"), "{refused}");
    assert_eq!(world.count("orders"), 0);
}

#[test]
fn an_unknown_field_is_named() {
    let world = World::new();
    let mut order = small("CUP-1");
    order["emial"] = json!("kim@example.org");
    let refused = problem(&post(&world, "/orders", order), 422);
    assert!(
        refused["detail"].as_str().unwrap().contains("`emial`"),
        "{refused}"
    );
    let mut order = small("CUP-1");
    order["lines"][0]["amount"] = json!(1);
    let refused = problem(&post(&world, "/orders", order), 422);
    assert!(
        refused["detail"].as_str().unwrap().contains("`amount`"),
        "{refused}"
    );
}

#[test]
fn a_body_that_is_far_too_large_is_413() {
    let body = " ".repeat(3 * 1024 * 1024);
    problem(&post_raw(&World::new(), body), 413);
}

#[test]
fn a_body_that_says_it_is_no_json_is_415_and_one_that_says_nothing_is_read() {
    let world = World::new();
    let post = |kind: Option<&str>| {
        let mut request = client()
            .post(format!("{}/api/v1/orders", world.url()))
            .bearer_auth(world.token(Role::Operator).expose())
            .body(small("CUP-1").to_string());
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        runtime().block_on(send(request))
    };
    for kind in [
        "text/csv",
        "multipart/form-data; boundary=x",
        "application/xml",
    ] {
        problem(&post(Some(kind)), 415);
    }
    assert_eq!(world.count("orders"), 0);
    for kind in [
        None,
        Some("application/json; charset=utf-8"),
        Some("application/vnd.api+json"),
        Some("application/x-www-form-urlencoded"),
    ] {
        assert!([200, 201].contains(&post(kind).status), "{kind:?}");
    }
}

#[test]
fn nothing_under_api_is_answered_by_a_page() {
    let world = World::new();
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/orders",
        "/api/v1/x/y",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            problem(&world.ask(method, path, &[]), 404);
        }
    }
    let wrong = world.api(Role::Admin, Method::DELETE, "/orders", None);
    problem(&wrong, 405);
    assert_eq!(wrong.header("allow"), "POST, GET, HEAD, OPTIONS");
    for query in [
        "limit=x",
        "limit=0",
        "cursor=x",
        "status=x",
        "stranded=x",
        "kind=x",
    ] {
        problem(&get(&world, &format!("/orders?{query}")), 400);
    }
}

#[test]
fn the_largest_order_there_can_be_is_taken() {
    let world = World::new();
    let line = json!({ "description": "ü".repeat(250), "unit_amount": 1, "quantity": 1 });
    let mut order = small("CUP-1");
    order["lines"] = json!(vec![line; 100]);
    let pairs = (0..47).map(|key| (format!("{key:040}"), json!("漢".repeat(500))));
    order["metadata"] = pairs.collect::<serde_json::Map<_, _>>().into();
    assert_eq!(post(&world, "/orders", order).status, 201);
}

#[test]
fn what_is_not_there_is_404() {
    let world = World::new();
    let nobody = "0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11";
    for id in [nobody, "no-uuid", "%FF", "%00"] {
        problem(&get(&world, &format!("/orders/{id}")), 404);
        problem(
            &post(&world, &format!("/orders/{id}/cancel"), json!({})),
            404,
        );
        problem(
            &post(&world, &format!("/events/{id}/replay"), json!({})),
            404,
        );
    }
    problem(&get(&world, "/nothing/here"), 404);
    problem(
        &world.api(Role::Admin, Method::DELETE, "/orders", None),
        405,
    );
}

#[test]
fn characters_that_the_database_cannot_keep_find_nothing_and_break_nothing() {
    let world = World::new();
    let order = world.order("CUP-1");
    for query in ["reference=%00", "email=a%00b"] {
        let found = get(&world, &format!("/orders?{query}"));
        assert!(found.status < 500, "{query}: {found:?}");
    }
    let cursor = "/events?cursor=2026-01-01T00:00:00Z_%00";
    assert!(get(&world, cursor).status < 500);
    for (how, body) in [
        ("withdraw-link", json!({ "note": "a\0b" })),
        ("settle", json!({ "how": "cash", "note": "a\0b" })),
        ("cancel", json!({ "note": "a\0b" })),
    ] {
        problem(&act(&world, &order, how, body), 422);
    }
    assert_eq!(world.status(&order), "open");
}

#[test]
fn a_failure_of_the_database_is_told_without_its_words() {
    let world = World::new();
    world.execute("ALTER TABLE orders RENAME TO hidden");
    let refused = problem(&get(&world, "/orders"), 500);
    assert!(
        !refused["detail"].as_str().unwrap().contains("relation"),
        "{refused}"
    );
}
