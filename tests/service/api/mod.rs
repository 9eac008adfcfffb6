//! The API as programs call it.

mod access;
mod changing;
mod creating;
mod ending;
mod events;
mod foreign;
mod linted;
mod lists;
pub mod openapi;
mod outbox;
mod property;
mod refusals;
mod reminders;
mod searching;
mod send;
mod settings;
mod suppressions;

use freshmint::token::{self, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Order, World};

fn get(world: &World, path: &str) -> Answer {
    world.api(Role::Viewer, Method::GET, path, None)
}

fn post(world: &World, path: &str, body: Value) -> Answer {
    world.api(Role::Operator, Method::POST, path, Some(body))
}

fn patch(world: &World, order: &Order, body: Value) -> Answer {
    let path = format!("/orders/{}", order.id);
    world.api(Role::Operator, Method::PATCH, &path, Some(body))
}

/// A token of its own, for calls that are made by hand.
fn token(world: &World, role: Role) -> String {
    let now = world.now();
    let made = world
        .app
        .db
        .run_blocking(|connection| token::add(connection, "by hand", role, now));
    made.unwrap().expose().to_owned()
}

/// `POST /orders/{id}/…`
fn act(world: &World, order: &Order, what: &str, body: Value) -> Answer {
    post(world, &format!("/orders/{}/{what}", order.id), body)
}

fn show(world: &World, order: &Order) -> Value {
    let answer = get(world, &format!("/orders/{}", order.id));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// What an answer says is wrong; it must be a problem of RFC 9457.
fn problem(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{answer:?}"
    );
    let problem = answer.json();
    assert_eq!(problem["type"], "about:blank");
    assert_eq!(problem["status"], status);
    for text in ["title", "detail"] {
        assert!(!problem[text].as_str().unwrap().is_empty(), "{problem}");
    }
    problem
}

/// An order with only what it must have.
fn small(reference: &str) -> Value {
    json!({
        "reference": reference,
        "currency": "eur",
        "lines": [{ "description": "Summer cup", "unit_amount": 4500 }],
    })
}
