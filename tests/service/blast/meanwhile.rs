//! What moves between the moment when mails are written and the moment when they are queued. Each
//! test holds the mailing locked, lets a step come as far as the lock, moves something, and lets go.

use std::{thread, time::Duration};

use diesel::connection::SimpleConnection;
use serde_json::json;

use super::{act, approved, families, mails, post, preview, state, to_all, told};
use crate::support::{Answer, World};

/// What a step answers if `statement` happens while it waits for the lock.
fn meanwhile(world: &World, id: &str, statement: &str, step: impl Fn() -> Answer + Sync) -> Answer {
    let mut other = world.database.connect();
    let lock = format!("BEGIN; SELECT FROM blasts WHERE id = '{id}' FOR UPDATE");
    other.batch_execute(&lock).unwrap();
    thread::scope(|scope| {
        let answer = scope.spawn(&step);
        let waiting =
            "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        for _ in 0..300 {
            if world.count(waiting) > 0 {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        other
            .batch_execute(&format!("{statement}; COMMIT"))
            .unwrap();
        answer.join().unwrap()
    })
}

const DEARER: &str = "UPDATE orders SET amount_total = 9900, version = version + 1, \
    lines = '[{\"description\": \"Cup\", \"unit_amount\": 9900, \"quantity\": 1}]' WHERE reference = 'CUP-2'";

#[test]
fn an_amount_that_changes_just_before_the_start_voids_the_approval() {
    let world = World::new();
    families(&world, 2);
    let id = to_all(&world);
    approved(&world, &id);
    let answer = meanwhile(&world, &id, DEARER, || act(&world, &id, "start"));
    assert!(told(&answer, 409).contains("CUP-2"));
    assert_eq!(
        (state(&world, &id).as_str(), mails(&world).len()),
        ("draft", 0)
    );
}

#[test]
fn an_amount_that_changes_just_before_the_approval_was_not_in_the_preview() {
    let world = World::new();
    families(&world, 2);
    let id = to_all(&world);
    let hash = preview(&world, &id)["content_hash"].clone();
    let path = format!("/blasts/{id}/approve");
    let approve = || post(&world, &path, json!({ "content_hash": hash }));
    let answer = meanwhile(&world, &id, DEARER, approve);
    assert!(told(&answer, 409).contains("new preview"));
    assert_eq!(state(&world, &id), "draft");
}

#[test]
fn other_words_approved_just_before_the_start_are_the_ones_that_go() {
    let world = World::new();
    families(&world, 2);
    let id = to_all(&world);
    approved(&world, &id);
    // Somebody changes the words and approves them, all before our start has its turn: their
    // approval is not for what we have written.
    let other = format!(
        "UPDATE blasts SET subject = 'Other' WHERE id = '{id}'; \
         UPDATE blast_approvals SET voided_at = now(); \
         INSERT INTO blast_approvals (blast_id, content_hash, approved_by, approved_at) \
             VALUES ('{id}', 'other', 'somebody', now())"
    );
    let answer = meanwhile(&world, &id, &other, || act(&world, &id, "start"));
    assert!(told(&answer, 409).contains("not what was approved"));
    assert_eq!(mails(&world).len(), 0);
}

#[test]
fn who_pays_just_before_the_start_is_queued_to_be_skipped() {
    let world = World::new();
    families(&world, 2);
    let id = to_all(&world);
    approved(&world, &id);
    let paid = "UPDATE orders SET paid_at = now() WHERE reference = 'CUP-1'";
    let answer = meanwhile(&world, &id, paid, || act(&world, &id, "start"));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(mails(&world), ["CUP-1 queued", "CUP-2 queued"]);
}

#[test]
fn a_pause_that_comes_with_the_start_waits_for_it() {
    let world = World::new();
    families(&world, 2);
    let id = to_all(&world);
    approved(&world, &id);
    let started = format!(
        "UPDATE blasts SET state = 'sending', started_at = now() WHERE id = '{id}'; \
        INSERT INTO outbox (id, kind, blast_id, address, address_hash, subject, body, message_id, created_at) \
            VALUES (gen_random_uuid(), 'blast', '{id}', 'a@example.org', decode(repeat('00', 16), 'hex'), 's', 'b', 'm', now())"
    );
    let answer = meanwhile(&world, &id, &started, || act(&world, &id, "pause"));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(state(&world, &id), "paused");
}
