//! Orders in every state, and what is wrong around them.

use chrono::Duration;
use freshmint::{order, token::Role};
use reqwest::Method;
use serde_json::{Value, json};

use super::Stop;
use crate::{
    simulator::{Call, Fault},
    support::{Order, World, world::session_in},
};

/// An address is written to once a week about carts.
pub fn email(name: &str, locale: &str) -> String {
    format!("{name}.{locale}@example.org")
}

/// A bill with a shirt and a journey, so that a sum stands below the lines.
fn bill(world: &World, name: &str, locale: &str) -> Order {
    let lines = json!([
        { "description": "Summer Cup 2026, U12", "unit_amount": 104_500, "quantity": 1 },
        { "description": "Team shirt, size 140", "unit_amount": 2350, "quantity": 2 },
    ]);
    let body = json!({ "locale": locale, "email": email(name, locale), "lines": lines });
    world.order_with(&format!("{name}-{locale}").to_uppercase(), body)
}

fn act(world: &World, order: &Order, what: &str, body: Value) {
    let path = format!("/orders/{}/{what}", order.id);
    let answer = world.api(Role::Admin, Method::POST, &path, Some(body));
    assert!(answer.status < 300, "{what}: {answer:?}");
}

/// Opens the order's checkout; tells its id.
fn opened(world: &World, path: &str) -> String {
    session_in(world.press(path).location())
}

fn back(path: &str) -> String {
    format!("{path}/return")
}

/// What bills have for payers.
pub fn bills(world: &World, locale: &str) -> Vec<Stop> {
    let new = |name| bill(world, name, locale);
    let mut stops = vec![Stop::at("continue", new("open").path)];
    let replaced = new("replaced");
    let note = json!({ "note": "The fee in our first mail was wrong: siblings pay half." });
    act(world, &replaced, "withdraw-link", note);
    stops.push(Stop::at("replaced", replaced.path));
    let nothing_due = new("replaced2");
    act(world, &nothing_due, "withdraw-link", json!({}));
    act(world, &nothing_due, "cancel", json!({}));
    stops.push(Stop::at("replaced-nothing-due", nothing_due.path));
    let left = new("left");
    opened(world, &left.path);
    stops.push(Stop::at("not-yet-paid", back(&left.path)));
    stops.extend(debits(world, locale));
    let misfit = new("misfit");
    let session = opened(world, &misfit.path);
    world.stripe.pay_amount(&session, 4000).expect("open");
    stops.push(Stop::at("in-review", back(&misfit.path)));
    stops.extend(paid(world, locale));
    let settled = new("settled");
    act(world, &settled, "settle", json!({ "how": "cash" }));
    stops.push(Stop::at("settled-offline", settled.path));
    let cancelled = new("cancelled");
    act(world, &cancelled, "cancel", json!({}));
    stops.push(Stop::at("cancelled", cancelled.path));
    let many = new("many");
    twenty_mints(world, &many);
    stops.push(Stop::behind("too-many", many.path));
    stops
}

fn debits(world: &World, locale: &str) -> [Stop; 2] {
    let [on_its_way, failed] = ["debit", "failed"].map(|name| {
        let order = bill(world, name, locale);
        let session = opened(world, &order.path);
        world.stripe.start_debit(&session).expect("it is open");
        (order, session)
    });
    world.deliver();
    let settled = world.stripe.settle_debit(&failed.1, false);
    settled.expect("it is on its way");
    world.deliver();
    [
        Stop::at("processing", on_its_way.0.path),
        Stop::at("debit-failed", failed.0.path),
    ]
}

fn paid(world: &World, locale: &str) -> [Stop; 4] {
    let [just, paid, refunded, partly] = ["just", "paid", "refunded", "partly"].map(|name| {
        let order = bill(world, name, locale);
        let session = opened(world, &order.path);
        world.stripe.pay(&session).expect("it is open");
        order
    });
    world.deliver();
    for (order, amount) in [(&refunded, None), (&partly, Some(2000))] {
        let key = json!({ "key": order.reference, "amount": amount });
        act(world, order, "refund", key);
    }
    world.deliver();
    [
        Stop::at("just-paid", back(&just.path)),
        Stop::at("paid", paid.path),
        Stop::at("refunded", refunded.path),
        Stop::at("partly-refunded", partly.path),
    ]
}

/// As if its link had been played with.
fn twenty_mints(world: &World, order: &Order) {
    world.execute(&format!(
        "WITH minted AS (INSERT INTO checkout_sessions \
             (id, stripe_id, state, origin, asked_by, created_at, minted_at, expires_at, ended_at) \
             SELECT gen_random_uuid(), 'cs_test_' || md5('{id}' || n), 'expired', 'click', 'person', at, at, at, at \
             FROM generate_series(1, 20) n, (SELECT '{now}'::timestamptz AS at) now RETURNING id) \
         INSERT INTO session_orders (session_id, order_id, version, attempt, live) \
         SELECT id, '{id}', 1, row_number() OVER (), false FROM minted",
        id = order.id,
        now = world.now().to_rfc3339(),
    ));
}

/// Stripe refuses the next order's checkout.
pub fn no_checkout_opens(world: &World) {
    let fault = Fault::Refuse {
        status: 400,
        code: "amount_too_large",
        message: "no".to_owned(),
    };
    world.stripe.inject(Call::CreateSession, fault, 1);
}

pub fn refused(world: &World, locale: &str) -> Stop {
    let order = bill(world, "refused", locale);
    no_checkout_opens(world);
    Stop::behind("refused", order.path)
}

/// The end of mail.
pub fn unsubscribe(world: &World, locale: &str) -> [Stop; 2] {
    world.queue_link(&bill(world, "mailed", locale));
    let mail = world.carry().pop().expect("a mail");
    let links = mail.links();
    let link = links.iter().find(|link| link.contains("/unsubscribe/"));
    let link = link.expect("a link");
    let path = &link[link.find("/unsubscribe/").expect("a path")..];
    [
        Stop::at("unsubscribe", path),
        Stop::behind("unsubscribed", path),
    ]
}

/// Carts that were left, each with its link; an hour has passed.
pub fn carts(world: &World, locales: &[&'static str]) -> Vec<(&'static str, Vec<Stop>)> {
    let states = ["open", "replaced", "left", "failed", "cancelled", "refused"];
    let address = |locale: &str, state: &str| email(&format!("cart-{state}"), locale);
    for locale in locales {
        for state in states {
            let asked = json!({
                "mode": "payment", "success_url": "https://shop.example/thanks", "locale": locale,
                "customer_email": address(locale, state),
                "line_items": [
                    { "price_data": { "currency": "eur", "unit_amount": 2900,
                        "product_data": { "name": "Scarf, blue" } }, "quantity": 2 },
                    { "price_data": { "currency": "eur", "unit_amount": 450,
                        "product_data": { "name": "Postage" } }, "quantity": 1 }],
            });
            let session = world.stripe.open_foreign_session(asked).expect("a session");
            let id = session["id"].as_str().expect("an id");
            world.stripe.expire(id).expect("it is open");
        }
    }
    world.deliver();
    world.pass(Duration::hours(1));
    let of = |locale: &&'static str| {
        let stops = states.map(|state| cart(world, state, &address(locale, state)));
        (*locale, stops.into())
    };
    locales.iter().map(of).collect()
}

fn cart(world: &World, state: &str, email: &str) -> Stop {
    let id = world.text(&format!(
        "SELECT id::text AS text FROM orders WHERE email = '{email}'"
    ));
    let id = id.parse().expect("an order");
    let found = (world.app.db).run_blocking(|connection| order::find(connection, id));
    let found = found.expect("the database answers").expect("the order");
    let order = Order {
        id,
        path: format!("/pay/{}", world.app.pay_token(&found)),
        reference: found.reference,
    };
    match state {
        "open" => Stop::at("cart", order.path),
        "replaced" => {
            act(world, &order, "withdraw-link", json!({}));
            Stop::at("cart-replaced", order.path)
        }
        "left" => {
            opened(world, &order.path);
            Stop::at("cart-not-yet-paid", back(&order.path))
        }
        "failed" => {
            let session = opened(world, &order.path);
            world.stripe.start_debit(&session).expect("it is open");
            world.deliver();
            let settled = world.stripe.settle_debit(&session, false);
            settled.expect("it is on its way");
            world.deliver();
            Stop::at("cart-debit-failed", order.path)
        }
        "cancelled" => {
            act(world, &order, "cancel", json!({}));
            Stop::at("cart-cancelled", order.path)
        }
        _ => Stop::behind("cart-refused", order.path),
    }
}
