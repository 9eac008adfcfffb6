//! `/api/v1/users` and `/api/v1/activity`.

use std::slice;

use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::needs_somebody;
use crate::support::{
    Visitor, World,
    browser::{client, runtime},
};

#[test]
fn users_are_made_listed_and_changed_by_admins() {
    let world = World::with_mailbox(&[]);
    let call = |method, path: &str, body| world.api(Role::Admin, method, path, Some(body));
    let new = json!({ "email": "ann@rovers.example.org", "name": "Ann", "role": "operator", "password": "my very own words" });
    let made = call(Method::POST, "/users", new.clone());
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(
        (
            made.json()["role"].clone(),
            made.json()["has_password"].clone()
        ),
        (json!("operator"), json!(true))
    );
    assert!(!made.body.contains("argon2"));
    assert_eq!(call(Method::POST, "/users", new).status, 409);
    assert_eq!(world.count("outbox"), 0);
    let invited = call(
        Method::POST,
        "/users",
        json!({ "email": "bo@rovers.example.org", "name": "Bo", "role": "viewer" }),
    );
    assert_eq!((invited.status, world.carry().len()), (201, 1));
    let wrong = call(
        Method::POST,
        "/users",
        json!({ "email": "x", "name": "", "role": "king", "password": "short" }),
    );
    assert_eq!(
        wrong.json()["errors"].as_array().map(Vec::len),
        Some(4),
        "{wrong:?}"
    );
    let page = world
        .api(Role::Admin, Method::GET, "/users?limit=1", None)
        .json();
    assert_eq!(page["data"][0]["email"], "bo@rovers.example.org");
    let cursor = page["next_cursor"].as_str().expect("another page");
    let page = world
        .api(
            Role::Admin,
            Method::GET,
            &format!("/users?limit=1&cursor={cursor}"),
            None,
        )
        .json();
    assert_eq!(page["data"][0]["email"], "ann@rovers.example.org");
    assert_eq!(page["next_cursor"], json!(null));

    let ann = Visitor::at(&world);
    assert_eq!(
        ann.sign_in("ann@rovers.example.org", "my very own words")
            .status,
        303
    );
    let changed = call(
        Method::PATCH,
        "/users/ANN@rovers.example.org",
        json!({ "role": "admin", "name": "Ann B" }),
    );
    assert_eq!(
        (changed.status, changed.json()["name"].clone()),
        (200, json!("Ann B"))
    );
    assert_eq!(ann.get("/ops/people").status, 200);
    // The last one stays.
    world.user("Tom", Role::Admin);
    assert_eq!(
        call(
            Method::PATCH,
            "/users/ann@rovers.example.org",
            json!({ "disabled": true })
        )
        .status,
        200
    );
    assert_eq!(ann.get("/ops/people").status, 303);
    // Whoever is invited cannot sign in yet, and is no admin to rely on.
    let invited = json!({ "email": "cy@rovers.example.org", "name": "Cy", "role": "admin" });
    assert_eq!(call(Method::POST, "/users", invited).status, 201);
    assert_eq!(world.carry().len(), 1);
    let tom = world.text("SELECT email AS text FROM ops_users WHERE name = 'Tom'");
    let tom = format!("/users/{tom}");
    let role = |role: &str| json!({ "role": role });
    assert_eq!(call(Method::PATCH, &tom, role("viewer")).status, 409);
    let cy = "/users/cy@rovers.example.org";
    assert_eq!(call(Method::PATCH, cy, role("viewer")).status, 200);
    assert_eq!(
        call(Method::PATCH, "/users/nobody@rovers.example.org", json!({})).status,
        404
    );
    assert_eq!(
        call(
            Method::PATCH,
            "/users/ann@rovers.example.org",
            json!({ "rank": 1 })
        )
        .status,
        422
    );
    for role in [Role::Viewer, Role::Operator] {
        assert_eq!(world.api(role, Method::GET, "/users", None).status, 403);
    }
}

#[test]
fn the_log_is_read_and_dismissed_by_the_api_too() {
    let world = World::new();
    let order = world.order_with("CUP-2026-017", json!({ "name": "Zoë Miller" }));
    let line = needs_somebody(&world, "a message could not be worked through");
    let list = |query: &str| {
        let answer = world.api(
            Role::Viewer,
            Method::GET,
            &format!("/activity?{query}"),
            None,
        );
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["data"].clone()
    };
    let texts = |query: &str| -> Vec<String> {
        let lines = list(query);
        lines
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["what"].as_str().unwrap().to_owned())
            .collect()
    };
    let worked = "a message could not be worked through".to_owned();
    assert_eq!(texts("open=true"), slice::from_ref(&worked));
    assert_eq!(texts("level=attention"), slice::from_ref(&worked));
    assert_eq!(texts("category=webhook"), [worked]);
    assert_eq!(
        list(&format!("order_id={}", order.id))[0]["reference"],
        "CUP-2026-017"
    );
    assert_eq!(list("q=026-01")[0]["order_id"], order.id.to_string());
    assert_eq!(list("q=zo%C3%AB")[0]["order_id"], order.id.to_string());
    assert_eq!(list("limit=1").as_array().unwrap().len(), 1);
    let dismiss =
        |role, id: &str| world.api(role, Method::POST, &format!("/activity/{id}/dismiss"), None);
    assert_eq!(dismiss(Role::Viewer, &line.to_string()).status, 403);
    let done = dismiss(Role::Operator, &line.to_string());
    assert_eq!(done.status, 200, "{done:?}");
    assert!(
        done.json()["dismissed_by"]
            .as_str()
            .unwrap()
            .starts_with("api:")
    );
    assert_eq!(
        dismiss(Role::Operator, &line.to_string()).json()["dismissed_by"],
        done.json()["dismissed_by"]
    );
    assert!(texts("open=true").is_empty());
    let other = world.text("SELECT min(id)::text AS text FROM activity WHERE level = 'info'");
    assert_eq!(dismiss(Role::Operator, &other).status, 409);
    assert_eq!(dismiss(Role::Operator, "999999").status, 404);
    assert_eq!(dismiss(Role::Operator, "x").status, 404);
    for wrong in [
        "category=x",
        "level=x",
        "open=maybe",
        "order_id=x",
        "cursor=x",
    ] {
        assert_eq!(
            world
                .api(
                    Role::Viewer,
                    Method::GET,
                    &format!("/activity?{wrong}"),
                    None
                )
                .status,
            400,
            "{wrong}"
        );
    }
}

#[test]
fn of_two_admins_who_disable_each_other_one_stays() {
    let world = World::new();
    let token = world.token(Role::Admin);
    for round in 0..5 {
        world.execute("DELETE FROM ops_users");
        let [one, other] = ["Tom", "Ann"].map(|name| world.user(name, Role::Admin).email);
        let disable = |email: &str| {
            client()
                .patch(format!("{}/api/v1/users/{email}", world.url()))
                .bearer_auth(token.expose())
                .header("content-type", "application/json")
                .body(r#"{"disabled": true}"#)
                .send()
        };
        let (one, other) = runtime()
            .block_on(async { futures::future::join(disable(&one), disable(&other)).await });
        let mut answers = [one, other].map(|answer| answer.expect("an answer").status().as_u16());
        answers.sort_unstable();
        assert_eq!(answers, [200, 409], "round {round}");
        let left = "ops_users WHERE role = 'admin' AND disabled_at IS NULL";
        assert_eq!(world.count(left), 1);
    }
    let last = world.text("SELECT email AS text FROM ops_users WHERE disabled_at IS NULL");
    let path = format!("/users/{last}");
    let demoted = world.api(
        Role::Admin,
        Method::PATCH,
        &path,
        Some(json!({ "role": "viewer" })),
    );
    assert_eq!(demoted.status, 409, "{demoted:?}");
    let named = world.api(
        Role::Admin,
        Method::PATCH,
        &path,
        Some(json!({ "name": "Kim" })),
    );
    assert_eq!(named.status, 200, "{named:?}");
}

#[test]
fn orders_are_found_by_a_part_of_reference_name_or_address() {
    let world = World::new();
    world.order_with("CUP-2026-017", json!({ "name": "Kim O'Neil" }));
    world.order_with("CUP-2026-018", json!({ "name": "Ann 100%" }));
    let found = |q: &str| -> Vec<String> {
        let answer = world.api(Role::Viewer, Method::GET, &format!("/orders?q={q}"), None);
        assert_eq!(answer.status, 200, "{answer:?}");
        let orders = answer.json()["data"].as_array().expect("a list").clone();
        let reference = |order: &serde_json::Value| order["reference"].as_str().unwrap().to_owned();
        orders.iter().map(reference).collect()
    };
    assert_eq!(found("026-017"), ["CUP-2026-017"]);
    assert_eq!(found("o%27nei"), ["CUP-2026-017"]);
    assert_eq!(found("cup-2026").len(), 2);
    assert_eq!(found("kim%20o"), ["CUP-2026-017"]);
    assert_eq!(found("00%25"), ["CUP-2026-018"], "a sign is a sign");
    assert_eq!(found("___").len(), 0);
    let short = world.api(Role::Viewer, Method::GET, "/orders?q=cu", None);
    assert_eq!(short.status, 400, "{short:?}");
    assert!(short.body.contains("three letters"), "{short:?}");
}

#[test]
fn a_name_is_found_however_its_accents_and_blanks_are_typed() {
    let world = World::new();
    for (reference, name) in [
        ("ONE", "Jürgen  Müller"),
        ("TWO", "Zoe\u{308} Weiß"),
        ("THREE", "Łukasz Ørsted"),
        ("FOUR", "O'Neil ％"),
        ("FIVE", "Ελένη Παπαδοπούλου"),
    ] {
        world.order_with(reference, json!({ "name": name }));
    }
    let found = |q: &str| -> Vec<String> {
        let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
        let answer = world.api(Role::Viewer, Method::GET, &format!("/orders?q={q}"), None);
        let orders = answer.json()["data"].as_array().expect("a list").clone();
        let reference = |order: &serde_json::Value| order["reference"].as_str().unwrap().to_owned();
        orders.iter().map(reference).collect()
    };
    for (q, reference) in [
        ("jurgen muller", "ONE"),
        ("JÜRGEN MÜLLER", "ONE"),
        ("mu\u{308}ll", "ONE"),
        ("Zoé", "TWO"),
        ("weiss", "TWO"),
        ("lukasz orsted", "THREE"),
        ("Ελενη", "FIVE"),
    ] {
        assert_eq!(found(q), [reference], "{q}");
    }
    assert_eq!(found("％％％").len(), 0, "a wide sign is no wildcard");
}
