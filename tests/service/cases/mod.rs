//! Money that does not add up, from the case that settlement opens to what a person makes of it.

mod accept;
mod commands;
mod list;
mod place;
mod refund;
mod refund_later;
mod refund_trouble;

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    simulator::{Call, Fault},
    support::{Answer, Order, World},
};

/// The cases, oldest first.
fn cases(world: &World, filter: &str) -> Vec<Value> {
    let answer = world.api(Role::Viewer, Method::GET, &format!("/cases{filter}"), None);
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut cases = answer.json()["data"].as_array().unwrap().clone();
    cases.reverse();
    cases
}

/// The one case that is open.
#[track_caller]
pub fn the_case(world: &World) -> Value {
    let mut open = cases(world, "?state=open");
    assert_eq!(open.len(), 1, "{open:#?}");
    open.remove(0)
}

fn show(world: &World, case: &Value) -> Value {
    let path = format!("/cases/{}", id(case));
    world.api(Role::Viewer, Method::GET, &path, None).json()
}

fn id(case: &Value) -> &str {
    case["id"].as_str().unwrap()
}

/// What can be done about a case.
fn actions(case: &Value) -> Vec<&str> {
    let actions = case["actions"].as_array().unwrap();
    actions.iter().map(|how| how.as_str().unwrap()).collect()
}

fn resolve(world: &World, case: &Value, body: Value) -> Answer {
    let path = format!("/cases/{}/resolve", id(case));
    world.api(Role::Operator, Method::POST, &path, Some(body))
}

/// Resolves it, and gives back how it is then.
#[track_caller]
fn resolved(world: &World, case: &Value, body: Value) -> Value {
    let answer = resolve(world, case, body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Tries to resolve it in a way that cannot be, and gives back the sentence that says why.
#[track_caller]
fn refused(world: &World, case: &Value, body: Value) -> String {
    let answer = resolve(world, case, body);
    assert_eq!(answer.status, 409, "{answer:?}");
    answer.json()["detail"].as_str().unwrap().to_owned()
}

fn to(how: &str, order: &Order) -> Value {
    json!({ "how": how, "order_id": order.id })
}

fn how(how: &str) -> Value {
    json!({ "how": how, "note": "as the coach said" })
}

/// The payments counted for an order, a line each.
fn counted(world: &World, order: &Order) -> Vec<String> {
    world.texts(&format!(
        "SELECT amount || ' ' || verdict AS text FROM payment_allocations WHERE order_id = '{}' ORDER BY payment_id",
        order.id
    ))
}

/// What people did to an order, a line each.
fn done_by_people(world: &World, order: &Order) -> Vec<String> {
    world.texts(&format!(
        "SELECT category || ': ' || what || coalesce(' (' || (detail->>'note') || ')', '') AS text \
         FROM activity WHERE order_id = '{}' AND actor LIKE 'api:%' ORDER BY id",
        order.id
    ))
}

fn paid_of(world: &World, session: &str) {
    world.stripe.pay(session).unwrap();
    world.deliver();
}

/// An order that is in review for 40.00 EUR instead of 45.00, and its case.
pub fn mismatch(world: &World, reference: &str) -> (Order, Value) {
    let order = world.order(reference);
    let session = world.click_through(&order);
    world.stripe.pay_amount(&session, 4000).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "in_review");
    (order, the_case(world))
}

/// An order that was paid twice, and the case of the second payment.
pub fn second_payment(world: &World, reference: &str) -> (Order, Value) {
    let order = world.order(reference);
    let left = world.click_through(&order);
    world.pass(Duration::hours(13));
    forget_a_session(world);
    let session = world.click_through(&order);
    paid_of(world, &session);
    paid_of(world, &left);
    assert_eq!(world.status(&order), "paid");
    (order, the_case(world))
}

/// A payment of so much that carries our mark and belongs to no order, and its case.
pub fn orphan(world: &World, email: &str, amount: i64) -> Value {
    let opened = world.stripe.open_foreign_session(json!({
        "mode": "payment",
        "success_url": "https://shop.example.org/thanks",
        "customer_email": email,
        "line_items": [{
            "price_data": {
                "currency": "eur", "unit_amount": amount, "product_data": { "name": "Summer cup" },
            },
            "quantity": 1,
        }],
        "metadata": { "freshmint_session": "0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11" },
    }));
    paid_of(world, opened.unwrap()["id"].as_str().unwrap());
    the_case(world)
}

/// An order whose payment the payer's bank disputes, and its case.
pub fn disputed(world: &World, reference: &str) -> (Order, Value) {
    let order = world.order(reference);
    let session = world.click_through(&order);
    paid_of(world, &session);
    world.stripe.dispute(&intent_of(world, &order)).unwrap();
    world.deliver();
    (order, the_case(world))
}

fn intent_of(world: &World, order: &Order) -> String {
    world.text(&format!(
        "SELECT payment_intent AS text FROM payments JOIN payment_allocations ON payment_id = id WHERE order_id = '{}'",
        order.id
    ))
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

/// How often Stripe was asked for a refund, and how many it made.
fn refunds(world: &World) -> (usize, usize) {
    let asked = world.stripe.requests();
    let asked: Vec<_> = asked
        .iter()
        .filter(|asked| asked.method == "POST" && asked.path.ends_with("/refunds"))
        .collect();
    let events = world.stripe.events();
    let made = events
        .iter()
        .filter(|event| event["type"] == "charge.refunded");
    (asked.len(), made.count())
}

pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("not within ten seconds: {what}");
}
