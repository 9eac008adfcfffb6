//! `/settings`: switches that people turn while the service runs.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{get, problem};
use crate::support::{Answer, World};

fn put(world: &World, body: Value) -> Answer {
    world.api(Role::Admin, Method::PUT, "/settings", Some(body))
}

fn history(world: &World) -> Vec<String> {
    world.texts(
        "SELECT actor || ': ' || what || ' ' || detail AS text \
         FROM activity WHERE category = 'settings' ORDER BY id",
    )
}

fn at_first() -> Value {
    json!({
        "recovery_enabled": false,
        "reminders_enabled": true,
        "orphan_cases": false,
        "two_person_approval": false,
        "notice_text": null,
        "recovered_orders_days": 30,
        "activity_days": 90,
        "events_days": 60,
        "visits_months": 12,
    })
}

#[test]
fn at_first_they_are_as_the_contract_says() {
    assert_eq!(get(&World::new(), "/settings").json(), at_first());
}

#[test]
fn what_is_left_out_stays_and_the_answer_is_the_whole() {
    let world = World::new();
    let mut expected = at_first();
    for (key, value) in [
        ("reminders_enabled", json!(false)),
        ("two_person_approval", json!(true)),
        ("notice_text", json!("One reminder, and no more.")),
        ("notice_text", json!(null)),
        ("recovered_orders_days", json!(365)),
        ("activity_days", json!(7)),
        ("events_days", json!(31)),
        ("visits_months", json!(0)),
    ] {
        expected[key] = value.clone();
        let answer = put(&world, json!({ key: value }));
        assert_eq!((answer.status, answer.json()), (200, expected.clone()));
        assert_eq!(get(&world, "/settings").json(), expected);
    }
}

#[test]
fn a_change_is_in_the_history_with_who_made_it_and_what_is_no_change_is_not() {
    let world = World::new();
    put(
        &world,
        json!({ "reminders_enabled": false, "orphan_cases": true, "recovery_enabled": false }),
    );
    put(&world, json!({ "reminders_enabled": false }));
    put(&world, json!({}));
    assert_eq!(
        history(&world),
        [
            r#"api:admin-0: settings changed: orphan_cases (off → on), reminders_enabled (on → off) {"before": {"orphan_cases": false, "reminders_enabled": true}, "orphan_cases": true, "reminders_enabled": false}"#
        ]
    );
}

#[test]
fn what_is_no_setting_is_refused_by_name_and_nothing_is_changed() {
    let world = World::new();
    let body = json!({ "reminders_enabled": false, "remindrs": true });
    let refused = problem(&put(&world, body), 422);
    assert!(
        refused["detail"].as_str().unwrap().contains("`remindrs`"),
        "{refused}"
    );
    for body in [
        json!({ "reminders_enabled": null }),
        json!({ "reminders_enabled": "no" }),
        json!({ "notice_text": "" }),
        json!({ "notice_text": "a\0b" }),
        json!({ "notice_text": "ü".repeat(1_201) }),
        json!({ "recovered_orders_days": 0 }),
        json!({ "activity_days": 6 }),
        json!({ "events_days": 30 }),
        json!({ "events_days": 60.5 }),
        json!({ "visits_months": -1 }),
        json!({ "activity_days": null }),
        json!(null),
        json!([true]),
    ] {
        problem(&put(&world, body), 422);
    }
    assert_eq!(get(&world, "/settings").json(), at_first());
    assert_eq!(history(&world), [""; 0]);
}

#[test]
fn days_out_of_range_are_refused_in_a_sentence() {
    let world = World::new();
    for (key, days, range) in [
        ("recovered_orders_days", 366, "1 to 365"),
        ("activity_days", 3_651, "7 to 3650"),
        ("events_days", 30, "31 to 3650"),
    ] {
        let refused = problem(&put(&world, json!({ key: days })), 422);
        let said = format!("{key} must be a number of days from {range}");
        assert_eq!(refused["detail"], said);
    }
}

#[test]
fn only_an_admin_changes_them() {
    let world = World::new();
    for role in [Role::Viewer, Role::Operator] {
        let body = Some(json!({ "reminders_enabled": false }));
        let refused = problem(&world.api(role, Method::PUT, "/settings", body), 403);
        assert!(refused["detail"].as_str().unwrap().contains("admin"));
        assert_eq!(
            world.api(role, Method::GET, "/settings", None).json(),
            at_first()
        );
    }
}

#[test]
fn reminders_that_are_switched_off_are_not_scheduled() {
    let world = World::new();
    put(&world, json!({ "reminders_enabled": false }));
    let order = world.order("CUP-1");
    world.abandon(&order);
    let decision = &get(&world, "/reminders").json()["data"][0];
    assert_eq!(decision["reason"], "reminder_disabled");
}
