//! `PATCH /orders/{id}`.

use serde_json::{Value, json};

use super::{patch, problem, show};
use crate::{
    simulator::{Call, Fault},
    support::World,
};

fn cheaper() -> Value {
    json!({ "lines": [{ "description": "Summer cup, sibling", "unit_amount": 3000 }] })
}

#[test]
fn the_link_stays_the_open_session_is_closed_and_the_next_click_asks_for_todays_amount() {
    let world = World::new();
    let order = world.order("CUP-1");
    let before = show(&world, &order);
    let first = world.click_through(&order);

    let answer = patch(&world, &order, cheaper());
    assert_eq!(answer.status, 200, "{answer:?}");
    let after = answer.json();
    assert_eq!(after["pay_url"], before["pay_url"]);
    assert_eq!(
        (&after["amount_total"], &after["version"]),
        (&json!(3000), &json!(2))
    );
    assert_eq!(world.stripe.session(&first).unwrap()["status"], "expired");

    let second = world.click_through(&order);
    let session = world.stripe.session(&second).unwrap();
    assert_eq!(session["amount_total"], 3000);
    world.stripe.pay(&second).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn address_and_name_are_set_cleared_or_left_alone() {
    let world = World::new();
    let order = world.order("CUP-1");
    let change = json!({ "email": "other@example.org", "name": null });
    let after = patch(&world, &order, change).json();
    assert_eq!(
        (&after["email"], &after["name"]),
        (&json!("other@example.org"), &Value::Null)
    );
    let after = patch(&world, &order, json!({ "email": null })).json();
    assert_eq!(
        (&after["email"], &after["amount_total"]),
        (&Value::Null, &json!(4500))
    );
}

#[test]
fn a_change_to_what_it_is_already_closes_nothing() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    for change in [json!({}), json!({ "name": "Kim Miller" })] {
        let answer = patch(&world, &order, change);
        assert_eq!((answer.status, &answer.json()["version"]), (200, &json!(1)));
    }
    assert_eq!(world.click_through(&order), session);
}

#[test]
fn while_stripe_is_away_nothing_changes() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    let before = show(&world, &order);
    world.stripe.inject(Call::Any, Fault::Html502, usize::MAX);
    let answer = patch(&world, &order, cheaper());
    problem(&answer, 503);
    assert!(answer.header("retry-after").parse::<u32>().is_ok());
    assert_eq!(show(&world, &order), before);

    // Nobody is sent to the old session meanwhile, and later the change goes through.
    assert_eq!(world.click(&order).status, 503);
    world.stripe.clear_faults();
    assert_eq!(patch(&world, &order, cheaper()).status, 200);
    assert_eq!(world.stripe.session(&session).unwrap()["status"], "expired");
    assert_eq!(world.payable_sessions(&order), 0);
}

#[test]
fn an_order_that_turns_out_to_be_paid_is_not_changed() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    let refused = problem(&patch(&world, &order, cheaper()), 409);
    assert!(refused["detail"].as_str().unwrap().contains("paid"));
    let after = show(&world, &order);
    assert_eq!(
        (&after["status"], &after["amount_total"]),
        (&json!("paid"), &json!(4500))
    );
    assert_eq!(after["payments"][0]["found_by"], "click");
}

#[test]
fn a_change_is_checked_by_the_rules_for_new_orders() {
    let world = World::new();
    let order = world.order("CUP-1");
    let change = json!({ "lines": [{ "description": "Cup", "unit_amount": -1 }], "email": "kim" });
    let refused = problem(&patch(&world, &order, change), 422);
    assert_eq!(refused["errors"][0]["field"], "lines[0].unit_amount");
    assert_eq!(refused["errors"][1]["field"], "email");
    let refused = problem(&patch(&world, &order, json!({ "currency": "usd" })), 422);
    assert!(refused["detail"].as_str().unwrap().contains("`currency`"));
}
