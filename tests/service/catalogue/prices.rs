//! Prices of the shop's catalogue at Stripe, beside inline amounts.

use chrono::Duration;
use freshmint::token::Role;
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use super::{amount, asked, membership, membership_lines, once, paid, reprice, shown};
use crate::{
    simulator::{Call, Fault, Price},
    support::{Answer, Order, World},
};

fn attention(world: &World) -> Vec<String> {
    world.texts("SELECT what AS text FROM activity WHERE level = 'attention' ORDER BY id")
}

fn patch(world: &World, order: &Order, lines: Value) -> Answer {
    let path = format!("/orders/{}", order.id);
    let body = json!({ "lines": lines });
    world.api(Role::Operator, Method::PATCH, &path, Some(body))
}

#[test]
fn a_catalogue_price_is_minted_beside_an_inline_one_and_what_it_comes_to_is_learnt_and_paid() {
    let world = World::new();
    let order = membership(&world, "GYM-1");
    assert_eq!(amount(&world, &order), Value::Null);

    let session = world.click_through(&order);
    let asked = asked(&world);
    let lines = format!("{} {:#}", asked["currency"], asked["line_items"]);
    assert_snapshot!(lines, @r#"
    "eur" [
      {
        "price": "price_simulated_once",
        "quantity": "2"
      },
      {
        "price_data": {
          "currency": "eur",
          "product_data": {
            "name": "Locker"
          },
          "unit_amount": "950"
        },
        "quantity": "1"
      }
    ]
    "#);
    assert_eq!(asked["mode"], "payment");
    let after = shown(&world, &order);
    assert_eq!(
        (&after["amount_total"], &after["version"]),
        (&json!(9950), &json!(1))
    );
    assert_eq!(after["lines"], membership_lines());

    world.stripe.pay(&session).unwrap();
    let settled = (json!([9950, "settles"]), "paid".to_owned());
    assert_eq!(paid(&world, &order), settled);
}

#[test]
fn the_amount_is_learnt_also_where_the_mints_own_answer_was_lost() {
    let world = World::new();
    let order = membership(&world, "GYM-1");
    world
        .stripe
        .inject(Call::CreateSession, Fault::ErrorAfter, 1);
    world.click_through(&order);
    assert_eq!(world.stripe.creations(), 1);
    assert_eq!(amount(&world, &order), 9950);
}

#[test]
fn when_the_price_changes_in_the_catalogue_the_next_mint_asks_for_todays() {
    let world = World::new();
    let order = membership(&world, "GYM-1");
    world.click_through(&order);
    reprice(&world, 5000);
    world.pass(Duration::hours(25));
    world.deliver();

    let session = world.click_through(&order);
    let after = shown(&world, &order);
    assert_eq!(
        (&after["amount_total"], &after["version"]),
        (&json!(10_950), &json!(1))
    );
    let minted = world.texts("SELECT amount::text AS text FROM session_orders ORDER BY attempt");
    assert_eq!(minted, ["9950", "10950"]);
    world.stripe.pay(&session).unwrap();
    let settled = (json!([10_950, "settles"]), "paid".to_owned());
    assert_eq!(paid(&world, &order), settled);
}

#[test]
fn a_change_of_price_does_not_close_a_session_that_is_open() {
    let world = World::new();
    let order = membership(&world, "GYM-1");
    let session = world.click_through(&order);
    reprice(&world, 5000);
    assert_eq!(world.click_through(&order), session);
    world.stripe.pay(&session).unwrap();
    let settled = (json!([9950, "settles"]), "paid".to_owned());
    assert_eq!(paid(&world, &order), settled);
}

#[test]
fn another_amount_than_the_session_was_minted_with_is_a_mismatch() {
    let world = World::new();
    let order = membership(&world, "GYM-1");
    let session = world.click_through(&order);
    world.stripe.pay_amount(&session, 9000).unwrap();
    let misfit = (json!([9000, "mismatch"]), "in_review".to_owned());
    assert_eq!(paid(&world, &order), misfit);
}

#[test]
fn a_price_that_stripe_refuses_shows_the_contact_and_tells_the_shop() {
    let world = World::new();
    let retired = once_as("price_simulated_retired", "eur");
    let of_another_currency = once_as("price_dollars", "usd");
    let recurring = once_as("price_simulated_monthly", "eur");
    world.stripe.set_price(of_another_currency.clone());
    for (number, price) in [
        retired.id,
        of_another_currency.id,
        recurring.id,
        "price_nowhere".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let lines = json!([{ "price": price, "quantity": 1 }]);
        let order = world.order_with(&format!("GYM-{number}"), json!({ "lines": lines }));
        assert_eq!(world.click(&order).status, 502, "{price}");
        assert_eq!(amount(&world, &order), Value::Null);
    }
    assert_eq!(attention(&world).len(), 4, "{:?}", attention(&world));
}

fn once_as(id: &str, currency: &str) -> Price {
    Price {
        id: id.to_owned(),
        currency: currency.to_owned(),
        ..once()
    }
}

#[test]
fn lines_change_from_inline_to_a_price_and_back_and_the_amount_is_forgotten_with_them() {
    let world = World::new();
    let order = world.order("GYM-1");
    let before = shown(&world, &order)["lines"].clone();
    let priced = patch(&world, &order, membership_lines());
    assert_eq!(priced.status, 200, "{priced:?}");
    assert_eq!(priced.json()["amount_total"], Value::Null);

    world.click_through(&order);
    assert_eq!(amount(&world, &order), 9950);
    let path = format!("/orders/{}", order.id);
    let renamed = json!({ "name": "Joe" });
    world.api(Role::Operator, Method::PATCH, &path, Some(renamed));
    assert_eq!(amount(&world, &order), 9950, "the lines are the same");

    let back = patch(&world, &order, before);
    assert_eq!(back.json()["amount_total"], 4500);
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    let settled = (json!([4500, "settles"]), "paid".to_owned());
    assert_eq!(paid(&world, &order), settled);
}

#[test]
fn the_same_body_again_is_the_same_order_also_when_the_amount_is_known() {
    let world = World::new();
    let body = json!({
        "reference": "GYM-1", "currency": "eur", "lines": membership_lines(),
        "automatic_tax": true, "promotion_codes": true,
    });
    let hand_in =
        |body: &Value| world.api(Role::Operator, Method::POST, "/orders", Some(body.clone()));
    let created = hand_in(&body);
    assert_eq!(created.status, 201, "{created:?}");
    let created = created.json();
    assert_eq!(created["amount_total"], Value::Null);
    assert_eq!(
        (&created["automatic_tax"], &created["promotion_codes"]),
        (&json!(true), &json!(true))
    );

    let link = created["pay_url"].as_str().unwrap();
    let path = &link[link.find("/pay/").unwrap()..];
    assert_eq!(world.get(path).status, 303);
    let again = hand_in(&body);
    assert_eq!(
        (again.status, &again.json()["amount_total"]),
        (200, &json!(9950))
    );
    for (field, value) in [
        ("automatic_tax", json!(false)),
        ("promotion_codes", json!(null)),
        ("mode", json!("subscription")),
    ] {
        let mut other = body.clone();
        other[field] = value;
        assert_eq!(hand_in(&other).status, 409, "{field}");
    }
}

#[test]
fn a_payment_of_what_was_asked_for_before_a_change_does_not_settle_todays_order() {
    let world = World::new();
    let order = membership(&world, "GYM-1");
    let first = world.click_through(&order);
    // Stripe does not know the session for a moment, so that it is given up, and can still be paid.
    world.stripe.inject(
        Call::ExpireSession,
        Fault::Refuse {
            status: 404,
            code: "resource_missing",
            message: "No such checkout.session".to_owned(),
        },
        1,
    );
    let lines = json!([{ "price": "price_simulated_once", "quantity": 1 }]);
    assert_eq!(patch(&world, &order, lines).status, 200);
    world.stripe.pay(&first).unwrap();
    let misfit = (json!([9950, "mismatch"]), "in_review".to_owned());
    assert_eq!(paid(&world, &order), misfit);
}

#[test]
fn the_commands_show_an_order_without_an_amount() {
    let world = World::new();
    membership(&world, "GYM-1");
    let (code, listed, _) = world.command(&["orders", "list"]);
    assert_eq!(code, 0);
    assert!(listed.contains("unknown EUR"), "{listed}");
    let (_, shown, _) = world.command(&["orders", "show", "GYM-1"]);
    assert!(
        shown.contains("line     2 × price_simulated_once   as the catalogue says"),
        "{shown}"
    );
}

/// Stripe takes a sum of zero (docs.stripe.com/payments/checkout/no-cost-orders).
#[test]
fn a_price_of_nothing_is_settled_when_its_checkout_is_completed() {
    let world = World::new();
    let lines = json!([{ "price": "price_simulated_once", "quantity": 1 }]);
    let order = world.order_with("GYM-1", json!({ "lines": lines }));
    reprice(&world, 0);
    let session = world.click_through(&order);
    assert_eq!(amount(&world, &order), 0);
    world.stripe.pay(&session).unwrap();
    let expected = (json!([0, "settles"]), "paid".to_owned());
    assert_eq!(paid(&world, &order), expected);
}
