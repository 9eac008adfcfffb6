//! `/outbox`: every mail, where it stands, and what a person can do about it.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{act, get, post, problem};
use crate::support::{Answer, World};

const STATES: [&str; 8] = [
    "queued",
    "sending",
    "sent",
    "unknown",
    "bounced",
    "failed",
    "cancelled",
    "suppressed",
];
/// From which a person may send a mail again, or drop it.
const OPEN: [&str; 4] = ["queued", "unknown", "bounced", "failed"];

/// A mail about an order of its own.
fn mail(world: &World, reference: &str) -> String {
    let sent = act(world, &world.order(reference), "send", json!({}));
    assert_eq!(sent.status, 201, "{sent:?}");
    sent.json()["id"].as_str().unwrap().to_owned()
}

/// What a mail server would have brought about.
fn bring_to(world: &World, mail: &str, state: &str) {
    let evidence = match state {
        "sending" => "claim_id = id, claimed_until = now() + interval '1 minute'",
        "sent" => "sent_at = now()",
        "unknown" => "claim_id = id, last_error = 'its worker ended'",
        "bounced" | "failed" => "attempts = 3, last_error = '550 no'",
        _ => "attempts = attempts",
    };
    let set = format!("UPDATE outbox SET state = '{state}', {evidence} WHERE id = '{mail}'");
    assert_eq!(world.execute(&set), 1);
}

fn ids(page: &Value) -> Vec<String> {
    let rows = page["data"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

fn decide(world: &World, mail: &str, what: &str) -> Answer {
    post(world, &format!("/outbox/{mail}/{what}"), json!({}))
}

#[test]
fn mails_come_newest_first_page_by_page_and_one_shows_its_text() {
    let world = World::new();
    let mails = ["CUP-1", "CUP-2", "CUP-3"].map(|reference| mail(&world, reference));
    let (mut path, mut seen) = ("/outbox?limit=2".to_owned(), Vec::new());
    loop {
        let page = get(&world, &path).json();
        assert_eq!(page["data"][0].get("body"), None);
        seen.extend(ids(&page));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/outbox?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, [&mails[2], &mails[1], &mails[0]].map(String::as_str));
    let shown = get(&world, &format!("/outbox/{}", mails[0])).json();
    assert!(
        shown["body"].as_str().unwrap().contains("€45.00"),
        "{shown}"
    );
    assert_eq!(shown["to"], "parent@example.org");
    for nobody in ["0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11", "x", "%FF"] {
        problem(&get(&world, &format!("/outbox/{nobody}")), 404);
    }
}

#[test]
fn they_are_filtered_by_state_kind_order_and_mailing() {
    let world = World::new();
    for state in STATES {
        let id = mail(&world, state);
        bring_to(&world, &id, state);
    }
    for state in STATES {
        let page = get(&world, &format!("/outbox?state={state}")).json();
        assert_eq!(ids(&page).len(), 1);
        assert_eq!(page["data"][0]["state"], state);
        let order = page["data"][0]["order_id"].as_str().unwrap();
        let same = get(&world, &format!("/outbox?order_id={order}")).json();
        assert_eq!(ids(&same), ids(&page));
        let none = get(&world, &format!("/outbox?order_id={order}&kind=reminder")).json();
        assert_eq!(ids(&none), [""; 0]);
    }
    assert_eq!(
        ids(&get(&world, "/outbox?kind=link").json()).len(),
        STATES.len()
    );
    let blast = "/outbox?blast_id=0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11";
    assert_eq!(ids(&get(&world, blast).json()), [""; 0]);
}

#[test]
fn a_filter_that_cannot_be_is_refused_and_says_what_can() {
    let world = World::new();
    let refused = problem(&get(&world, "/outbox?state=lost"), 400);
    assert_eq!(
        refused["detail"],
        format!("state must be one of {}", STATES.join(", "))
    );
    let refused = problem(&get(&world, "/outbox?kind=letter"), 400);
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .ends_with("blast, link, reminder, test, alert, account")
    );
    for query in [
        "order_id=CUP-1",
        "blast_id=x",
        "cursor=here",
        "limit=0",
        "state=",
    ] {
        problem(&get(&world, &format!("/outbox?{query}")), 400);
    }
}

#[test]
fn a_mail_that_waits_failed_came_back_or_is_unknown_is_sent_again_and_no_other() {
    let world = World::new();
    for state in STATES {
        let id = mail(&world, state);
        bring_to(&world, &id, state);
        world.execute("UPDATE outbox SET not_before = now() + interval '1 hour'");
        let answer = decide(&world, &id, "retry");
        if OPEN.contains(&state) {
            assert_eq!(answer.status, 200, "{answer:?}");
            let mail = answer.json();
            assert_eq!(
                (&mail["state"], &mail["attempts"], &mail["last_error"]),
                (&json!("queued"), &json!(0), &json!(null))
            );
            let due =
                format!("outbox WHERE id = '{id}' AND not_before <= now() AND claim_id IS NULL");
            assert_eq!(world.count(&due), 1, "{state}");
        } else {
            refused(&world, &answer, &id, state);
        }
    }
}

#[test]
fn the_same_can_be_dropped_and_is_cancelled_then() {
    let world = World::new();
    for state in STATES {
        let id = mail(&world, state);
        bring_to(&world, &id, state);
        let answer = decide(&world, &id, "drop");
        if OPEN.contains(&state) {
            assert_eq!(
                (answer.status, &answer.json()["state"]),
                (200, &json!("cancelled"))
            );
        } else {
            refused(&world, &answer, &id, state);
        }
    }
}

fn refused(world: &World, answer: &Answer, id: &str, state: &str) {
    let detail = problem(answer, 409)["detail"].clone();
    let expected = format!(
        "the mail is {state}; only one that is queued, failed, bounced or unknown can be sent again or dropped"
    );
    assert_eq!(detail, expected);
    let stays = get(world, &format!("/outbox/{id}")).json();
    assert_eq!(stays["state"], state);
}

#[test]
fn who_decided_and_what_they_had_to_say_is_in_the_orders_history() {
    let world = World::new();
    let id = mail(&world, "CUP-1");
    bring_to(&world, &id, "unknown");
    let note = json!({ "note": "never arrived, says the parent" });
    assert_eq!(
        post(&world, &format!("/outbox/{id}/retry"), note).status,
        200
    );
    let path = format!("/outbox/{id}/drop");
    assert_eq!(
        world.api(Role::Operator, Method::POST, &path, None).status,
        200
    );
    assert_eq!(
        world.texts(
            "SELECT actor || ': ' || what || ' (was ' || (detail->>'was') || ', ' || coalesce(detail->>'note', '') || ')' \
             AS text FROM activity WHERE category = 'mail' AND order_id IS NOT NULL AND detail ? 'was' ORDER BY id"
        ),
        [
            "api:operator-1: mail to be sent again: link (was unknown, never arrived, says the parent)",
            "api:operator-2: mail dropped: link (was queued, )",
        ]
    );
}

#[test]
fn what_is_not_there_is_404_and_what_cannot_be_read_is_refused() {
    let world = World::new();
    let id = mail(&world, "CUP-1");
    for what in ["retry", "drop"] {
        for nobody in ["0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11", "x", "%00"] {
            problem(&decide(&world, nobody, what), 404);
        }
        let path = format!("/outbox/{id}/{what}");
        problem(&post(&world, &path, json!({ "note": "a\0b" })), 422);
        problem(&post(&world, &path, json!({ "to": "x@example.org" })), 422);
        problem(&world.api(Role::Viewer, Method::POST, &path, None), 403);
    }
    assert_eq!(
        get(&world, &format!("/outbox/{id}")).json()["state"],
        "queued"
    );
}

#[test]
fn a_reminder_that_is_dropped_counts_as_skipped_and_the_order_gets_no_other() {
    for state in ["queued", "failed"] {
        let world = World::new();
        let order = world.order("CUP-1");
        world.abandon(&order);
        let reminder = ids(&get(&world, "/outbox?kind=reminder").json())[0].clone();
        bring_to(&world, &reminder, state);
        assert_eq!(decide(&world, &reminder, "drop").status, 200);
        let decision = get(&world, "/reminders").json()["data"][0].clone();
        assert_eq!(
            (&decision["decision"], &decision["mail_state"]),
            (&json!("skipped"), &json!("cancelled")),
            "{state}"
        );
        world.abandon(&order);
        assert_eq!(ids(&get(&world, "/outbox").json()), [reminder]);
    }
}

#[test]
fn the_address_of_a_reminder_that_may_have_been_sent_stays_reminded_when_it_is_dropped() {
    let world = World::new();
    world.abandon(&world.order("CUP-1"));
    let reminder = ids(&get(&world, "/outbox?kind=reminder").json())[0].clone();
    world.execute("UPDATE outbox SET subject = 's', body = 'b', handed_over = true");
    bring_to(&world, &reminder, "unknown");
    world.execute("UPDATE reminder_decisions SET decision = 'sent'");
    assert_eq!(decide(&world, &reminder, "drop").status, 200);
    assert_eq!(
        get(&world, "/reminders").json()["data"][0]["decision"],
        "sent"
    );
}
