//! What Stripe knows of a session comes into our rows, whoever tells it first.

mod debit_fails;
mod disputed;
pub mod money_back;
mod money_comes;
mod no_order;
mod not_owed;
mod order_of_events;
mod permutations;
mod refunds_at_stripe;
mod sessions_end;

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    simulator::{Call, Fault},
    support::{Order, World},
};

/// The payments of an order, a line each: amount, verdict, who found it.
fn payments(world: &World, order: &Order) -> Vec<String> {
    let path = format!("/orders/{}", order.id);
    let shown = world.api(Role::Viewer, Method::GET, &path, None).json();
    let payments = shown["payments"].as_array().unwrap().clone();
    let line = |payment: Value| {
        let text = |field: &str| payment[field].as_str().unwrap_or_default().to_owned();
        format!(
            "{} {} {} by {}",
            payment["amount"],
            text("currency"),
            text("verdict"),
            text("found_by")
        )
    };
    payments.into_iter().map(line).collect()
}

/// What the history of an order says, a line each.
fn history(world: &World, order: &Order) -> Vec<String> {
    world.texts(&format!(
        "SELECT category || ': ' || what AS text FROM activity \
         WHERE order_id = '{}' AND (detail->'row') IS NULL ORDER BY id",
        order.id
    ))
}

/// What waits for a person.
fn attention(world: &World) -> Vec<String> {
    world.texts("SELECT what AS text FROM activity WHERE level = 'attention' ORDER BY id")
}

/// The states of all session rows, oldest first.
fn sessions(world: &World) -> Vec<String> {
    world.texts("SELECT state AS text FROM checkout_sessions ORDER BY id")
}

/// Ends an order at the shop's will.
fn end(world: &World, order: &Order, how: &str, body: Value) -> u16 {
    let path = format!("/orders/{}/{how}", order.id);
    world
        .api(Role::Operator, Method::POST, &path, Some(body))
        .status
}

/// The next call that would close a session hears that Stripe does not know it, so that we give it
/// up: the one way in which a session that can be paid is left behind.
fn forget_a_session(world: &World) {
    let unknown = Fault::Refuse {
        status: 404,
        code: "resource_missing",
        message: "No such checkout.session".to_owned(),
    };
    world.stripe.inject(Call::ExpireSession, unknown, 1);
}

fn paid_of(world: &World, session: &str) {
    world.stripe.pay(session).unwrap();
    world.deliver();
}

fn cancelled() -> Value {
    json!({ "note": "moved away" })
}
