//! Payers read the shop's own time.

use chrono::{DateTime, Duration, Timelike, Utc};
use chrono_tz::Pacific::Auckland;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use crate::support::{World, world::session_in};

/// A shop in whose evening, by UTC, the next day has long begun where it is.
fn shop() -> World {
    let world = World::with_mailbox(&[("TIME_ZONE", "Pacific/Auckland")]);
    let on = json!({ "recovery_enabled": true });
    world.api(Role::Admin, Method::PUT, "/settings", Some(on));
    let until_evening = (20 + 24 - i64::from(world.now().hour())) % 24;
    world.pass(Duration::hours(until_evening));
    world
}

#[test]
fn the_page_tells_when_it_was_paid_as_clocks_of_the_shop_show_it() {
    let world = shop();
    let order = world.order("CUP-1");
    let session = session_in(world.press(&order.path).location());
    world.stripe.pay(&session).expect("it is open");
    world.deliver();
    let page = world.get(&order.path).body;
    let (stamp, said) = page
        .split_once("<time datetime=\"")
        .and_then(|(_, rest)| rest.split_once("</time>"))
        .and_then(|(time, _)| time.split_once("\">"))
        .expect("when it was paid");
    let at: DateTime<Utc> = stamp.parse().expect("a time in UTC");
    let there = at.with_timezone(&Auckland);
    assert_eq!(said, there.format("%-d %B %Y, %H:%M").to_string());
    assert_ne!(there.date_naive(), at.date_naive(), "so the test can tell");
}

#[test]
fn the_mail_about_a_cart_names_the_day_that_it_was_where_the_shop_is() {
    let world = shop();
    let began = world.now();
    let asked = json!({
        "mode": "payment", "success_url": "https://shop.example/thanks", "customer_email": "kim@example.org",
        "line_items": [{ "price_data": { "currency": "eur", "unit_amount": 2900,
            "product_data": { "name": "Scarf, blue" } }, "quantity": 2 }],
    });
    let session = world.stripe.open_foreign_session(asked).expect("a session");
    let session = session["id"].as_str().expect("an id");
    world.stripe.expire(session).expect("it is open");
    world.deliver();
    world.pass(Duration::hours(1));
    let mail = world.carry().pop().expect("a mail").text();
    let there = began.with_timezone(&Auckland).format("%-d %B %Y");
    assert!(mail.contains(&format!("On {there} you began")), "{mail}");
}
