//! Checkouts that the shop's own site opened, and nobody finished.

mod as_it_was;
mod backfill;
mod cart;
mod figures;
mod killed;
mod many;
mod rule;
mod simulated;

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::World;

/// A shop whose own site opens checkouts, with recovery switched on.
fn shop() -> World {
    let world = World::with_mailbox(&[]);
    switch(&world, true);
    world
}

fn switch(world: &World, on: bool) {
    let body = json!({ "recovery_enabled": on });
    let answer = world.api(Role::Admin, Method::PUT, "/settings", Some(body));
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// A checkout for somebody, as the shop's site opens it.
pub fn opened(world: &World, email: Option<&str>) -> String {
    let mut params = json!({
        "mode": "payment",
        "success_url": "https://shop.example/thanks",
        "line_items": [
            { "price_data": { "currency": "eur", "unit_amount": 2900,
                "product_data": { "name": "Scarf, blue" } }, "quantity": 2 },
            { "price_data": { "currency": "eur", "unit_amount": 450,
                "product_data": { "name": "Postage" } }, "quantity": 1 },
        ],
    });
    if let Some(email) = email {
        params["customer_email"] = json!(email);
    }
    opened_with(world, params)
}

fn opened_with(world: &World, params: Value) -> String {
    let session = world
        .stripe
        .open_foreign_session(params)
        .expect("Stripe takes it");
    session["id"].as_str().expect("an id").to_owned()
}

/// Somebody opens a checkout and leaves; Stripe tells so.
fn left(world: &World, email: Option<&str>) -> String {
    let session = opened(world, email);
    world.stripe.expire(&session).expect("it is open");
    world.deliver();
    session
}

fn an_hour(world: &World) {
    world.pass(Duration::hours(1));
}

/// The decisions as `GET /reminders` tells them, oldest first.
fn decisions(world: &World) -> Vec<String> {
    let answer = world.api(Role::Viewer, Method::GET, "/reminders?limit=200", None);
    let answer = answer.json();
    let line = |row: &Value| {
        let decision = row["decision"].as_str().unwrap_or_default();
        match row["reason"].as_str() {
            Some(reason) => format!("{decision} {reason}"),
            None => decision.to_owned(),
        }
    };
    let rows = answer["data"].as_array().expect("a list").clone();
    rows.iter().rev().map(line).collect()
}
