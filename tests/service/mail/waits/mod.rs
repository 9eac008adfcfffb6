//! Mail that waits: whose fault a refusal is, what is used up, and how it goes on.

mod goes_on;
mod killed;
mod meaning;
mod nothing;
mod people;
mod quota;
mod speed;
mod streak;

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    mailbox::{Action, Rule, Stage},
    support::{Answer, World},
};

/// Everybody is refused.
fn refuse(world: &World, stage: Stage, code: u16, text: &str) {
    refuse_only(world, None, stage, code, text);
}

/// Those are refused whose address contains this.
fn refuse_only(world: &World, whom: Option<&str>, stage: Stage, code: u16, text: &str) {
    world.mailbox().set_rules(vec![Rule {
        stage,
        recipient: whom.map(str::to_owned),
        action: Action::Reply(code, text.to_owned()),
        times: None,
    }]);
}

/// A mail to somebody at this address.
fn to(world: &World, reference: &str, email: &str) -> String {
    let order = world.order_with(reference, json!({ "email": email }));
    world.queue_link(&order).to_string()
}

/// Mails to so many families, each at a server of its own.
fn families(world: &World, count: usize) -> Vec<String> {
    let family = |n| {
        to(
            world,
            &format!("FAM-{n}"),
            &format!("parent{n}@family{n}.example"),
        )
    };
    (1..=count).map(family).collect()
}

/// One mail after the other, so that their order is known.
fn one_by_one() -> World {
    World::with_mailbox(&[("MAIL_CONNECTIONS", "1")])
}

fn states(world: &World) -> Vec<String> {
    world.texts("SELECT state || ' ' || count(*) AS text FROM outbox GROUP BY state ORDER BY state")
}

fn cause(world: &World) -> String {
    world.text("SELECT cause AS text FROM outbox_pause")
}

fn act(world: &World, path: &str) -> Answer {
    world.api(Role::Operator, Method::POST, path, None)
}

fn retry(world: &World, mail: &str) {
    let answer = act(world, &format!("/outbox/{mail}/retry"));
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn resume(world: &World) -> Value {
    let answer = act(world, "/outbox/resume");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// The next step that an order's story tells.
fn next_step(world: &World, reference: &str) -> String {
    let id = world.text(&format!(
        "SELECT id::text AS text FROM orders WHERE reference = '{reference}'"
    ));
    let path = format!("/orders/{id}/timeline");
    let story = world.api(Role::Viewer, Method::GET, &path, None).json();
    story["next_step"].as_str().unwrap_or_default().to_owned()
}

fn recipients(world: &World) -> Vec<String> {
    let mails = world.mailbox().mails();
    mails.iter().flat_map(|mail| mail.to.clone()).collect()
}
