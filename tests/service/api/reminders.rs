//! `GET /reminders`: what each expired session led to, and why.

use chrono::Duration;
use serde_json::{Value, json};

use super::{get, post, problem};
use crate::support::World;

fn list(world: &World, query: &str) -> Vec<Value> {
    let page = get(world, &format!("/reminders{query}")).json();
    page["data"].as_array().unwrap().clone()
}

/// What was decided, newest first.
fn decisions(world: &World, query: &str) -> Vec<String> {
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or("-").to_owned();
    let rows = list(world, query);
    let line = |row: &Value| format!("{}: {}", word(row, "decision"), word(row, "reason"));
    rows.iter().map(line).collect()
}

#[test]
fn an_abandoned_checkout_leads_to_one_reminder_an_hour_later() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.abandon(&order);
    let rows = list(&world, "");
    let row = &rows[0];
    assert_eq!(
        *row,
        json!({
            "id": row["id"], "order_id": order.id, "session_id": session, "decision": "scheduled", "reason": null,
            "expired_at": row["expired_at"], "due_at": row["due_at"], "sent_at": null,
            "mail_id": row["mail_id"], "mail_state": "queued",
        })
    );
    let time =
        |key: &str| chrono::DateTime::parse_from_rfc3339(row[key].as_str().unwrap()).unwrap();
    assert_eq!(time("due_at") - time("expired_at"), Duration::hours(1));
    let mail = get(
        &world,
        &format!("/outbox/{}", row["mail_id"].as_str().unwrap()),
    )
    .json();
    assert_eq!(
        (&mail["kind"], &mail["state"], &mail["due_at"]),
        (&json!("reminder"), &json!("queued"), &row["due_at"])
    );
    assert_eq!(
        (&mail["subject"], &mail["body"]),
        (&json!(null), &json!(null))
    );
}

#[test]
fn a_second_abandoned_checkout_leads_to_no_second_reminder() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.abandon(&order);
    world.abandon(&order);
    assert_eq!(
        decisions(&world, ""),
        ["skipped: already_reminded", "scheduled: -"]
    );
    assert_eq!(world.count("outbox"), 1);
}

#[test]
fn who_gets_none_is_shown_with_the_reason() {
    let world = World::new();
    post(
        &world,
        "/suppressions",
        json!({ "email": "gone@example.org" }),
    );
    for (reference, fields) in [
        ("CUP-1", json!({ "email": null })),
        ("CUP-2", json!({ "remind": false })),
        ("CUP-3", json!({ "email": "gone@example.org" })),
    ] {
        world.abandon(&world.order_with(reference, fields));
    }
    assert_eq!(
        decisions(&world, ""),
        [
            "skipped: suppressed",
            "skipped: reminder_disabled",
            "skipped: no_email"
        ]
    );
    assert_eq!(world.count("outbox"), 0);
}

#[test]
fn they_are_filtered_by_order_decision_and_reason_and_come_page_by_page() {
    let world = World::new();
    let (first, second) = (world.order("CUP-1"), world.order("CUP-2"));
    world.abandon(&first);
    world.abandon(&second);
    world.abandon(&first);
    for (query, expected) in [
        (String::new(), vec![&first, &second, &first]),
        (format!("?order_id={}", second.id), vec![&second]),
        ("?decision=scheduled".to_owned(), vec![&second, &first]),
        ("?decision=sent".to_owned(), vec![]),
        ("?reason=already_reminded".to_owned(), vec![&first]),
        ("?reason=no_email".to_owned(), vec![]),
        (
            format!("?decision=skipped&order_id={}", first.id),
            vec![&first],
        ),
    ] {
        let rows = list(&world, &query);
        let orders: Vec<_> = rows.iter().map(|row| row["order_id"].clone()).collect();
        let expected: Vec<_> = expected.iter().map(|order| json!(order.id)).collect();
        assert_eq!(orders, expected, "{query}");
    }
    let page = get(&world, "/reminders?limit=2").json();
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(
        decisions(&world, &format!("?limit=2&cursor={cursor}")),
        ["scheduled: -"]
    );
}

#[test]
fn a_filter_that_cannot_be_is_refused_and_says_what_can() {
    let world = World::new();
    let refused = problem(&get(&world, "/reminders?decision=lost"), 400);
    assert_eq!(
        refused["detail"],
        "decision must be one of scheduled, sent, skipped"
    );
    let refused = problem(&get(&world, "/reminders?reason=lost"), 400);
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.starts_with("reason must be one of ") && detail.contains("too_old"));
    let refused = problem(&get(&world, "/reminders?order_id=CUP-1"), 400);
    assert!(refused["detail"].as_str().unwrap().starts_with("order_id "));
    problem(&get(&world, "/reminders?cursor=here"), 400);
    problem(&get(&world, "/reminders?limit=0"), 400);
}
