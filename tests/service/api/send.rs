//! `POST /orders/{id}/send`: an order's link as a mail of its own.

use freshmint::token::Role;
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use super::{act, get, post, problem, show, token};
use crate::support::{
    Answer, Order, World,
    browser::{client, runtime, send},
};

fn ask(world: &World, order: &Order) -> Answer {
    act(world, order, "send", json!({}))
}

/// Subject and text of a mail, with names for its links.
fn said(world: &World, mail: &Value, order: &Order) -> String {
    let path = format!("/outbox/{}", mail["id"].as_str().unwrap());
    let mail = get(world, &path).json();
    let text = |key: &str| mail[key].as_str().unwrap().to_owned();
    let pay_url = show(world, order)["pay_url"].as_str().unwrap().to_owned();
    let line = |line: &str| match line.split_once("/unsubscribe/") {
        Some((start, _)) => format!("{start}/unsubscribe/[token]"),
        None => line.replace(&pay_url, "[pay_url]"),
    };
    let body: Vec<String> = text("body").lines().map(line).collect();
    format!("{}\n\n{}", text("subject"), body.join("\n"))
}

#[test]
fn the_mail_is_in_the_outbox_and_says_what_is_owed() {
    let world = World::new();
    let order = world.order("CUP-1");
    let answer = ask(&world, &order);
    assert_eq!(answer.status, 201, "{answer:?}");
    let mail = answer.json();
    let id = mail["id"].as_str().unwrap();
    assert_eq!(answer.location(), format!("/api/v1/outbox/{id}"));
    assert_eq!(
        mail,
        json!({
            "id": id, "kind": "link", "order_id": order.id, "blast_id": null, "to": "parent@example.org",
            "subject": mail["subject"], "state": "queued", "reason": null, "attempts": 0, "last_error": null,
            "message_id": mail["message_id"], "created_at": mail["created_at"], "due_at": null,
            "sent_at": null,
        })
    );
    assert_snapshot!(said(&world, &mail, &order), @r"
        Rovers Youth FC: €45.00 to pay (CUP-1)

        Hello Kim Miller,

        Here is what is due:

          Summer cup, U12: €45.00

        Amount due: €45.00
        Reference: CUP-1

        You can pay here:

        [pay_url]

        The link is meant for you and keeps working until this is settled.

        -- 
        Rovers Youth FC
        https://rovers.example.org/
        Questions? treasurer@rovers.example.org
        No more mail from us to this address:
        http://127.0.0.1:61199/unsubscribe/[token]
        ");
}

#[test]
fn it_speaks_the_payers_language() {
    let world = World::new();
    let lines = json!([
        { "description": "Sommercup U12", "unit_amount": 4500, "quantity": 2 },
        { "description": "T-Shirt Größe M", "unit_amount": 1250, "quantity": 1 },
    ]);
    let fields = json!({ "locale": "de-AT", "name": null, "lines": lines });
    let order = world.order_with("CUP-1", fields);
    let mail = ask(&world, &order).json();
    assert_snapshot!(said(&world, &mail, &order), @r"
        Rovers Youth FC: 102,50 € zu zahlen (CUP-1)

        Guten Tag,

        das ist bei uns offen:

          2 × Sommercup U12: 90,00 €
          T-Shirt Größe M: 12,50 €

        Offener Betrag: 102,50 €
        Referenz: CUP-1

        Hier können Sie bezahlen:

        [pay_url]

        Der Link ist für Sie bestimmt und gilt, bis alles erledigt ist.

        -- 
        Rovers Youth FC
        https://rovers.example.org/
        Fragen? treasurer@rovers.example.org
        Keine Mails mehr von uns an diese Adresse:
        http://127.0.0.1:61199/unsubscribe/[token]
        ");
}

#[test]
fn while_one_is_on_its_way_asking_again_makes_no_second_one() {
    let world = World::new();
    let order = world.order("CUP-1");
    let first = ask(&world, &order);
    let sending = "UPDATE outbox SET state = 'sending', claim_id = id, claimed_until = now() + interval '1 minute'";
    let again = ask(&world, &order);
    assert_eq!((again.status, again.json()), (200, first.json()));
    world.execute(sending);
    let again = ask(&world, &order);
    assert_eq!(
        (again.status, &again.json()["state"]),
        (200, &json!("sending"))
    );
    assert_eq!(world.count("outbox"), 1);
    assert_eq!(world.count("activity WHERE category = 'mail'"), 1);

    world.execute("UPDATE outbox SET state = 'sent', claimed_until = NULL, sent_at = now()");
    let fresh = ask(&world, &order);
    assert_eq!(fresh.status, 201);
    assert_ne!(fresh.json()["id"], first.json()["id"]);
}

#[test]
fn a_mail_about_another_order_does_not_stand_in_its_way() {
    let world = World::new();
    assert_eq!(ask(&world, &world.order("CUP-1")).status, 201);
    assert_eq!(ask(&world, &world.order("CUP-2")).status, 201);
    assert_eq!(
        world.count("outbox WHERE address = 'parent@example.org'"),
        2
    );
}

#[test]
fn of_many_who_ask_at_once_one_makes_the_mail() {
    let world = World::new();
    let order = world.order("CUP-1");
    let token = token(&world, Role::Operator);
    let asks = (0..6).map(|_| {
        let url = format!("{}/api/v1/orders/{}/send", world.url(), order.id);
        runtime().spawn(send(client().post(url).bearer_auth(&token)))
    });
    let asks: Vec<_> = asks.collect();
    let mut statuses: Vec<u16> = asks
        .into_iter()
        .map(|ask| runtime().block_on(ask).unwrap().status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 201]);
    assert_eq!(world.count("outbox"), 1);
}

#[test]
fn an_order_that_is_not_open_or_has_no_address_is_not_mailed() {
    let world = World::new();
    let cancelled = world.order("CUP-1");
    ask(&world, &cancelled);
    act(&world, &cancelled, "cancel", json!({}));
    let refused = problem(&ask(&world, &cancelled), 409);
    assert_eq!(
        refused["detail"],
        "the order is cancelled; only the link of one that is open can be mailed"
    );
    let silent = world.order_with("CUP-2", json!({ "email": null }));
    let refused = problem(&ask(&world, &silent), 409);
    assert!(refused["detail"].as_str().unwrap().contains("no address"));
    assert_eq!(world.count("outbox"), 1);
}

#[test]
fn to_an_address_that_is_not_written_to_it_is_suppressed() {
    let world = World::new();
    let order = world.order("CUP-1");
    post(
        &world,
        "/suppressions",
        json!({ "email": "parent@example.org" }),
    );
    let answer = ask(&world, &order);
    assert_eq!(
        (answer.status, &answer.json()["state"]),
        (201, &json!("suppressed"))
    );
}

#[test]
fn the_orders_history_says_who_asked() {
    let world = World::new();
    let order = world.order("CUP-1");
    ask(&world, &order);
    let line = "SELECT category || ' by ' || actor || ': ' || what || ' of ' || order_id AS text \
                FROM activity WHERE category = 'mail'";
    assert_eq!(
        world.texts(line),
        [format!(
            "mail by api:operator-0: mail queued: link of {}",
            order.id
        )]
    );
}

#[test]
fn a_body_is_not_needed_and_says_nothing() {
    let world = World::new();
    let order = world.order("CUP-1");
    problem(
        &act(&world, &order, "send", json!({ "to": "x@example.org" })),
        422,
    );
    let path = format!("/orders/{}/send", order.id);
    problem(&world.api(Role::Viewer, Method::POST, &path, None), 403);
    assert_eq!(world.count("outbox"), 0);
    assert_eq!(
        world.api(Role::Operator, Method::POST, &path, None).status,
        201
    );
    for nobody in ["0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11", "CUP-1", "%FF"] {
        problem(
            &post(&world, &format!("/orders/{nobody}/send"), json!({})),
            404,
        );
    }
}
