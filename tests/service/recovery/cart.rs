//! The mail about a cart, and the link that restores it.

use serde_json::json;

use super::{an_hour, decisions, left, opened, opened_with, shop, switch};
use crate::{
    simulator::{Call, Fault, Price},
    support::{
        World,
        browser::{client, runtime},
        world::session_in,
    },
};

/// The path of the pay link in the last mail.
pub fn link(world: &World) -> String {
    let mails = world.mailbox().mails();
    let links = mails.last().expect("a mail").links();
    let link = links
        .iter()
        .find(|link| link.contains("/pay/"))
        .expect("a pay link");
    link[link.find("/pay/").expect("a path")..].to_owned()
}

/// The checkout that the link leads to, as Stripe has it.
pub fn restored(world: &World) -> serde_json::Value {
    let answer = world.get(&link(world));
    assert_eq!(answer.status, 303, "{}", answer.body);
    world
        .stripe
        .session(&session_in(answer.location()))
        .expect("it is there")
}

#[test]
fn says_what_was_in_it_and_the_link_puts_it_into_a_new_checkout() {
    let world = shop();
    left(&world, Some("kim@example.org"));
    an_hour(&world);
    let mail = world.carry().pop().expect("a mail");
    let text = mail.text();
    for said in ["Scarf, blue", "58.00", "Postage", "4.50", "62.50", "once"] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    let checkout = restored(&world);
    assert_eq!(checkout["amount_total"], 6250);
    assert_eq!(checkout["customer_email"], "kim@example.org");
    assert_eq!(
        checkout["custom_text"]["submit"],
        json!(null),
        "no other reminder follows"
    );
    world
        .stripe
        .pay(checkout["id"].as_str().expect("an id"))
        .expect("it is open");
    world.deliver();
    assert_eq!(
        world.text("SELECT kind || ' ' || status AS text FROM orders"),
        "recovered paid"
    );
    assert!(world.get(&link(&world)).text().contains("Already paid"));
}

#[test]
fn as_it_arrives() {
    for locale in ["en", "de"] {
        let world = shop();
        let session = opened_with(
            &world,
            json!({
                "mode": "payment",
                "success_url": "https://shop.example/thanks",
                "customer_email": "kim@example.org",
                "locale": locale,
                "line_items": [{ "price_data": { "currency": "eur", "unit_amount": 2900,
                    "product_data": { "name": "Scarf, blue" } }, "quantity": 2 }],
            }),
        );
        world.stripe.expire(&session).expect("it is open");
        world.deliver();
        an_hour(&world);
        assert_eq!(world.carry().len(), 1);
        crate::mail::arriving::settings().bind(|| {
            insta::assert_snapshot!(
                format!("cart-{locale}"),
                crate::mail::arriving::shown(&world)
            );
        });
    }
}

#[test]
fn its_page_speaks_of_a_cart_and_not_of_a_debt() {
    let world = World::with_mailbox(&[("PAY_CLICK", "confirm")]);
    switch(&world, true);
    left(&world, Some("kim@example.org"));
    an_hour(&world);
    world.carry();
    let reference = world.text("SELECT reference AS text FROM orders");
    let page = world.get(&link(&world)).text();
    for said in ["Your cart", "Total", "€62.50", "Scarf, blue"] {
        assert!(page.contains(said), "{said}\n{page}");
    }
    assert!(
        !page.contains("due") && !page.contains(&reference),
        "{page}"
    );
    assert_eq!(world.command(&["orders", "cancel", &reference]).0, 0);
    let page = world.get(&link(&world)).text();
    assert!(page.contains("This cart is closed"), "{page}");
    assert!(!page.contains(&reference), "{page}");
}

#[test]
fn prices_of_the_catalogue_stay_prices_and_one_that_is_gone_becomes_an_amount() {
    let world = shop();
    let price = |active| Price {
        id: "price_scarf".to_owned(),
        active,
        unit_amount: 2900,
        product: "Scarf, blue".to_owned(),
        ..Price::default()
    };
    for active in [true, false] {
        world.stripe.set_price(price(true));
        let params = json!({
            "mode": "payment",
            "success_url": "https://shop.example/thanks",
            "customer_email": format!("{active}@example.org"),
            "line_items": [{ "price": "price_scarf", "quantity": 2 }],
        });
        let session = opened_with(&world, params);
        world.stripe.set_price(price(active));
        world.stripe.expire(&session).expect("it is open");
        world.deliver();
        an_hour(&world);
        let mail = world.carry().pop().expect("a mail");
        assert!(
            mail.text().contains("Scarf, blue") && mail.text().contains("58.00"),
            "{}",
            mail.text()
        );
        restored(&world);
        let asked = world.stripe.requests();
        let mint = asked
            .iter()
            .rev()
            .find(|asked| asked.method == "POST")
            .expect("a mint");
        let line = &mint.params["line_items"]["0"];
        let line = if line.is_null() {
            &mint.params["line_items"][0]
        } else {
            line
        };
        assert_eq!(line["price"] == "price_scarf", active, "{line}");
    }
}

#[test]
fn while_stripe_does_not_tell_what_was_in_it_nothing_is_decided_and_later_it_is() {
    let world = shop();
    let session = opened(&world, Some("kim@example.org"));
    world.stripe.expire(&session).expect("it is open");
    world
        .stripe
        .inject(Call::LineItems, Fault::Html502, usize::MAX);
    world.deliver();
    assert_eq!(decisions(&world), [""; 0]);
    assert_eq!(world.count("stripe_events WHERE state = 'pending'"), 1);
    world.stripe.clear_faults();
    world.execute("UPDATE stripe_events SET not_before = to_timestamp(0)");
    world.work_off();
    assert_eq!(decisions(&world), ["scheduled"]);
}

#[test]
fn an_order_of_ours_imported_from_an_older_system_is_no_cart() {
    let world = shop();
    let session = left(&world, None);
    let file = format!(
        "reference,email,name,currency,description,amount,stripe_session_id\n\
         CUP-1,kim@example.org,Kim,EUR,Cup,45.00,{session}\n"
    );
    let (code, out, said) = crate::import::import(&world, file.as_bytes(), &[]);
    assert_eq!(code, 0, "{out}{said}");
    assert_eq!(
        world.text("SELECT origin AS text FROM checkout_sessions"),
        "imported"
    );
}

/// Stripe lets a Customer have none, so that nobody can tell from the session.
fn customer_without_an_address(world: &World) -> String {
    let url = format!("{}/v1/customers", world.stripe.url());
    let asked = client()
        .post(url)
        .bearer_auth(&world.settings()["STRIPE_SECRET_KEY"])
        .header("content-type", "application/x-www-form-urlencoded")
        .body("name=Kim");
    let answer = runtime().block_on(async { asked.send().await?.text().await });
    let customer: serde_json::Value =
        serde_json::from_str(&answer.expect("an answer")).expect("JSON");
    customer["id"].as_str().expect("an id").to_owned()
}

#[test]
fn doctor_tells_whether_a_checkout_of_the_shops_site_says_what_may_follow() {
    let world = shop();
    let told = |session: &str| world.command(&["doctor", "--session", session]);
    let (code, said, _) = told(&opened(&world, None));
    assert_eq!((code, said.lines().count()), (1, 2), "that alone: {said}");
    assert!(
        said.contains("FAIL  address") && said.contains("FAIL  notice"),
        "{said}"
    );
    let with = |who: (&str, &str), notice: &str| {
        let mut params = json!({
            "mode": "payment",
            "success_url": "https://shop.example/thanks",
            "custom_text": { "submit": { "message": notice } },
            "line_items": [{ "price_data": { "currency": "eur", "unit_amount": 2900,
                "product_data": { "name": "Scarf" } }, "quantity": 1 }],
        });
        params[who.0] = json!(who.1);
        told(&opened_with(&world, params))
    };
    let address = ("customer_email", "kim@example.org");
    let (code, said, _) = with(address, "One mail may follow.");
    assert_eq!(code, 1);
    assert!(
        said.contains("FAIL  notice") && said.contains("It says: One mail may follow."),
        "{said}"
    );
    let notice = "One mail may follow. Rather not? Tell shop@example.org.";
    let (code, said, _) = with(address, notice);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains(&format!("the page says: {notice} (read it")),
        "{said}"
    );
    let customer = customer_without_an_address(&world);
    let (code, said, _) = with(("customer", &customer), notice);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("ok    address"), "{said}");
    let (code, said, _) = told("cs_test_nothing");
    assert_eq!(code, 1);
    assert!(
        said.contains("no cs_test_nothing under this key") && said.contains("(test)"),
        "{said}"
    );
}

#[test]
fn whoever_dies_while_stripe_is_asked_leaves_the_event_to_the_next() {
    let world = shop();
    let session = opened(&world, Some("kim@example.org"));
    world.stripe.expire(&session).expect("it is open");
    let slow = Fault::Latency(std::time::Duration::from_secs(2));
    world.stripe.inject(Call::LineItems, slow, 1);
    let statuses = world
        .stripe
        .deliver_all(crate::simulator::Order::AsHappened);
    assert_eq!(statuses, Ok(vec![200]));
    // The worker that has claimed the event goes away in the middle.
    let patience = std::time::Duration::from_millis(500);
    let gone = runtime().block_on(async {
        tokio::time::timeout(patience, freshmint::consumer::work_off(&world.app)).await
    });
    assert!(gone.is_err());
    assert_eq!(decisions(&world), [""; 0]);
    assert_eq!(world.count("orders"), 0);
    world.execute("UPDATE stripe_events SET claimed_until = now() - interval '1 second'");
    world.work_off();
    assert_eq!(decisions(&world), ["scheduled"]);
    assert_eq!(world.count("orders"), 1);
}

#[test]
fn a_subscription_is_restored_as_one_also_when_its_price_is_gone() {
    for active in [true, false] {
        let world = shop();
        let price = |active| Price {
            id: "price_club".to_owned(),
            active,
            unit_amount: 1500,
            recurring: Some("month".to_owned()),
            ..Price::default()
        };
        world.stripe.set_price(price(true));
        let session = opened_with(
            &world,
            json!({
                "mode": "subscription",
                "success_url": "https://shop.example/thanks",
                "customer_email": "kim@example.org",
                "line_items": [{ "price": "price_club", "quantity": 1 }],
            }),
        );
        world.stripe.set_price(price(active));
        world.stripe.expire(&session).expect("it is open");
        world.deliver();
        an_hour(&world);
        let mail = world.carry().pop().expect("a mail");
        assert!(mail.text().contains("Membership") && mail.text().contains("15.00"));
        let checkout = restored(&world);
        assert_eq!(checkout["mode"], "subscription", "{active}");
        assert_eq!(checkout["amount_total"], 1500, "{active}");
        let id = checkout["id"].as_str().expect("an id");
        world.stripe.pay(id).expect("it is open");
        world.deliver();
        assert_eq!(
            world.text("SELECT status AS text FROM orders"),
            "paid",
            "{active}"
        );
    }
}
