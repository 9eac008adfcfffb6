//! Mails of a kind that only a newer version knows.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::World;

/// A mail that a newer version has queued, and one of ours.
fn world() -> (World, uuid::Uuid) {
    let world = World::with_mailbox(&[]);
    world.execute("ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check");
    let newer = world.queue_link(&world.order("CUP-1"));
    world.execute("UPDATE outbox SET kind = 'voucher'");
    world.execute("UPDATE outbox_orders SET kind = 'voucher'");
    world.queue_link(&world.order("CUP-2"));
    (world, newer)
}

fn due_for(world: &World, time: &str) {
    world.execute(&format!(
        "UPDATE outbox SET not_before = clock_timestamp() - interval '{time}' WHERE kind = 'voucher'"
    ));
}

fn entries(world: &World) -> Vec<String> {
    world.texts("SELECT what AS text FROM activity WHERE level = 'attention' ORDER BY id")
}

fn act(world: &World, mail: uuid::Uuid, what: &str) -> Value {
    let path = format!("/outbox/{mail}/{what}");
    let answer = world.api(Role::Operator, Method::POST, &path, None);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[test]
fn is_left_to_it_and_takes_no_turn() {
    let (world, _) = world();
    assert_eq!(world.carry().len(), 1);
    assert_eq!(
        world.texts(
            "SELECT kind || ' ' || state || ' ' || attempts AS text FROM outbox ORDER BY id"
        ),
        ["voucher queued 0", "link sent 1"]
    );
    let turn = "SELECT next_at::text AS text FROM pace WHERE name = 'mails'";
    let before = world.text(turn);
    assert_eq!(world.carry(), []);
    assert_eq!(world.text(turn), before, "nothing was due");
    assert_eq!(entries(&world), [""; 0]);
}

#[test]
fn is_told_of_once_when_it_has_been_due_for_an_hour() {
    let (world, newer) = world();
    due_for(&world, "59 minutes");
    world.carry();
    assert_eq!(entries(&world), [""; 0]);
    due_for(&world, "61 minutes");
    let before = world.text(
        "SELECT (to_jsonb(outbox) - 'last_error')::text AS text FROM outbox WHERE kind = 'voucher'",
    );
    for _ in 0..3 {
        world.carry();
    }
    let told = "a mail waits, and this version does not know its kind: voucher";
    assert_eq!(entries(&world), [told]);
    assert_eq!(
        world.text("SELECT (to_jsonb(outbox) - 'last_error')::text AS text FROM outbox WHERE kind = 'voucher'"),
        before,
        "a newer version finds it as it was"
    );
    // A person's retry leaves it to the newer version.
    assert_eq!(act(&world, newer, "retry")["state"], "queued");
    due_for(&world, "61 minutes");
    world.carry();
    assert_eq!(entries(&world), [told]);
    assert_eq!(act(&world, newer, "drop")["state"], "cancelled");
}

#[test]
fn is_not_due_before_its_time() {
    let (world, _) = world();
    due_for(&world, "61 minutes");
    world.execute(&format!(
        "UPDATE outbox SET due_at = '{}' WHERE kind = 'voucher'",
        (world.now() - chrono::Duration::minutes(59)).to_rfc3339()
    ));
    world.carry();
    assert_eq!(entries(&world), [""; 0]);
    world.pass(chrono::Duration::minutes(2));
    world.carry();
    assert_eq!(entries(&world).len(), 1);
}

#[test]
fn stands_in_the_list_under_its_own_name() {
    let (world, newer) = world();
    let list = world.api(Role::Viewer, Method::GET, "/outbox", None).json();
    let rows = list["data"].as_array().unwrap().iter();
    let kinds: Vec<_> = rows.map(|mail| mail["kind"].clone()).collect();
    assert_eq!(kinds, [json!("link"), json!("voucher")]);
    let path = format!("/outbox/{newer}");
    let shown = world.api(Role::Viewer, Method::GET, &path, None).json();
    assert_eq!(shown["kind"], "voucher");
}

#[test]
fn whose_newer_worker_died_is_unknown_like_every_other() {
    let (world, _) = world();
    world.execute(
        "UPDATE outbox SET state = 'sending', claim_id = id, claimed_until = clock_timestamp() - interval '1 second' \
         WHERE kind = 'voucher'",
    );
    assert_eq!(world.carry().len(), 1);
    assert_eq!(world.mail_states(), ["unknown", "sent"]);
}
