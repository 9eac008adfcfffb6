//! Orders that were paid in an older system: nobody is asked again.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{attention, opened, order, payments, sessions, taken};
use crate::support::{Order, World};

/// What the API says of an order.
fn shown(world: &World, order: &Order) -> Value {
    let path = format!("/orders/{}", order.id);
    world.api(Role::Viewer, Method::GET, &path, None).json()
}

#[test]
fn whoever_has_paid_is_told_so_and_since_when() {
    let world = World::new();
    taken(&world, &["CUP-1,,2025-11-03T17:20:00Z", "CUP-2,,"]);
    let order = order(&world, "CUP-1");
    assert_eq!(shown(&world, &order)["paid_at"], "2025-11-03T17:20:00Z");
    let page = world.click(&order);
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(text.contains("Already paid, thank you"), "{text}");
    assert!(text.contains("3 November 2025, 17:20 UTC"), "{text}");
    assert_eq!(world.traffic(), Vec::<String>::new());
}

#[test]
fn a_mailing_to_everybody_who_owes_leaves_out_who_has_paid() {
    let world = World::new();
    taken(&world, &["CUP-1,,2025-11-03", "CUP-2,,"]);
    let blast = json!({
        "name": "Cup", "subject": "Fee", "body": "{{ pay_url }} {{ unsubscribe_url }}",
        "references": ["CUP-1", "CUP-2"],
    });
    let blast = world
        .api(Role::Operator, Method::POST, "/blasts", Some(blast))
        .json();
    let path = format!("/blasts/{}", blast["id"].as_str().unwrap());
    for step in ["preview", "approve", "start"] {
        let preview = world.api(
            Role::Operator,
            Method::POST,
            &format!("{path}/preview"),
            Some(json!({})),
        );
        let body = match step {
            "approve" => json!({ "content_hash": preview.json()["content_hash"] }),
            _ => json!({}),
        };
        let step = format!("{path}/{step}");
        let answer = world.api(Role::Operator, Method::POST, &step, Some(body));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let mailed = world.texts(
        "SELECT reference AS text FROM outbox_orders JOIN orders ON orders.id = order_id ORDER BY 1",
    );
    assert_eq!(mailed, ["CUP-2"]);
}

#[test]
fn stripe_telling_of_the_payment_later_is_no_second_payment() {
    let world = World::new();
    let session = opened(&world);
    world.stripe.pay(&session).unwrap();
    let out = taken(&world, &[&format!("CUP-1,{session},2025-11-03")]);
    assert!(out.contains("1 paid, 1 session,"), "{out}");
    let order = order(&world, "CUP-1");
    assert_eq!(sessions(&world, &order), ["complete imported"]);
    assert_eq!(
        payments(&world, &order),
        ["4500 settles by import, intent unknown"]
    );
    world.deliver_in(crate::simulator::Order::Twice);
    assert_eq!(payments(&world, &order), ["4500 settles by import"]);
    assert_eq!(shown(&world, &order)["paid_at"], "2025-11-03T00:00:00Z");
    assert_eq!(
        (world.status(&order).as_str(), attention(&world)),
        ("paid", 0)
    );
}

#[test]
fn an_event_of_the_payment_that_came_before_the_import_brings_its_intent() {
    let world = World::new();
    let session = opened(&world);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    taken(&world, &[&format!("CUP-1,{session},2025-11-03")]);
    world.work_off();
    let order = order(&world, "CUP-1");
    assert_eq!(payments(&world, &order), ["4500 settles by import"]);
    assert_eq!(attention(&world), 0);
}

#[test]
fn what_is_given_back_finds_the_order_whether_it_is_heard_of_before_or_after_the_import() {
    for before in [true, false] {
        let world = World::new();
        let session = opened(&world);
        world.stripe.pay(&session).unwrap();
        let paid = world.stripe.session(&session).unwrap();
        let intent = paid["payment_intent"].as_str().unwrap();
        if before {
            world.stripe.refund(intent, Some(1000)).unwrap();
            world.deliver();
        }
        taken(&world, &[&format!("CUP-1,{session},2025-11-03")]);
        world.deliver();
        world.work_off();
        let order = order(&world, "CUP-1");
        if !before {
            assert_eq!(world.status(&order), "paid");
            world.stripe.refund(intent, Some(1000)).unwrap();
            world.deliver();
        }
        assert_eq!(world.status(&order), "partially_refunded", "{before}");
        assert_eq!(attention(&world), 0);
    }
}

#[test]
fn a_payment_of_another_checkout_of_a_paid_order_is_a_second_one() {
    let world = World::new();
    let (older, newest) = (opened(&world), opened(&world));
    taken(&world, &[&format!("CUP-1,{older} {newest},2025-11-03")]);
    let order = order(&world, "CUP-1");
    assert_eq!(
        sessions(&world, &order),
        ["superseded imported", "complete imported"]
    );
    world.stripe.pay(&older).unwrap();
    world.deliver();
    assert_eq!(
        payments(&world, &order),
        [
            "4500 settles by import, intent unknown",
            "4500 second_payment by webhook"
        ]
    );
    assert_eq!(
        (world.status(&order).as_str(), attention(&world)),
        ("paid", 1)
    );
}

#[test]
fn the_history_says_that_it_came_paid_and_by_whom() {
    let world = World::new();
    taken(&world, &["CUP-1,cs_test_1 cs_test_2,2025-11-03"]);
    let lines = world.texts(
        "SELECT concat_ws(': ', actor, what, detail->>'note', detail->>'sessions') AS text
         FROM activity ORDER BY id",
    );
    insta::assert_snapshot!(lines.join("\n"), @r#"
    command line: order created
    command line: 2 checkouts of an older system are known: ["cs_test_1", "cs_test_2"]
    command line: order open → paid: paid in an older system on 2025-11-03, says the import
    command line: a spreadsheet was taken in: 1 order is new
    "#);
    assert_eq!(
        world.count("activity WHERE at < now() - interval '1 hour'"),
        0
    );
}

#[test]
fn a_refund_or_a_dispute_of_one_that_stripe_never_told_of_finds_its_order() {
    let world = World::new();
    let session = opened(&world);
    world.stripe.drop_deliveries(true);
    world.stripe.pay(&session).unwrap();
    world.stripe.drop_deliveries(false);
    taken(&world, &[&format!("CUP-1,{session},2026-11-03")]);
    let intent = world.stripe.session(&session).unwrap()["payment_intent"]
        .as_str()
        .unwrap()
        .to_owned();
    world.stripe.refund(&intent, Some(500)).unwrap();
    world.stripe.dispute(&intent).unwrap();
    world.deliver();
    assert_eq!(
        world.text("SELECT status || ' ' || refunded_amount AS text FROM orders"),
        "partially_refunded 500"
    );
    assert_eq!(world.count("cases WHERE kind = 'dispute'"), 1);
    assert_eq!(world.count("payments"), 1);
}
