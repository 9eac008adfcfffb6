//! What a payer waits for: a click, a webhook and what follows from it, a reminder, a mail.

use std::collections::BTreeSet;

use chrono::Duration;
use freshmint::{alert, db::Lane, figures, token::Role};
use reqwest::Method;
use serde_json::json;

use super::{filled, gather, plan};
use crate::{
    mailbox,
    support::{Order, World, runtime},
};

/// Orders of one pass: a connection's statement gets a general plan after five.
const ORDERS: usize = 4;

#[test]
fn nothing_that_a_payer_waits_for_reads_a_whole_table() {
    let (database, mut plans) = filled();
    let world = World::with_mailbox_on(database, mailbox::Settings::default(), &[]);
    let mut wrong = BTreeSet::new();
    let mut pass = 0;
    for statistics in [false, true] {
        if statistics {
            gather(&world);
        }
        // With plans made for the values, and with general ones, as a statement gets them that is asked often.
        for mode in ["auto", "force_generic_plan"] {
            plan(&world, mode);
            plans.skip();
            for number in 0..ORDERS {
                pay(&world, &order(&world, pass, &format!("paid-{number}")));
                replace(&world, &order(&world, pass, &format!("changed-{number}")));
            }
            leave(&world, pass);
            watch(&world);
            let (mut found, seen) = plans.wrong_for_payers();
            // Those that are stranded are counted, one open order after the other; and those of a day, among all
            // sessions of two days.
            let counts = [r#""origin" = $"#, "SELECT count(DISTINCT owing.id)"];
            found.retain(|plan| !counts.iter().any(|counted| plan.contains(counted)));
            assert!(seen > 200, "{seen} plans");
            let told = |plan| format!("statistics {statistics}, {mode}: {plan}");
            wrong.extend(found.into_iter().map(told));
            pass += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", Vec::from_iter(wrong).join("\n\n"));
}

fn order(world: &World, pass: usize, name: &str) -> Order {
    let email = format!("{name}-{pass}@example.org");
    world.order_with(&format!("{name}-{pass}"), json!({ "email": email }))
}

/// Somebody clicks, comes back later, pays, and looks at the page.
fn pay(world: &World, order: &Order) {
    let session = world.click_through(order);
    assert_eq!(world.click_through(order), session);
    world.get(&format!("{}/return", order.path));
    world.stripe.pay(&session).expect("it can be paid");
    world.deliver();
    assert_eq!(world.status(order), "paid");
    assert_eq!(world.click(order).status, 200);
    world.get(&format!("{}/return", order.path));
}

/// The shop changes what is owed, which ends the checkout; it is clicked again, and cancelled.
fn replace(world: &World, order: &Order) {
    let session = world.click_through(order);
    let path = format!("/orders/{}", order.id);
    let change = json!({ "lines": [{ "description": "Fee", "unit_amount": 4600, "quantity": 1 }] });
    let changed = world.api(Role::Operator, Method::PATCH, &path, Some(change));
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_ne!(world.click_through(order), session);
    let cancelled = world.api(
        Role::Operator,
        Method::POST,
        &format!("{path}/cancel"),
        Some(json!({})),
    );
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    world.deliver();
}

/// Some do not finish their checkout, and are reminded; others get the mail with their link.
fn leave(world: &World, pass: usize) {
    let left: Vec<Order> = (0..ORDERS)
        .map(|number| order(world, pass, &format!("left-{number}")))
        .collect();
    for order in &left {
        world.click_through(order);
    }
    world.pass(Duration::hours(24) + Duration::seconds(1));
    world.deliver();
    world.pass(Duration::hours(1) + Duration::seconds(1));
    for number in 0..ORDERS {
        world.queue_link(&order(world, pass, &format!("mailed-{number}")));
    }
    assert_eq!(world.carry().len(), 2 * ORDERS);
}

/// What a worker looks up now and then, beside what payers wait for.
fn watch(world: &World) {
    let app = &world.app.on(Lane::Worker);
    runtime().block_on(async {
        figures::look(app).await.expect("the figures");
        alert::work_off(app).await.expect("causes of alerts");
    });
}
