//! A mail that came back goes once more: by a person, or with its mailing once the address is another one.

use freshmint::token::Role;
use http::Method;
use serde_json::{Value, json};

use super::{Sent, VERP, about, mark, suppressed, take};
use crate::support::World;

fn ask(world: &World, method: Method, path: &str, body: Value) -> Value {
    let answer = world.api(Role::Operator, method, path, Some(body));
    assert!(answer.status < 300, "{path}: {answer:?}");
    answer.json()
}

/// A mailing that is under way, to these orders.
pub fn mailing(world: &World, references: &[&str]) -> String {
    let post = |path: &str, body| ask(world, Method::POST, path, body);
    let blast = post(
        "/blasts",
        json!({ "name": "Summer cup", "subject": "Your fee", "body": "{{ pay_url }} {{ unsubscribe_url }}",
                "references": references, "first_wave": 0 }),
    );
    let path = format!("/blasts/{}", blast["id"].as_str().expect("an id"));
    let preview = post(&format!("{path}/preview"), json!({}));
    let approval = json!({ "content_hash": preview["content_hash"] });
    post(&format!("{path}/approve"), approval);
    post(&format!("{path}/start"), json!({}));
    path
}

#[test]
fn a_mailing_sends_again_what_was_reported_once_the_address_is_another_one() {
    let world = World::with_mailbox(VERP);
    let order = world.order("CUP-1");
    let path = mailing(&world, &["CUP-1"]);
    assert_eq!(world.carry().len(), 1);
    let report = about(&mark(&world), sample!("postfix-failed.eml"));
    assert_eq!(take(&world, &report)[0]["outcome"], "bounced");
    let blast = ask(&world, Method::GET, &path, json!({}));
    assert_eq!(
        (&blast["counts"]["bounced"], &blast["counts"]["sent"]),
        (&json!(1), &json!(0)),
        "{blast}"
    );
    let again = |retried, left| {
        let answer = ask(
            &world,
            Method::POST,
            &format!("{path}/retry-failed"),
            json!({}),
        );
        assert_eq!(
            (&answer["retried"], &answer["left"]),
            (&json!(retried), &json!(left)),
            "{answer}"
        );
    };
    again(0, 1);
    let orders = format!("/orders/{}", order.id);
    ask(
        &world,
        Method::PATCH,
        &orders,
        json!({ "email": "aunt@example.org" }),
    );
    again(1, 0);
    let said_of_it = "outbox WHERE reported_gone_at IS NOT NULL";
    assert_eq!(world.count(said_of_it), 0, "that was another address");
    let mails = world.carry();
    assert_eq!(mails[0].to, ["aunt@example.org"]);
    assert_eq!(world.mail_states(), ["sent"]);
    // What is said of the mail before is not said of this one.
    assert_eq!(take(&world, &report)[0]["outcome"], "no_mail");
    assert_eq!(suppressed(&world), ["parent@example.org no_such_address"]);
}

#[test]
fn a_mail_that_a_person_sends_again_is_another_mail_to_the_world() {
    let sent = Sent::new();
    let full = sent
        .about(sample!("postfix-failed.eml"))
        .replace("5.1.1", "5.2.2");
    assert_eq!(sent.taken(&full)[0]["outcome"], "bounced");
    let id = sent.world.text("SELECT id::text AS text FROM outbox");
    ask(
        &sent.world,
        Method::POST,
        &format!("/outbox/{id}/retry"),
        json!({}),
    );
    let mails = sent.world.carry();
    let before = format!("<{}@rovers.example.org>", sent.mark);
    let now = format!("<{}@rovers.example.org>", mark(&sent.world));
    assert_ne!(now, before);
    assert_eq!(mails[0].header("Message-ID").as_deref(), Some(now.as_str()));
    // The same report once more.
    assert_eq!(sent.taken(&full)[0]["outcome"], "no_mail");
    assert_eq!(sent.state(), "sent");
}
