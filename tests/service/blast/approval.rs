//! What is sent is what was approved.

use serde_json::{Value, json};

use super::{
    approve, approved, change, change_order, done, families, family, mails, paid, post, preview,
    refused, show, state, to_all, told, written,
};
use freshmint::blast;

use crate::support::{Order, World, browser::runtime, replica::app, world::LINK_KEYS};

fn hash(world: &World, id: &str) -> String {
    let preview = preview(world, id);
    preview["content_hash"].as_str().unwrap().to_owned()
}

#[test]
fn without_an_approval_nothing_starts() {
    let world = World::new();
    families(&world, 1);
    let id = to_all(&world);
    assert!(refused(&world, &id, "start").contains("not approved"));
    assert_eq!(world.count("outbox"), 0);
}

#[test]
fn what_differs_from_the_preview_is_not_approved() {
    let world = World::new();
    let orders = families(&world, 2);
    let id = to_all(&world);
    let path = format!("/blasts/{id}/approve");
    let seen = hash(&world, &id);
    change_order(
        &world,
        &orders[0],
        json!({ "lines": [{ "description": "Cup", "unit_amount": 100 }] }),
    );
    let late = post(&world, &path, json!({ "content_hash": seen }));
    assert!(told(&late, 409).contains("new preview"));
    assert_eq!(state(&world, &id), "draft");
    for wrong in ["", "00", "no hash"] {
        assert_eq!(
            post(&world, &path, json!({ "content_hash": wrong })).status,
            409
        );
    }
    assert_eq!(post(&world, &path, json!({})).status, 422);
}

#[test]
fn the_same_content_has_the_same_hash_also_after_the_keys_were_rotated() {
    let world = World::new();
    families(&world, 2);
    let id = to_all(&world);
    let before = hash(&world, &id);
    assert_eq!(hash(&world, &id), before);
    assert_eq!(hash(&world, &to_all(&world)), before, "a twin");
    let new = "k2:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";
    let keys = format!("{new},{}", LINK_KEYS);
    let mut settings = world.settings().clone();
    settings.insert("LINK_KEYS".to_owned(), keys);
    let rotated = app(&settings, world.app.clock.clone());
    let asked = runtime().block_on(blast::preview(&rotated, id.parse().unwrap()));
    let Ok(blast::Asked::Done(preview)) = asked else {
        panic!("{asked:?}");
    };
    assert_eq!(preview.content_hash, before);
}

/// Approves a mailing to two families, lets something happen, and tells what a start says to it.
fn after(happens: impl Fn(&World, &[Order])) -> (World, String, Result<Value, String>) {
    let world = World::new();
    let orders = families(&world, 2);
    let id = to_all(&world);
    approved(&world, &id);
    happens(&world, &orders);
    let answer = super::act(&world, &id, "start");
    let outcome = match answer.status {
        200 => Ok(answer.json()),
        _ => Err(told(&answer, 409)),
    };
    (world, id, outcome)
}

#[track_caller]
fn voids(happens: impl Fn(&World, &[Order]), named: &str) {
    let (world, id, outcome) = after(happens);
    let why = outcome.unwrap_err();
    assert!(
        why.contains("not what was approved") && why.contains(named),
        "{why}"
    );
    assert_eq!(state(&world, &id), "draft");
    assert_eq!(show(&world, &id)["approval"], Value::Null);
    assert_eq!(world.count("outbox"), 0);
    assert_eq!(
        world.count("blast_approvals WHERE voided_at IS NOT NULL"),
        1
    );
    // And it can be approved anew.
    approved(&world, &id);
    done(&world, &id, "start");
}

#[test]
fn another_amount_voids_an_approval() {
    voids(
        |world, orders| {
            let lines = json!([{ "description": "Summer cup, U12", "unit_amount": 4600 }]);
            change_order(world, &orders[1], json!({ "lines": lines }));
        },
        "CUP-2",
    );
}

#[test]
fn an_amount_that_the_mail_does_not_name_voids_an_approval_too() {
    let world = World::new();
    let orders = families(&world, 2);
    let body = "Please pay here:\n\n{{ pay_url }}\n";
    let id = written(&world, json!({ "filter": {}, "body": body }));
    approved(&world, &id);
    let lines = json!([{ "description": "Summer cup, U12", "unit_amount": 450_000 }]);
    change_order(&world, &orders[1], json!({ "lines": lines }));
    assert!(refused(&world, &id, "start").contains("CUP-2"));
    assert_eq!(world.count("outbox"), 0);
}

#[test]
fn another_address_voids_an_approval() {
    voids(
        |world, orders| change_order(world, &orders[0], json!({ "email": "new@example.org" })),
        "CUP-1",
    );
}

#[test]
fn an_address_that_is_gone_voids_an_approval() {
    voids(
        |world, orders| change_order(world, &orders[0], json!({ "email": null })),
        "CUP-1",
    );
}

#[test]
fn another_name_in_the_mail_voids_an_approval() {
    voids(
        |world, orders| change_order(world, &orders[1], json!({ "name": "Joe" })),
        "CUP-2",
    );
}

#[test]
fn a_new_recipient_voids_an_approval() {
    voids(
        |world, _| {
            family(world, "LATE", "late@example.org");
        },
        "LATE",
    );
}

#[test]
fn other_words_void_an_approval_at_once() {
    let world = World::new();
    families(&world, 1);
    for (field, value) in [
        ("name", json!("Winter cup")),
        ("subject", json!("Fee")),
        ("body", json!("{{ pay_url }}")),
        ("references", json!(["CUP-1"])),
        ("filter", json!({ "status": "paid" })),
        ("per_second", json!(1)),
        ("send_at", json!("2031-01-01T00:00:00Z")),
        ("remind", json!(true)),
    ] {
        let id = to_all(&world);
        approved(&world, &id);
        let answer = change(&world, &id, json!({ field: value }));
        assert_eq!(answer.status, 200, "{answer:?}");
        let changed = answer.json();
        assert_eq!(
            (&changed["state"], &changed["approval"]),
            (&json!("draft"), &Value::Null),
            "{field}"
        );
        assert!(refused(&world, &id, "start").contains("not approved"));
    }
}

#[test]
fn a_change_that_changes_nothing_voids_nothing() {
    let world = World::new();
    families(&world, 1);
    let id = to_all(&world);
    approved(&world, &id);
    for same in [
        json!({}),
        json!({ "name": "Summer cup", "filter": { "status": "open" } }),
    ] {
        assert_eq!(change(&world, &id, same).json()["state"], "approved");
    }
}

#[test]
fn whoever_has_paid_meanwhile_voids_nothing_and_is_skipped() {
    let (world, id, outcome) = after(|world, orders| paid(world, &orders[0]));
    assert_eq!(outcome.unwrap()["state"], "sending");
    assert_eq!(mails(&world), ["CUP-1 queued", "CUP-2 queued"]);
    assert_eq!(show(&world, &id)["counts"]["total"], 2);
}

#[test]
fn whoever_was_cancelled_or_settled_voids_nothing() {
    for (what, body) in [("cancel", json!({})), ("settle", json!({ "how": "cash" }))] {
        let (world, _, outcome) = after(|world, orders| {
            let path = format!("/orders/{}/{what}", orders[1].id);
            assert_eq!(post(world, &path, body.clone()).status, 200);
        });
        assert_eq!(outcome.unwrap()["state"], "sending", "{what}");
        assert_eq!(mails(&world).len(), 2);
    }
}

#[test]
fn everybody_may_have_paid() {
    let (_, _, outcome) = after(|world, orders| orders.iter().for_each(|order| paid(world, order)));
    assert_eq!(outcome.unwrap()["counts"]["total"], 2);
}

#[test]
fn what_was_changed_and_then_paid_is_skipped_at_once() {
    let (world, id, outcome) = after(|world, orders| {
        change_order(world, &orders[0], json!({ "name": "Joe" }));
        paid(world, &orders[0]);
    });
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(mails(&world), ["CUP-2 queued", "CUP-1 cancelled paid"]);
    let counts = show(&world, &id)["counts"].clone();
    assert_eq!(
        (&counts["total"], &counts["skipped_paid"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn whoever_unsubscribes_after_the_approval_gets_nothing_and_voids_nothing() {
    let (world, id, outcome) = after(|world, _| super::unsubscribed(world, "parent1@example.org"));
    assert_eq!(outcome.unwrap()["state"], "sending");
    assert_eq!(
        mails(&world),
        ["CUP-2 queued", "CUP-1 suppressed suppressed"]
    );
    assert_eq!(show(&world, &id)["counts"]["suppressed"], 1);
}

#[test]
fn approving_again_is_no_error_and_an_approval_is_of_one_content() {
    let world = World::new();
    let orders = families(&world, 1);
    let id = to_all(&world);
    let first = approve(&world, &id).json()["approval"].clone();
    assert_eq!(approve(&world, &id).json()["approval"], first, "as it was");
    change_order(&world, &orders[0], json!({ "name": "Joe" }));
    let second = approve(&world, &id).json()["approval"].clone();
    assert_ne!(second["content_hash"], first["content_hash"]);
    assert_eq!(world.count("blast_approvals"), 2);
    assert_eq!(world.count("blast_approvals WHERE voided_at IS NULL"), 1);
    done(&world, &id, "start");
    assert!(told(&approve(&world, &id), 409).contains("started"));
}

#[test]
fn a_started_mailing_is_not_changed_any_more() {
    let world = World::new();
    families(&world, 1);
    let id = to_all(&world);
    super::started(&world, &id);
    assert!(told(&change(&world, &id, json!({ "name": "x" })), 409).contains("new mailing"));
    done(&world, &id, "cancel");
    assert!(told(&change(&world, &id, json!({ "name": "x" })), 409).contains("cancelled"));
}

#[test]
fn an_unknown_reference_or_field_is_named() {
    let world = World::new();
    families(&world, 1);
    let id = written(&world, json!({ "references": ["CUP-1"] }));
    for answer in [
        change(
            &world,
            &id,
            json!({ "references": ["CUP-1", "CUP-8", "CUP-9"] }),
        ),
        post(
            &world,
            "/blasts",
            super::fields(json!({ "references": ["CUP-8", "CUP-9"] })),
        ),
    ] {
        assert_eq!(answer.status, 422);
        assert_eq!(
            answer.json()["errors"],
            json!([{ "field": "references", "reason": "there is no order CUP-8, CUP-9" }])
        );
    }
    for body in [
        json!({ "nmae": "x" }),
        json!({ "filter": { "sttus": "open" } }),
    ] {
        assert_eq!(change(&world, &id, body.clone()).status, 422, "{body}");
        assert_eq!(post(&world, "/blasts", super::fields(body)).status, 422);
    }
    assert_eq!(show(&world, &id)["references"], json!(["CUP-1"]));
}
