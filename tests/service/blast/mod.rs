//! Mailings: written, looked at, approved, started; and then what their rows say.

mod afterwards;
mod approval;
mod commands;
mod control;
mod killed;
mod life;
mod lists;
mod look;
mod many;
mod meanwhile;
mod pace;
mod paper;
mod preflight;
mod problems;
mod recall;
mod starting;
mod stops;
mod stream;
mod templates;
mod wave;
mod who;
mod whom;

use freshmint::{
    suppression::{self, AddressKey, Cause},
    token::Role,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Order, World};

const BODY: &str = "Dear {{ name }},\n\n{{ lines }}\n\nPlease pay {{ amount }} for {{ reference }}:\n{{ pay_url }}\n\nYours,\n{{ shop_name }}";

fn get(world: &World, path: &str) -> Value {
    let answer = world.api(Role::Viewer, Method::GET, path, None);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn post(world: &World, path: &str, body: Value) -> Answer {
    world.api(Role::Operator, Method::POST, path, Some(body))
}

/// What a mailing usually has, with other fields put over it.
fn fields(changed: Value) -> Value {
    // No first wave, which nobody here would let go on: `wave` is about that.
    let mut body = json!({ "name": "Summer cup", "subject": "{{ reference }}: {{ amount }}", "body": BODY,
        "first_wave": 0 });
    if let (Some(body), Value::Object(changed)) = (body.as_object_mut(), changed) {
        body.extend(changed);
    }
    body
}

/// Writes a mailing; tells its id.
fn written(world: &World, changed: Value) -> String {
    let answer = post(world, "/blasts", fields(changed));
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// A mailing to every open order.
fn to_all(world: &World) -> String {
    written(world, json!({ "filter": { "status": "open" } }))
}

fn act(world: &World, id: &str, what: &str) -> Answer {
    post(world, &format!("/blasts/{id}/{what}"), json!({}))
}

/// Does what must succeed.
#[track_caller]
fn done(world: &World, id: &str, what: &str) -> Value {
    let answer = act(world, id, what);
    assert_eq!(answer.status, 200, "{what}: {answer:?}");
    answer.json()
}

/// Tries what must be refused with 409; tells the sentence.
#[track_caller]
fn refused(world: &World, id: &str, what: &str) -> String {
    told(&act(world, id, what), 409)
}

#[track_caller]
fn told(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{answer:?}");
    answer.json()["detail"].as_str().unwrap().to_owned()
}

fn preview(world: &World, id: &str) -> Value {
    done(world, id, "preview")
}

fn problems(world: &World, id: &str) -> Vec<String> {
    let preview = preview(world, id);
    let problems = preview["problems"].as_array().unwrap().iter();
    problems
        .map(|problem| problem.as_str().unwrap().to_owned())
        .collect()
}

fn approve(world: &World, id: &str) -> Answer {
    let hash = preview(world, id)["content_hash"].clone();
    post(
        world,
        &format!("/blasts/{id}/approve"),
        json!({ "content_hash": hash }),
    )
}

/// Approves what its preview shows.
#[track_caller]
fn approved(world: &World, id: &str) {
    let answer = approve(world, id);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["state"], "approved");
}

/// Approves and starts it.
#[track_caller]
fn started(world: &World, id: &str) -> Value {
    approved(world, id);
    done(world, id, "start")
}

fn show(world: &World, id: &str) -> Value {
    get(world, &format!("/blasts/{id}"))
}

fn state(world: &World, id: &str) -> String {
    show(world, id)["state"].as_str().unwrap().to_owned()
}

fn change(world: &World, id: &str, body: Value) -> Answer {
    world.api(
        Role::Operator,
        Method::PATCH,
        &format!("/blasts/{id}"),
        Some(body),
    )
}

fn change_order(world: &World, order: &Order, body: Value) {
    let path = format!("/orders/{}", order.id);
    let answer = world.api(Role::Operator, Method::PATCH, &path, Some(body));
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn paid(world: &World, order: &Order) {
    let session = world.click_through(order);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    assert_eq!(world.status(order), "paid");
}

fn family(world: &World, reference: &str, email: &str) -> Order {
    world.order_with(reference, json!({ "email": email }))
}

/// `CUP-1`, `CUP-2` …, each with an address of its own.
fn families(world: &World, count: usize) -> Vec<Order> {
    let family = |n| {
        family(
            world,
            &format!("CUP-{n}"),
            &format!("parent{n}@example.org"),
        )
    };
    (1..=count).map(family).collect()
}

/// Nobody writes to this address any more.
fn unsubscribed(world: &World, email: &str) {
    let cause = Cause {
        reason: "unsubscribed".to_owned(),
        doing: freshmint::activity::Doing {
            actor: "test".to_owned(),
            at: world.now(),
            note: None,
        },
    };
    let listed = world.app.db.run_blocking(|connection| {
        let hash = AddressKey::load(connection)?.hash(email);
        suppression::add(connection, hash, Some(email), &cause)
    });
    listed.expect("the database answers");
}

/// The mails of mailings with the state of each, in the order in which they are due.
fn mails(world: &World) -> Vec<String> {
    world.texts(
        "SELECT orders.reference || ' ' || mail.state || coalesce(' ' || mail.skip_reason, '') AS text \
         FROM outbox mail JOIN outbox_orders about ON about.mail_id = mail.id \
             JOIN orders ON orders.id = about.order_id \
         WHERE mail.kind = 'blast' ORDER BY mail.due_at, mail.id",
    )
}

/// What the mail server is made to have done, without one.
fn set_mail(world: &World, reference: &str, set: &str) {
    let changed = world.execute(&format!(
        "UPDATE outbox SET {set} WHERE kind = 'blast' AND id IN (SELECT mail_id FROM outbox_orders about \
             JOIN orders ON orders.id = about.order_id WHERE reference = '{reference}')"
    ));
    assert_eq!(changed, 1, "{reference}");
}

const SENT: &str = "state = 'sent', sent_at = now()";

fn texts() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(
        r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
        "[token]",
    );
    settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}", "[id]");
    settings.add_filter(r"[0-9a-f]{64}", "[hash]");
    settings.add_filter(r"20\d\d-\d\d-\d\dT[0-9:.]+Z", "[time]");
    settings
}
