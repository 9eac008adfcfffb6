//! An order's story and its next step, as somebody of the shop sees them.

use chrono::{DateTime, Duration, Utc};
use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Order, World};

fn story(world: &World, order: &Order) -> Value {
    let path = format!("/orders/{}/timeline", order.id);
    let answer = world.api(Role::Viewer, Method::GET, &path, None);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn next_step(world: &World, order: &Order) -> String {
    let next = &story(world, order)["next_step"];
    next.as_str().unwrap_or("nothing").to_owned()
}

/// The story, a line a fact, with the hours since it began.
fn written(story: &Value) -> String {
    let at = |entry: &Value| -> DateTime<Utc> { entry["at"].as_str().unwrap().parse().unwrap() };
    let facts = story["data"].as_array().unwrap();
    let began = at(&facts[0]);
    let line = |fact: &Value| {
        let text = |field: &str| fact[field].as_str().unwrap_or("-").to_owned();
        let state = fact["detail"]["state"].as_str();
        format!(
            "{:>3} h  {:<8}  {}{}, by {}\n",
            (at(fact) - began).num_hours(),
            text("category"),
            text("what"),
            state.map(|state| format!(" [{state}]")).unwrap_or_default(),
            text("actor")
        )
    };
    facts.iter().map(line).collect()
}

fn tell(world: &World, path: &str, body: Value) {
    let answer = world.api(Role::Operator, Method::POST, path, Some(body));
    assert!([200, 201].contains(&answer.status), "{answer:?}");
}

/// Mailed, clicked, left, reminded, paid in the wrong amount, accepted, partly refunded, disputed.
fn a_rich_story(world: &World) -> Order {
    let order = world.order("CUP-1");
    assert_eq!(
        next_step(world, &order),
        "The link has not been mailed: send it."
    );
    tell(world, &format!("/orders/{}/send", order.id), json!({}));
    assert_eq!(
        next_step(world, &order),
        "Its mail is about to be sent: wait."
    );
    world.carry();
    assert!(next_step(world, &order).contains("has not been opened"));
    world.click_through(&order);
    assert!(next_step(world, &order).starts_with("A checkout is open until"));
    world.pass(Duration::hours(24) + Duration::seconds(1));
    world.deliver();
    assert!(next_step(world, &order).contains("the reminder follows at"));
    world.pass(Duration::hours(2));
    world.carry();
    assert!(next_step(world, &order).contains("the one reminder was sent"));
    let session = world.click_through(&order);
    world.stripe.pay_amount(&session, 4000).unwrap();
    world.deliver();
    assert_eq!(
        next_step(world, &order),
        "A payment came that is not what was owed: resolve the case (move, refund, accept)."
    );
    let case = world.text("SELECT id::text AS text FROM cases");
    let body = json!({ "how": "accept", "note": "the coach paid the rest" });
    tell(world, &format!("/cases/{case}/resolve"), body);
    assert_eq!(next_step(world, &order), "nothing");
    world.pass(Duration::hours(1));
    let intent = world.text("SELECT payment_intent AS text FROM payments");
    world.stripe.refund(&intent, Some(500)).unwrap();
    world.deliver();
    assert_eq!(next_step(world, &order), "nothing");
    world.pass(Duration::hours(1));
    world.stripe.dispute(&intent).unwrap();
    world.deliver();
    assert!(next_step(world, &order).contains("answer it in Stripe's dashboard"));
    order
}

#[test]
fn a_rich_story_reads_from_the_first_line_to_the_last() {
    let world = World::with_mailbox(&[]);
    let order = a_rich_story(&world);
    insta::assert_snapshot!(written(&story(&world, &order)));
}

#[test]
fn no_address_and_no_token_is_in_it() {
    let world = World::with_mailbox(&[]);
    let order = a_rich_story(&world);
    let text = story(&world, &order).to_string();
    let token = order.path.trim_start_matches("/pay/");
    for secret in ["example.org", "Kim", token, "/pay/", "checkout.stripe"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

#[test]
fn a_story_that_is_not_there_is_404() {
    let world = World::new();
    let nobody = "0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11";
    for id in [nobody, "CUP-1"] {
        let path = format!("/orders/{id}/timeline");
        let answer = world.api(Role::Viewer, Method::GET, &path, None);
        assert_eq!(answer.status, 404);
    }
}

#[test]
fn a_bounced_mail_is_answered_with_another_address() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.queue_link(&order);
    world.execute("UPDATE outbox SET state = 'bounced', last_error = '550 5.1.1'");
    assert!(next_step(&world, &order).contains("correct the address with PATCH"));
    let path = format!("/orders/{}", order.id);
    let other = Some(json!({ "email": "kim@example.net" }));
    assert_eq!(
        world
            .api(Role::Operator, Method::PATCH, &path, other)
            .status,
        200
    );
    assert_eq!(
        next_step(&world, &order),
        "The link has not been mailed: send it."
    );
}

#[test]
fn whoever_has_a_withdrawn_link_is_sent_the_new_one() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    let send = format!("/orders/{}/send", order.id);
    tell(&world, &send, json!({}));
    world.carry();
    assert!(next_step(&world, &order).contains("has not been opened"));
    tell(
        &world,
        &format!("/orders/{}/withdraw-link", order.id),
        json!({}),
    );
    let next = next_step(&world, &order);
    assert!(
        next.contains("has been withdrawn: send the new one"),
        "{next}"
    );
    tell(&world, &send, json!({}));
    world.carry();
    assert!(next_step(&world, &order).contains("has not been opened"));
}

#[test]
fn a_mail_of_a_mailing_waits_for_that() {
    let world = World::new();
    let order = world.order("CUP-1");
    let mailing = json!({
        "name": "Last call", "subject": "Fee", "body": "{{ pay_url }} {{ unsubscribe_url }}",
        "references": ["CUP-1"],
    });
    let answer = world.api(Role::Operator, Method::POST, "/blasts", Some(mailing));
    let id = answer.json()["id"].as_str().expect("an id").to_owned();
    world.queue_link(&order);
    world.execute(&format!(
        "UPDATE outbox SET kind = 'blast', blast_id = '{id}'"
    ));
    world.execute(&format!(
        "UPDATE outbox_orders SET kind = 'blast', blast_id = '{id}'"
    ));
    world.execute("UPDATE outbox SET due_at = now() + interval '3 days'");
    let next = next_step(&world, &order);
    assert!(next.starts_with("Its mail is to be sent at "), "{next}");
    world.execute("UPDATE blasts SET state = 'paused', started_at = now()");
    assert_eq!(
        next_step(&world, &order),
        "Its mail belongs to the mailing Last call, which is paused: resume or cancel that."
    );
}

#[test]
fn an_address_that_is_not_written_to_is_asked_by_other_means() {
    let world = World::new();
    let order = world.order("CUP-1");
    tell(
        &world,
        "/suppressions",
        json!({ "email": "parent@example.org" }),
    );
    assert!(next_step(&world, &order).contains("by other means"));
}

#[test]
fn what_stripe_refuses_is_said_until_it_has_been_mended() {
    let world = World::new();
    let lines = json!([{ "description": "Sticker", "unit_amount": 10 }]);
    let order = world.order_with("CUP-1", json!({ "lines": lines }));
    assert_eq!(world.click(&order).status, 502);
    let next = next_step(&world, &order);
    assert!(next.contains("amount_too_small"), "{next}");
    let path = format!("/orders/{}", order.id);
    let lines = json!({ "lines": [{ "description": "Stickers", "unit_amount": 1000 }] });
    let mended = world.api(Role::Operator, Method::PATCH, &path, Some(lines));
    assert_eq!(mended.status, 200);
    assert_eq!(
        next_step(&world, &order),
        "The link has not been mailed: send it."
    );
}

#[test]
fn a_bank_debit_is_waited_for() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.start_debit(&session).unwrap();
    world.deliver();
    assert!(next_step(&world, &order).starts_with("A bank debit has been on its way since"));
    world.stripe.settle_debit(&session, false).unwrap();
    world.deliver();
    assert!(next_step(&world, &order).starts_with("The bank debit did not arrive on"));
}

#[test]
fn show_tells_the_story_at_the_terminal_too() {
    let world = World::new();
    let order = world.order("CUP-1");
    let (code, said, _) = world.command(&["orders", "show", "CUP-1"]);
    assert_eq!(code, 0);
    assert!(said.contains("order     order created (test)"), "{said}");
    assert!(
        said.ends_with("\nNext: The link has not been mailed: send it.\n"),
        "{said}"
    );
    let (_, said, _) = world.command(&["orders", "show", "CUP-1", "--format", "json"]);
    let shown: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(shown["reference"], "CUP-1");
    assert_eq!(shown["timeline"], story(&world, &order));
}
