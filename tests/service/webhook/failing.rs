//! An event that fails for good is told to the shop: once, until a person replays it.

use chrono::Duration;
use freshmint::{alert, token::Role};
use reqwest::Method;
use serde_json::json;

use super::{event, kept, post_signed};
use crate::{
    simulator::{Call, Fault},
    support::{World, browser::runtime},
};

const COMPLETED: &str = "checkout.session.completed";

/// What the log says to somebody.
fn told(world: &World) -> Vec<String> {
    world.texts(
        "SELECT what AS text FROM activity WHERE category = 'webhook' AND level = 'attention' ORDER BY id",
    )
}

fn replay(world: &World, id: &str) {
    let path = format!("/events/{id}/replay");
    let answer = world.api(Role::Operator, Method::POST, &path, None);
    assert_eq!(answer.status, 200, "{}", answer.body);
    world.work_off();
}

#[test]
fn one_without_its_session_is_told_once_and_again_only_if_a_replay_fails() {
    let world = World::new();
    let body = event(&world, "evt_1", COMPLETED, json!(null)).to_string();
    for _ in 0..2 {
        assert_eq!(post_signed(&world, &body).status, 200);
        world.work_off();
    }
    assert_eq!(
        told(&world),
        [
            "an event of Stripe failed for good: checkout.session.completed (evt_1). \
             GET /api/v1/events?state=failed says why; replay it once that is mended"
        ]
    );
    replay(&world, "evt_1");
    assert_eq!(told(&world).len(), 2);
}

#[test]
fn one_that_is_no_event_is_told_when_it_comes_and_not_when_it_comes_again() {
    let world = World::new();
    for body in ["not JSON", "not JSON", "[]"] {
        assert_eq!(post_signed(&world, body).status, 200);
    }
    world.work_off();
    let told = told(&world);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("of no type (sha256:"), "{told:?}");
}

#[test]
fn one_that_stripe_kept_us_from_is_told_after_the_last_try_and_not_before() {
    let world = World::new();
    let session = world.click_through(&world.order("CUP-1"));
    world.stripe.start_debit(&session).unwrap();
    world
        .stripe
        .inject(Call::RetrieveSession, Fault::ErrorBefore, usize::MAX);
    world.deliver();
    for (attempts, lines) in [(34, 0), (35, 1), (36, 1)] {
        world.execute(&format!(
            "UPDATE stripe_events SET attempts = {attempts}, not_before = to_timestamp(0)"
        ));
        world.work_off();
        assert_eq!(told(&world).len(), lines, "after {attempts}");
    }
    assert!(kept(&world)[0].contains(" failed "), "{:?}", kept(&world));
}

#[test]
fn the_line_is_mailed_to_the_shop_and_holds_nothing_of_what_the_event_said() {
    let world = World::with_mailbox(&[("ALERT_EMAIL", "treasurer@rovers.example.org")]);
    let odd = json!({ "id": "cs_1", "status": "kim@example.org" });
    let body = event(&world, "evt_1", COMPLETED, odd).to_string();
    post_signed(&world, &body);
    world.work_off();
    world.pass(Duration::seconds(6));
    let told = runtime().block_on(alert::work_off(&world.app));
    assert!(told.expect("the database answers"));
    let mails = world.carry();
    assert_eq!(mails.len(), 1);
    let text = mails[0].text();
    assert!(
        text.contains("failed for good") && text.contains("evt_1"),
        "{text}"
    );
    assert!(!text.contains("kim@"), "{text}");
}
