//! `GET /events` and their replay; what a replay does is tested with the webhook.

use serde_json::json;

use super::{get, post, problem};
use crate::{
    support::World,
    webhook::{event, post_signed},
};

fn shop_with_events() -> World {
    let world = World::new();
    for (id, kind) in [
        ("evt_1", "price.created"),
        ("evt_2", "checkout.session.completed"),
    ] {
        post_signed(&world, &event(&world, id, kind, json!(null)).to_string());
    }
    world.work_off();
    post_signed(
        &world,
        &event(&world, "evt_3", "price.created", json!(null)).to_string(),
    );
    world
}

#[test]
fn events_are_shown_newest_first_without_their_content() {
    let world = shop_with_events();
    let events = get(&world, "/events").json()["data"]
        .as_array()
        .unwrap()
        .clone();
    let ids: Vec<_> = events
        .iter()
        .map(|event| event["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["evt_3", "evt_2", "evt_1"]);
    assert_eq!(
        events[2],
        json!({
            "id": "evt_1", "type": "price.created", "state": "ignored", "attempts": 1,
            "received_at": events[2]["received_at"],
            "last_error": "nothing follows from events of this type",
        })
    );
}

#[test]
fn they_are_filtered_by_state_and_come_page_by_page() {
    let world = shop_with_events();
    for (state, id) in [
        ("pending", "evt_3"),
        ("failed", "evt_2"),
        ("ignored", "evt_1"),
    ] {
        let page = get(&world, &format!("/events?state={state}")).json();
        assert_eq!(page["data"].as_array().unwrap().len(), 1);
        assert_eq!(page["data"][0]["id"], id);
    }
    let mut seen = Vec::new();
    let mut path = "/events?limit=1".to_owned();
    while seen.len() < 9 {
        let page = get(&world, &path).json();
        seen.push(page["data"][0]["id"].as_str().unwrap().to_owned());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/events?limit=1&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ["evt_3", "evt_2", "evt_1"]);
}

#[test]
fn a_replay_sets_an_event_back_and_an_unknown_one_is_not_found() {
    let world = shop_with_events();
    let replayed = post(&world, "/events/evt_2/replay", json!({}));
    assert_eq!(replayed.status, 200);
    assert_eq!(replayed.json()["state"], "pending");
    assert_eq!(replayed.json()["last_error"], json!(null));
    problem(&post(&world, "/events/evt_9/replay", json!({})), 404);
}
