//! Whatever stands in a field, a filter or a cursor: it is taken, or refused with a sentence.

use freshmint::token::Role;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use reqwest::Method;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{act, get, openapi, post, problem, small};
use crate::{support::World, webhook::post_signed};

/// Every list of the API.
fn lists() -> Vec<String> {
    let lists = openapi::operations().into_iter();
    let lists = lists.filter(|operation| operation.queries.iter().any(|name| name == "cursor"));
    lists.map(|operation| operation.path).collect()
}

#[test]
fn a_cursor_that_is_none_of_ours_is_refused_in_every_list() {
    let world = World::new();
    let lists = lists();
    assert_eq!(lists.len(), 11, "{lists:?}");
    for path in &lists {
        for cursor in [
            "",
            "here",
            "_",
            "-262143-01-01T00:00:00Z_ab",
            "%2B262142-12-31T23:59:59.999999Z_ab",
            "-4713-01-01T00:00:00.000000Z_ab",
            "2026-01-01T00:00:00.000000Z",
            "2026-01-01T00:00:00.000000Z_%1B[31m",
            "2026-01-01T00:00:00.000000Z_%00",
            "2026-01-01T00:00:00.0000001Z_ab",
            "2026-01-01T00:00:60.000000Z_ab",
            "00000000000000000000000000000000",
        ] {
            let path = format!("{path}?cursor={cursor}");
            let refused = problem(&world.api(Role::Admin, Method::GET, &path, None), 400);
            let said = refused["detail"].as_str().unwrap();
            assert!(said.contains("cursor"), "{path} {cursor}: {said}");
        }
    }
}

#[test]
fn the_cursors_that_we_make_are_taken_again() {
    let world = World::new();
    for number in 1..=3 {
        world.order(&format!("CUP-{number}"));
        let added = json!({ "email": format!("kim{number}@example.org") });
        post(&world, "/suppressions", added);
        post_signed(&world, &format!("not JSON {number}"));
        let mailing =
            json!({ "name": "Cup", "subject": "Fee", "body": "{{ pay_url }}", "filter": {} });
        assert_eq!(post(&world, "/blasts", mailing).status, 201);
    }
    for list in ["/orders", "/suppressions", "/events", "/blasts"] {
        let (mut path, mut seen) = (format!("{list}?limit=1"), Vec::new());
        loop {
            let page = get(&world, &path).json();
            seen.extend(page["data"].as_array().unwrap().clone());
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("{list}?limit=1&cursor={cursor}");
        }
        seen.dedup();
        assert_eq!(seen.len(), 3, "{list}");
    }
}

fn mailing(per_second: Value) -> Value {
    json!({ "name": "Cup", "subject": "Fee", "body": "{{ pay_url }}", "filter": {}, "per_second": per_second })
}

#[test]
fn a_pace_is_any_number_above_zero_and_the_slowest_starts() {
    let world = World::with_mailbox(&[]);
    for number in 1..=3 {
        world.order(&format!("CUP-{number}"));
    }
    for pace in [json!(0), json!(-1), json!(-5e-324)] {
        let refused = problem(&post(&world, "/blasts", mailing(pace.clone())), 422);
        assert_eq!(refused["errors"][0]["field"], "per_second", "{pace}");
    }
    for pace in [json!(5e-324), json!(f64::MIN_POSITIVE), json!(f64::MAX)] {
        let id = post(&world, "/blasts", mailing(pace.clone())).json()["id"].clone();
        let path = format!("/blasts/{}", id.as_str().unwrap());
        let preview = post(&world, &format!("{path}/preview"), json!({})).json();
        let approval = json!({ "content_hash": preview["content_hash"] });
        let approved = post(&world, &format!("{path}/approve"), approval);
        assert_eq!(approved.status, 200, "{approved:?}");
        for act in ["start", "pause", "resume", "cancel"] {
            let answer = post(&world, &format!("{path}/{act}"), json!({}));
            assert_eq!(answer.status, 200, "{pace} {act}: {answer:?}");
        }
    }
}

#[test]
fn a_note_has_a_length_and_no_control_characters_but_line_breaks() {
    let world = World::new();
    let order = world.order("CUP-1");
    for (note, said) in [
        ("x".repeat(2001), "2001 characters"),
        ("a\0b".to_owned(), "control character"),
        ("\u{1b}[31mred".to_owned(), "control character"),
        ("\u{9b}31m".to_owned(), "control character"),
    ] {
        for (what, body) in [
            ("withdraw-link", json!({ "note": note })),
            ("cancel", json!({ "note": note })),
            ("settle", json!({ "how": "cash", "note": note })),
        ] {
            let refused = problem(&act(&world, &order, what, body), 422);
            let detail = refused["detail"].as_str().unwrap();
            assert!(
                detail.contains(said) && detail.len() < 300,
                "{what}: {detail}"
            );
        }
        let body = json!({ "email": "kim@example.org", "note": note });
        problem(&post(&world, "/suppressions", body), 422);
    }
    assert_eq!(
        (world.status(&order).as_str(), world.count("suppressions")),
        ("open", 0)
    );
    let note = format!("two\nlines\tand\r\n{}", "ü".repeat(1_980));
    let taken = act(&world, &order, "cancel", json!({ "note": note }));
    assert_eq!(taken.status, 200, "{taken:?}");
    assert_eq!(
        world
            .text("SELECT detail->>'note' AS text FROM activity WHERE detail->>'note' IS NOT NULL"),
        note
    );
}

#[test]
fn filters_with_control_characters_are_refused_with_a_sentence() {
    let world = World::new();
    for query in [
        "reference=a%00",
        "reference=%1B[31m",
        "email=a%0Ab",
        "status=%00",
        "kind=%1B",
        "blast=%00",
    ] {
        let refused = problem(&get(&world, &format!("/orders?{query}")), 400);
        assert!(
            !refused["detail"].as_str().unwrap().contains('\u{1b}'),
            "{refused}"
        );
    }
}

#[test]
fn a_refusal_repeats_little_of_what_was_sent() {
    let world = World::new();
    let long = "x".repeat(100_000);
    let mut unknown = small("CUP-1");
    unknown[&long] = json!(1);
    let mut metadata = small("CUP-1");
    metadata["metadata"] = json!({ &long: "\0" });
    let mut filter = mailing(json!(1));
    filter["filter"] = json!({ "metadata": { &long: "x" } });
    for (path, body) in [
        ("/orders", unknown),
        ("/orders", metadata),
        ("/orders", json!(long)),
        ("/blasts", filter),
        ("/blasts", mailing(json!(long))),
        (
            "/suppressions",
            json!({ "email": long, "note": 1, "\u{1b}[2J": 1 }),
        ),
    ] {
        let answer = post(&world, path, body);
        problem(&answer, 422);
        assert!(
            answer.body.len() < 2_000,
            "{path}: {} bytes",
            answer.body.len()
        );
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(!detail.contains(char::is_control), "{detail:?}");
    }
    let answer = get(&world, &format!("/orders?limit={}", "9".repeat(5_000)));
    problem(&answer, 400);
    assert!(answer.body.len() < 1_000, "{}", answer.body);
}

/// A value that nobody means, for any field.
fn odd_value() -> impl Strategy<Value = Value> {
    let text = odd_text().prop_map(Value::from).boxed();
    prop_oneof![
        4 => text.clone(),
        2 => prop::sample::select(vec![
            json!(null), json!(true), json!(0), json!(-1), json!(1), json!(i64::MAX), json!(i64::MIN),
            json!(u64::MAX), json!(5e-324), json!(1e308), json!(-1e308), json!(0.0001), json!(2_147_483_648_u64),
            json!([]), json!({}), json!([[[[[[[[]]]]]]]]),
        ]),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => prop::collection::vec(text.clone(), 0..3).prop_map(Value::from),
        1 => (odd_text(), text).prop_map(|(key, value)| json!({ key: value })),
    ]
}

fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "\0",
            "a\0b",
            "\u{1b}]0;x\u{7}",
            "\u{9b}2J",
            "\u{7f}",
            "\r\n.\r\nMAIL FROM:<x>",
            "\u{feff}",
            "\u{202e}x",
            "\u{2028}",
            "\u{fffd}",
            "\u{10ffff}",
            "=HYPERLINK(1)",
            "../../v1/balance?x=",
            "{{ 1 / 0 }}",
            "{% for",
            "a@b.example\0",
            "%00",
            "-262143-01-01T00:00:00Z",
            "+262142-12-31T23:59:60Z",
            "9999-12-31T23:59:59Z",
            "-262143-01-01T00:00:00Z_00",
            "1e999",
            "99999999999999999999",
            "-1",
            "",
            " ",
            "nan",
            "inf",
            "00000000-0000-0000-0000-000000000000",
            "urn:uuid:00000000-0000-0000-0000-000000000000",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
        (1_usize..40_000).prop_map(|length| "ß".repeat(length)),
    ]
}

/// The places of a document at which something can be put in place of what is there, and new fields.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let below: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, value)| (at.to_string(), value))
            .collect(),
        _ => vec![],
    };
    for (key, value) in below {
        places(value, &format!("{at}/{key}"), found);
    }
}

/// The document's example of a body, with each field that it has in the document.
fn whole_body(operation: &openapi::Operation) -> Value {
    let Some(schema) = &operation.body else {
        return Value::Null;
    };
    let mut body = schema["examples"][0].clone();
    if !body.is_object() {
        body = json!({});
    }
    for name in schema["properties"].as_object().into_iter().flatten() {
        if body.get(name.0).is_none() {
            body[name.0] = Value::Null;
        }
    }
    body
}

#[test]
fn a_name_that_no_mailing_can_have_is_nobodys() {
    let world = World::new();
    assert_eq!(get(&world, "/stats/funnel?blast=a%00b").status, 404);
    assert_eq!(get(&world, "/orders?blast=a%00b").status, 400);
}

#[test]
fn no_value_in_any_field_or_parameter_is_a_failure_of_the_service() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-U12-MILLER");
    let paid = world.order("CUP-2");
    let session = world.click_through(&paid);
    world.stripe.pay_amount(&session, 4000).unwrap();
    world.deliver();
    let first = |path: &str| get(&world, path).json()["data"][0]["id"].clone();
    post(&world, "/blasts", mailing(json!(1)));
    act(&world, &order, "send", json!({}));
    let ids: Vec<String> = [
        json!(order.id),
        first("/cases"),
        first("/blasts"),
        first("/outbox"),
        first("/events"),
        json!("%00"),
        json!("%1B%5B31m"),
        json!("-1"),
    ]
    .iter()
    .map(|id| id.as_str().unwrap().to_owned())
    .collect();
    let mut operations = openapi::operations();
    // A stream of events has no end that could be waited for.
    operations.retain(|operation| !operation.template.ends_with("/stream"));
    for id in ["%00", "%1B%5B31m", "-1"] {
        let path = format!("/blasts/{id}/stream");
        assert_eq!(get(&world, &path).status, 404, "{path}");
    }
    let cases = (
        prop::sample::select((0..operations.len()).collect::<Vec<_>>()),
        prop::sample::select(ids),
        prop::collection::vec((any::<prop::sample::Index>(), odd_value()), 1..4),
        prop::collection::vec((any::<prop::sample::Index>(), odd_text()), 1..3),
    );
    let config = Config {
        cases: 600,
        max_shrink_iters: 100,
        failure_persistence: None,
        ..Config::default()
    };
    let run = TestRunner::new(config).run(&cases, |(at, id, changes, queries)| {
        let operation = &operations[at];
        let mut body = whole_body(operation);
        for (place, value) in changes {
            let mut found = Vec::new();
            places(&body, "", &mut found);
            let place: &String = place.get(&found);
            *body.pointer_mut(place).unwrap() = value;
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (place, text) in queries.iter().filter(|_| !operation.queries.is_empty()) {
            let name: &String = place.get(&operation.queries);
            // An address of 64 KiB is no address to any client.
            query.append_pair(name, &text.chars().take(5_000).collect::<String>());
        }
        let query = query.finish();
        let path = operation
            .template
            .replace("{id}", &id)
            .replace("{email}", "%00%1B")
            .replace("{name}", "%00%1B");
        let path = format!("{path}?{query}");
        let body = (operation.method != Method::GET).then_some(body);
        let answer = world.api(Role::Admin, operation.method.clone(), &path, body.clone());
        prop_assert!(
            answer.status < 500,
            "{} {path} {body:?}: {answer:?}",
            operation.method
        );
        if answer.status >= 400 && answer.status != 414 {
            prop_assert_eq!(answer.header("content-type"), "application/problem+json");
            prop_assert!(answer.body.len() < 20_000, "{}", answer.body.len());
        }
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
    for path in lists() {
        let path = path.replace(
            "0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11",
            first("/blasts").as_str().unwrap(),
        );
        let answer = world.api(Role::Admin, Method::GET, &path, None);
        assert_eq!(answer.status, 200, "{path}");
    }
}
