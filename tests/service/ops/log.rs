//! Every turn of an order in the log, told once, and lines that close with what they are about.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::needs_somebody;
use crate::{
    support::{Visitor, World, browser::runtime},
    webhook::post_signed,
};

fn told(world: &World, category: &str) -> Vec<String> {
    world.texts(&format!(
        "SELECT actor || ': ' || what AS text FROM activity WHERE category = '{category}' ORDER BY id"
    ))
}

#[test]
fn a_payment_page_is_told_when_it_opens_is_left_and_is_closed() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    world.click_through(&order);
    assert_eq!(
        told(&world, "checkout"),
        ["payer: the payment page was opened"]
    );
    world.abandon(&order);
    assert_eq!(
        told(&world, "checkout"),
        [
            "payer: the payment page was opened",
            "stripe: the payment page was left, and closed by itself"
        ]
    );
    assert_eq!(told(&world, "reminder"), ["freshmint: reminder scheduled"]);
    world.click_through(&order);
    let path = format!("/orders/{}/cancel", order.id);
    let answer = world.api(Role::Operator, Method::POST, &path, Some(json!({})));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        told(&world, "checkout")[2..],
        [
            "payer: the payment page was opened",
            "freshmint: the payment page was closed, since it was not needed any more"
        ]
    );
    assert!(
        told(&world, "reminder")[1..]
            .iter()
            .all(|line| line.starts_with("freshmint: no reminder: ")),
        "{:?}",
        told(&world, "reminder")
    );
    let page = Visitor::signed_in(&world, "Aoife", Role::Viewer).get("/ops/activity");
    assert!(
        page.body
            .contains("No reminder: the payment page was closed by us"),
        "{}",
        page.body
    );
    // The story of the order tells each of it from its row, once.
    let path = format!("/orders/{}/timeline", order.id);
    let story = world.api(Role::Viewer, Method::GET, &path, None).body;
    assert!(!story.contains("payment page was"), "{story}");
    assert_eq!(story.matches("checkout expired").count(), 1, "{story}");
    let named = "activity WHERE detail::text LIKE '%@%' OR what LIKE '%@%'";
    assert_eq!(world.count(named), 0);
}

#[test]
fn a_line_closes_with_its_mail_and_no_other() {
    let world = World::with_mailbox(&[]);
    let mail = world.queue_link(&world.order("CUP-1"));
    let line = needs_somebody(&world, "mail came back: link");
    let other = needs_somebody(&world, "mail came back: link");
    world.execute(&format!(
        "UPDATE activity SET detail = jsonb_build_object('mail', '{mail}') WHERE id = {line}"
    ));
    let path = format!("/outbox/{mail}/drop");
    let answer = world.api(Role::Operator, Method::POST, &path, None);
    assert_eq!(answer.status, 200, "{answer:?}");
    let open = world.texts("SELECT activity_id::text AS text FROM activity_open");
    assert_eq!(open, [other.to_string()]);
    let by = world.text("SELECT actor AS text FROM activity_dismissals");
    assert!(by.starts_with("api:operator"), "{by}");
}

#[test]
fn a_line_closes_when_its_event_is_worked_through_again() {
    let world = World::new();
    let body = json!({ "id": "evt_1", "object": "event", "type": "checkout.session.completed", "livemode": false,
        "created": world.now().timestamp(), "data": { "object": null } });
    let body = body.to_string();
    assert_eq!(post_signed(&world, &body).status, 200);
    world.work_off();
    assert_eq!(world.count("activity_open"), 1);
    let replay = || world.api(Role::Operator, Method::POST, "/events/evt_1/replay", None);
    assert_eq!(replay().status, 200);
    assert_eq!(world.count("activity_open"), 0);
    assert_eq!(
        told(&world, "webhook")[1..],
        ["api:operator-0: Stripe's message evt_1 is worked through again"]
    );
    world.work_off();
    assert_eq!(world.count("activity_open"), 1, "it failed again");
}

#[test]
fn what_is_over_by_itself_goes_with_a_prune_where_nobody_signs_in() {
    let world = World::with_mailbox(&[]);
    world.user("Tom", Role::Admin);
    world.execute("INSERT INTO ops_sessions (token_hash, user_id, began_at, seen_at) SELECT sha256('s'), id, now(), now() FROM ops_users");
    world.execute("INSERT INTO ops_once (id, user_id, token, at) SELECT gen_random_uuid(), id, 'x', now() FROM ops_users");
    world.execute("INSERT INTO ops_tries (what, account, at) VALUES ('password', '\\x00', now())");
    world.execute("INSERT INTO outbox (id, kind, state, address, address_hash, message_id, created_at) VALUES (gen_random_uuid(), 'account', 'cancelled', 'tom@rovers.example.org', '\\x00000000000000000000000000000003', '<9@rovers.example.org>', now())");
    let left =
        || ["ops_sessions", "ops_once", "ops_tries", "outbox"].map(|table| world.count(table));
    let prune = || runtime().block_on(freshmint::retention::prune(&world.app, "test"));
    prune().expect("it prunes");
    assert_eq!(left(), [1; 4], "nothing is old");
    world.pass(Duration::days(8));
    prune().expect("it prunes");
    assert_eq!(left(), [0, 0, 0, 1]);
    world.pass(Duration::days(90));
    prune().expect("it prunes");
    assert_eq!(left(), [0; 4]);
}
