//! Everything that Stripe signed is kept, once.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use super::{event, kept, post_signed, signature};
use crate::support::{
    World,
    browser::{client, runtime, send},
};

#[test]
fn a_duplicate_is_taken_and_has_no_second_effect() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world.deliver_in(crate::simulator::Order::Twice);
    let event = world.stripe.events()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.stripe.deliver(&event), Ok(200));
    world.work_off();
    assert_eq!(kept(&world), ["checkout.session.completed processed"]);
    assert_eq!(
        world.text("SELECT attempts::text AS text FROM stripe_events"),
        "1"
    );
    assert_eq!(world.count("payments"), 1);
}

#[test]
fn a_type_that_we_do_not_act_on_is_kept_and_ignored() {
    let world = World::new();
    let body = event(&world, "evt_1", "price.created", json!({ "id": "price_1" })).to_string();
    assert_eq!(post_signed(&world, &body).status, 200);
    world.work_off();
    assert_eq!(
        kept(&world),
        ["price.created ignored nothing follows from events of this type"]
    );
}

#[test]
fn a_newer_api_version_with_fields_we_never_saw_is_acted_on_all_the_same() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    let mut newer = world.stripe.events().pop().unwrap();
    newer["api_version"] = json!("2031-01-01.zinnia");
    newer["data"]["object"]["novelty"] = json!({ "deep": [1, null] });
    newer["data"]["object"]["payment_intent"] = json!({ "id": "pi_1", "object": "payment_intent" });
    assert_eq!(post_signed(&world, &newer.to_string()).status, 200);
    world.work_off();
    assert_eq!(world.status(&order), "paid");
    assert_eq!(
        world.text("SELECT payment_intent AS text FROM payments"),
        "pi_1"
    );
}

#[test]
fn what_is_signed_and_no_event_is_kept_under_its_hash_and_shown_as_failed() {
    let world = World::new();
    let bodies = [
        "not JSON",
        "",
        "[]",
        r#"{"type":"price.created"}"#,
        r#"{"id":7,"type":"price.created"}"#,
        r#"{"id":"","type":"price.created"}"#,
        r#"{"id":"evt_\u0000","type":"price.created"}"#,
        r#"{"id":"evt_1\nevt_2","type":"price.created"}"#,
    ];
    for body in bodies {
        assert_eq!(post_signed(&world, body).status, 200, "{body}");
        assert_eq!(post_signed(&world, body).status, 200, "{body}, twice");
    }
    let failed = world.api(Role::Viewer, Method::GET, "/events?state=failed", None);
    let failed = failed.json()["data"].as_array().unwrap().clone();
    assert_eq!(failed.len(), bodies.len());
    for event in failed {
        assert!(
            event["id"].as_str().unwrap().starts_with("sha256:"),
            "{event}"
        );
        assert!(
            event["last_error"]
                .as_str()
                .unwrap()
                .contains("is no event"),
            "{event}"
        );
    }
}

#[test]
fn a_session_event_without_a_session_is_kept_and_failed_with_the_reason() {
    let world = World::new();
    let kind = "checkout.session.completed";
    for (id, object) in [
        ("evt_1", json!(null)),
        ("evt_2", json!({ "id": "cs_1" })),
        ("evt_3", json!({ "id": "cs_1", "status": "teleported" })),
    ] {
        let body = event(&world, id, kind, object).to_string();
        assert_eq!(post_signed(&world, &body).status, 200);
    }
    world.work_off();
    let failed = kept(&world);
    assert_eq!(failed.len(), 3);
    assert!(
        failed.iter().all(|line| line.contains(" failed ")),
        "{failed:?}"
    );
}

#[test]
fn an_event_of_the_other_mode_is_kept_and_ignored() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    let mut live = world.stripe.events().pop().unwrap();
    live["livemode"] = json!(true);
    assert_eq!(post_signed(&world, &live.to_string()).status, 200);
    world.work_off();
    assert_eq!(
        kept(&world),
        [
            "checkout.session.completed ignored test_mode: the event is of the other mode than our key"
        ]
    );
    assert_eq!(world.status(&order), "open");
}

#[test]
fn an_event_of_another_account_is_kept_and_ignored() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    let mut theirs = world.stripe.events().pop().unwrap();
    theirs["account"] = json!("acct_1");
    assert_eq!(post_signed(&world, &theirs.to_string()).status, 200);
    world.work_off();
    assert_eq!(
        kept(&world),
        [
            "checkout.session.completed ignored other_account: the event is of another account (Stripe Connect)"
        ]
    );
    assert_eq!(world.status(&order), "open");
    assert_eq!(world.count("payments"), 0);
}

#[test]
fn three_hundred_deliveries_at_once_are_all_kept_and_each_once() {
    let world = World::new();
    let mut deliveries = JoinSet::new();
    for number in 0..300 {
        // Every sixth comes twice.
        let id = format!("evt_{}", number % 250);
        let body = event(&world, &id, "price.created", json!({})).to_string();
        let header = signature(&body, "whsec_simulator", world.now().timestamp());
        let request = client()
            .post(format!("{}/webhooks/stripe", world.url()))
            .header("Stripe-Signature", header)
            .body(body);
        deliveries.spawn_on(send(request), runtime().handle());
    }
    let answers = runtime().block_on(deliveries.join_all());
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(world.count("stripe_events"), 250);
    world.work_off();
    assert_eq!(world.count("stripe_events WHERE state = 'ignored'"), 250);
}
