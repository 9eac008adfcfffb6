//! Every mail to payers as it arrives, in every language: to be read.

use chrono::Duration;
use freshmint::{language::Language, token::Role};
use reqwest::Method;
use serde_json::json;

use super::states::email;
use crate::{
    mail::arriving,
    support::{Order, World},
};

/// A shop that may write about carts.
fn shop() -> World {
    let world = World::with_mailbox(&[("TIME_ZONE", "Europe/Rome")]);
    let on = json!({ "recovery_enabled": true });
    world.api(Role::Admin, Method::PUT, "/settings", Some(on));
    world
}

#[test]
fn each_reads_as_somebody_of_that_language_writes() {
    let world = shop();
    for language in Language::ALL {
        let code = language.words().code;
        let order = bill(&world, code);
        world.queue_link(&order);
        let mut mails = vec![carried(&world)];
        mails.push(blast(&world, &order));
        world.abandon(&order);
        world.pass(Duration::hours(1));
        mails.push(carried(&world));
        leave_a_cart(&world, code);
        mails.push(carried(&world));
        let all = mails.join("\n\n======\n\n");
        arriving::settings().bind(|| insta::assert_snapshot!(format!("in-{code}"), all));
    }
}

/// The one mail that is due, its subject and its text.
fn carried(world: &World) -> String {
    let mails = world.carry();
    let [mail] = &mails[..] else {
        panic!("one mail, not {}", mails.len());
    };
    format!("Subject: {}\n\n{}", mail.subject(), mail.text().trim_end())
}

fn bill(world: &World, locale: &str) -> Order {
    let lines = json!([
        { "description": "Summer Cup 2026, U12", "unit_amount": 104_500, "quantity": 1 },
        { "description": "Team shirt, size 140", "unit_amount": 2350, "quantity": 2 },
    ]);
    let body = json!({
        "locale": locale, "name": "Kim Miller", "email": email("mails", locale), "lines": lines,
        "metadata": { "team": "U12" },
    });
    world.order_with(&format!("MAILS-{locale}").to_uppercase(), body)
}

/// The mail of a mailing, whose words are the shop's own but for its end.
fn blast(world: &World, order: &Order) -> String {
    let write = |path: &str, body| {
        let answer = world.api(Role::Admin, Method::POST, path, Some(body));
        assert!(answer.status < 300, "{path}: {answer:?}");
        answer.json()
    };
    let drafted = json!({
        "name": order.reference, "subject": "{{ shop_name }}: {{ amount }}",
        "body": "{{ name }}: {{ amount }}\n\n{{ pay_url }}", "references": [order.reference],
    });
    let id = write("/blasts", drafted)["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let seen = write(&format!("/blasts/{id}/preview"), json!({}));
    let hash = json!({ "content_hash": seen["content_hash"] });
    write(&format!("/blasts/{id}/approve"), hash);
    write(&format!("/blasts/{id}/start"), json!({}));
    carried(world)
}

fn leave_a_cart(world: &World, locale: &str) {
    let asked = json!({
        "mode": "payment", "success_url": "https://shop.example/thanks",
        "customer_email": email("cart", locale), "locale": locale,
        "line_items": [{ "price_data": { "currency": "eur", "unit_amount": 2900,
            "product_data": { "name": "Scarf, blue" } }, "quantity": 2 }],
    });
    let session = world.stripe.open_foreign_session(asked).expect("a session");
    world
        .stripe
        .expire(session["id"].as_str().expect("an id"))
        .expect("it is open");
    world.deliver();
    world.pass(Duration::hours(1));
}
