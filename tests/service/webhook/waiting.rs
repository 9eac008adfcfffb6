//! Mail waits for payments that lie in the inbox: for those of its payer and its order, and for a few
//! minutes for those of which nobody can say whose they are.

use chrono::Duration;
use freshmint::inbox::unread;
use serde_json::{Value, json};

use super::{event, post_signed};
use crate::{
    simulator::{Call, Fault},
    support::{Order, World, browser::runtime},
};

const COMPLETED: &str = "checkout.session.completed";

/// A shop with an order, and a mail about it that is due.
fn shop() -> (World, Order) {
    let world = World::with_mailbox(&[]);
    let order = world.order_with("CUP-1", json!({ "email": "ann@example.org" }));
    world.queue_link(&order);
    (world, order)
}

/// Keeps an event, which nobody works on.
fn told(world: &World, id: &str, kind: &str, object: Value) {
    let body = event(world, id, kind, object).to_string();
    assert_eq!(post_signed(world, &body).status, 200);
}

/// Whether the mails that are due are held back; their next turn has come.
fn held(world: &World) -> bool {
    world.execute("UPDATE outbox SET not_before = to_timestamp(0)");
    world.carry().is_empty()
}

/// As an older version of the program keeps events: without what they name.
fn kept_by_an_older_version(world: &World) {
    world.execute(
        "UPDATE stripe_events SET session_id = NULL, session_row = NULL, order_names = NULL, \
             address_hashes = NULL, account = NULL, named = NULL",
    );
}

fn read(world: &World) -> usize {
    runtime()
        .block_on(unread::read(&world.app))
        .expect("the database answers")
}

/// What is searched for, a line an event.
fn names(world: &World) -> Vec<String> {
    world.texts(
        "SELECT concat_ws(' ', named, session_id, (session_row IS NOT NULL)::text, \
             array_to_string(order_names, ','), cardinality(address_hashes), account) AS text \
         FROM stripe_events ORDER BY received_at, id",
    )
}

fn attention(world: &World) -> usize {
    world.count("activity WHERE category = 'webhook' AND level = 'attention'")
}

#[test]
fn what_is_searched_for_is_read_off_an_event_when_it_comes() {
    let (world, order) = shop();
    world.stripe.pay(&world.click_through(&order)).unwrap();
    let mut completed = world.stripe.events().pop().unwrap();
    completed["account"] = json!("acct_1");
    post_signed(&world, &completed.to_string());
    told(&world, "evt_1", "price.created", json!({ "id": "price_1" }));
    told(&world, "evt_2", COMPLETED, json!(null));
    post_signed(&world, "not JSON");
    let session = completed["data"]["object"]["id"].as_str().unwrap();
    let mut names = names(&world);
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "anybody false  0".to_owned(),
            "anybody false  0".to_owned(),
            "nobody false  0".to_owned(),
            format!("these {session} true {},CUP-1 1 acct_1", order.id),
        ]
    );
    let hash = "SELECT encode(address_hash, 'hex') AS text FROM outbox";
    let named =
        "SELECT encode(address_hashes[1], 'hex') AS text FROM stripe_events WHERE named = 'these'";
    assert_eq!(world.text(hash), world.text(named));
}

#[test]
fn mail_waits_for_a_payment_by_its_address_its_order_or_its_session() {
    let (world, order) = shop();
    let session = world.click_through(&order);
    let row = world.text("SELECT id::text AS text FROM checkout_sessions");
    let other = "00000000-0000-0000-0000-000000000007";
    let ours = [
        json!({ "customer_email": "Ann@Example.org" }),
        json!({ "customer_details": { "email": " ann@example.org" } }),
        json!({ "customer": { "id": "cus_1", "email": "ann@example.org" } }),
        json!({ "client_reference_id": order.id }),
        json!({ "client_reference_id": "CUP-1" }),
        json!({ "metadata": { "order_id": order.id } }),
        json!({ "metadata": { "reference": "CUP-1" } }),
        json!({ "metadata": { "freshmint_session": row } }),
        json!({ "id": session }),
    ];
    let somebody_elses = [
        json!({ "customer_email": "joann@example.org", "customer": "cus_1" }),
        json!({ "client_reference_id": other }),
        json!({ "metadata": { "reference": "CUP-11", "freshmint_session": other } }),
        json!({ "id": "cs_test_of_somebody_else" }),
        json!({}),
    ];
    for kind in [COMPLETED, "checkout.session.async_payment_succeeded"] {
        for naming in &ours {
            told(&world, "evt_1", kind, naming.clone());
            assert!(held(&world), "{kind} {naming}");
            world.execute("DELETE FROM stripe_events");
        }
    }
    // What is no payment holds nothing back, whatever it names.
    for (number, naming) in ours.iter().enumerate() {
        told(
            &world,
            &format!("evt_{number}"),
            "charge.refunded",
            naming.clone(),
        );
    }
    for (number, naming) in somebody_elses.into_iter().enumerate() {
        told(&world, &format!("evt_other_{number}"), COMPLETED, naming);
    }
    assert!(!held(&world));
}

#[test]
fn a_payment_that_cannot_be_worked_on_holds_the_mail_back_for_a_day() {
    let (world, order) = shop();
    let naming = json!({ "client_reference_id": order.id });
    told(&world, "evt_1", COMPLETED, naming);
    let came = |ago: &str| {
        world.execute(&format!(
            "UPDATE stripe_events SET received_at = now() - interval '{ago}'"
        ))
    };
    came("23 hours 59 minutes");
    assert!(held(&world));
    came("24 hours 1 minute");
    assert!(!held(&world));
}

/// The mint's answer never came: all that we know of the session is our own row.
#[test]
fn a_payment_of_a_mint_whose_answer_was_lost_holds_the_orders_reminder() {
    let world = World::with_mailbox(&[]);
    let order = world.order_with("CUP-1", json!({ "email": "ann@example.org" }));
    world.abandon(&order);
    world
        .stripe
        .inject(Call::CreateSession, Fault::ErrorAfter, 1);
    world
        .stripe
        .inject(Call::ListSessions, Fault::ErrorBefore, usize::MAX);
    assert_eq!(world.click(&order).status, 503);
    let row = "checkout_sessions WHERE state = 'minting' AND stripe_id IS NULL";
    assert_eq!(world.count(row), 1);
    // Nothing else names the order: somebody else's card and address.
    let row = world.text(&format!("SELECT id::text AS text FROM {row}"));
    told(
        &world,
        "evt_1",
        COMPLETED,
        json!({ "id": "cs_test_lost", "customer_email": "grandmother@example.org",
            "metadata": { "freshmint_session": row } }),
    );
    // It was given up; else the reminder would not go anyway.
    world.execute(
        "UPDATE checkout_sessions SET state = 'failed', failure = 'given up', request_body = NULL, \
             ended_at = now() WHERE state = 'minting'",
    );
    world.pass(Duration::hours(1));
    assert!(held(&world));
    assert_eq!(world.mail_states(), ["queued"]);
    world.execute("UPDATE stripe_events SET state = 'processed' WHERE id = 'evt_1'");
    assert!(!held(&world));
}

#[test]
fn one_that_cannot_be_read_holds_all_mail_back_for_ten_minutes_and_is_told_once() {
    for (id, body) in [
        (
            "evt_1",
            json!({ "id": "evt_1", "type": COMPLETED, "data": { "object": null } }).to_string(),
        ),
        ("none", "not JSON".to_owned()),
    ] {
        let (world, _) = shop();
        assert_eq!(post_signed(&world, &body).status, 200);
        assert!(held(&world), "{id}");
        world.work_off();
        assert_eq!(attention(&world), 1, "{id}");
        assert!(held(&world), "{id}: nobody knows more of it than before");
        world.pass(Duration::minutes(9));
        assert!(held(&world), "{id}");
        world.pass(Duration::minutes(2));
        assert!(!held(&world), "{id}");
        world.work_off();
        assert_eq!(attention(&world), 1, "{id}");
    }
}

#[test]
fn what_an_older_version_keeps_holds_all_mail_back_until_it_is_read() {
    let (world, order) = shop();
    world.stripe.pay(&world.click_through(&order)).unwrap();
    let other = world.order_with("CUP-2", json!({ "email": "bo@example.org" }));
    world.stripe.pay(&world.click_through(&other)).unwrap();
    let completed = world.stripe.events();
    post_signed(&world, &completed[1].to_string());
    let read_at_once = names(&world);
    kept_by_an_older_version(&world);
    assert!(held(&world));
    assert_eq!(read(&world), 1);
    assert_eq!(names(&world), read_at_once);
    assert_eq!(read(&world), 0);
    assert!(!held(&world), "it is Bo's");

    world.queue_link(&order);
    post_signed(&world, &completed[0].to_string());
    kept_by_an_older_version(&world);
    assert_eq!(read(&world), 2);
    assert!(held(&world), "this one is Ann's");
    world.work_off();
    assert!(held(&world) && world.status(&order) == "paid");
    assert_eq!(world.mail_states(), ["sent", "cancelled"]);
}

#[test]
fn what_nobody_reads_holds_mail_back_for_ten_minutes_only() {
    let (world, _) = shop();
    told(&world, "evt_1", COMPLETED, json!({}));
    kept_by_an_older_version(&world);
    world.pass(Duration::minutes(9));
    assert!(held(&world));
    world.pass(Duration::minutes(2));
    assert!(!held(&world));
}

#[test]
fn more_than_a_batch_is_read_in_one_turn_of_one_worker() {
    let world = World::new();
    let insert = |first: usize, last: usize| {
        world.execute(&format!(
            "INSERT INTO stripe_events (id, type, body, received_at, state) \
             SELECT 'evt_' || n, 'charge.refunded', \
                 ('{{\"id\":\"evt_' || n || '\",\"data\":{{\"object\":{{\"receipt_email\":\"a' || n || '@example.org\"}}}}}}')::bytea, \
                 now() - interval '1 minute' * (n / 200), 'ignored' FROM generate_series({first}, {last}) n"
        ))
    };
    insert(1, 450);
    let turn = || {
        runtime()
            .block_on(unread::if_due(&world.app))
            .expect("the database answers");
    };
    turn();
    assert_eq!(world.count("stripe_events WHERE named = 'these'"), 450);
    insert(451, 460);
    turn();
    assert_eq!(
        world.count("stripe_events WHERE named IS NULL"),
        10,
        "not due"
    );
    world.execute("UPDATE chores SET due_at = now() WHERE name = 'events'");
    turn();
    assert_eq!(world.count("stripe_events WHERE named IS NULL"), 0);
}

#[test]
fn a_replay_reads_anew_what_an_event_names() {
    let (world, order) = shop();
    world.stripe.pay(&world.click_through(&order)).unwrap();
    world.deliver();
    let before = names(&world);
    world.execute(
        "UPDATE stripe_events SET named = 'anybody', session_id = NULL, address_hashes = '{}'",
    );
    let id = world.text("SELECT id AS text FROM stripe_events");
    let path = format!("/events/{id}/replay");
    let role = freshmint::token::Role::Operator;
    assert_eq!(
        world.api(role, reqwest::Method::POST, &path, None).status,
        200
    );
    assert_eq!(names(&world), before);
}
