//! What payers read of an order whose amount the checkout alone knows, and once it is known.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::{membership, membership_lines, paid};
use crate::support::World;

const UNKNOWN: &str = "the sum shown at the checkout";

#[test]
fn the_page_says_where_the_amount_is_shown_until_it_is_known_and_never_the_prices_id() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let order = membership(&world, "GYM-1");
    let before = world.get(&order.path);
    insta::assert_snapshot!(before.text(), @r"
    Your payment
    Please check what is due, then continue to the payment page.
    Amount due
    the sum shown at the checkout
    Reference
    GYM-1
    Continue to payment
    You pay on a secure page run by Stripe. We never see your card number.
    What it is for
    Description
    Amount
    2 ×
    Item as named at the checkout
    Locker
    €9.50
    Total
    the sum shown at the checkout
    ");

    let answer = world.press(&order.path);
    let session = crate::support::world::session_in(answer.location());
    let after = world.get(&order.path);
    assert!(after.text().contains("€99.50"), "{}", after.text());
    assert!(!after.text().contains(UNKNOWN), "{}", after.text());
    for page in [&before, &after] {
        assert!(!page.body.contains("price_"), "{}", page.body);
    }

    world.stripe.pay(&session).unwrap();
    paid(&world, &order);
    let page = world.get(&order.path);
    assert!(page.text().contains("€99.50"), "{}", page.text());
}

#[test]
fn the_mail_says_where_the_amount_is_shown_until_it_is_known() {
    let world = World::with_mailbox(&[]);
    let order = world.order_with(
        "GYM-1",
        json!({ "lines": membership_lines(), "locale": "de" }),
    );
    world.queue_link(&order);
    let mail = world.carry().pop().expect("a mail");
    assert_eq!(mail.subject(), "Rovers Youth FC: Ihre Zahlung (GYM-1)");
    for words in [
        "2 × Posten laut Bezahlseite",
        "Locker: 9,50 €",
        "Offener Betrag: die Summe, die auf der Bezahlseite steht",
    ] {
        assert!(mail.text().contains(words), "{}", mail.text());
    }
    assert!(!mail.text().contains("price_"), "{}", mail.text());

    world.click_through(&order);
    world.queue_link(&order);
    let mail = world.carry().pop().expect("a mail");
    assert_eq!(mail.subject(), "Rovers Youth FC: 99,50 € zu zahlen (GYM-1)");
    assert!(
        mail.text().contains("Offener Betrag: 99,50 €"),
        "{}",
        mail.text()
    );
}

#[test]
fn a_mailing_is_previewed_with_words_in_place_of_the_amount() {
    let world = World::with_mailbox(&[]);
    membership(&world, "GYM-1");
    let post = |path: &str, body| {
        let answer = world.api(Role::Operator, Method::POST, path, Some(body));
        assert!(answer.status < 300, "{answer:?}");
        answer.json()
    };
    let mailing = json!({
        "name": "Fees",
        "subject": "Your membership",
        "body": "Please pay {{ amount }}:\n{{ lines }}\n{{ pay_url }}",
        "filter": { "status": "open" },
    });
    let id = post("/blasts", mailing)["id"].clone();
    let preview = post(
        &format!("/blasts/{}/preview", id.as_str().unwrap()),
        json!({}),
    );
    assert_eq!(preview["problems"], json!([]));
    let body = preview["samples"][0]["body"].as_str().unwrap();
    let wanted =
        format!("Please pay {UNKNOWN}:\n  2 × Item as named at the checkout\n  Locker: €9.50\n");
    assert!(body.starts_with(&wanted), "{body}");
}
