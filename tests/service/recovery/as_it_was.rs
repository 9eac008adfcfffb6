//! What a restored checkout asks for, and what becomes of it when Stripe does not take that any more.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    an_hour,
    cart::{link, restored},
    decisions, opened_with, shop,
};
use crate::{
    simulator::{Call, Coupon, Fault, Price, ShippingRate},
    support::World,
};

/// Somebody leaves this checkout, and their reminder arrives.
#[track_caller]
fn reminded(world: &World, params: &Value) -> String {
    let mut all = json!({
        "mode": "payment",
        "success_url": "https://shop.example/thanks",
        "customer_email": "kim@example.org",
        "line_items": [{ "price_data": { "currency": "eur", "unit_amount": 2900,
            "product_data": { "name": "Scarf, blue" } }, "quantity": 2 }],
    });
    for (key, value) in params.as_object().expect("an object") {
        all[key] = value.clone();
    }
    if all["customer"].is_string() {
        all.as_object_mut()
            .expect("an object")
            .remove("customer_email");
    }
    let session = opened_with(world, all);
    world.stripe.expire(&session).expect("it is open");
    world.deliver();
    an_hour(world);
    assert_eq!(world.carry().len(), 1, "{:?}", decisions(world));
    session
}

/// The next mint is refused, without a word on what it is about.
fn refuse(world: &World, status: u16) {
    let fault = Fault::Refuse {
        status,
        code: "",
        message: "No.".to_owned(),
    };
    world.stripe.inject(Call::CreateSession, fault, 1);
}

fn paid(world: &World, checkout: &Value) {
    let id = checkout["id"].as_str().expect("an id");
    world.stripe.pay(id).expect("it is open");
    world.deliver();
    assert_eq!(
        world.texts("SELECT status AS text FROM orders"),
        ["paid"],
        "{checkout}"
    );
}

#[test]
fn where_to_ship_to_and_at_what_rate_and_what_else_was_asked() {
    let world = shop();
    world.stripe.set_shipping_rate(ShippingRate {
        amount: 490,
        ..ShippingRate::default()
    });
    let asked = json!({
        "shipping_address_collection": { "allowed_countries": ["DE", "AT"] },
        "shipping_options": [{ "shipping_rate": "shr_simulated" }],
        "phone_number_collection": { "enabled": true },
        "billing_address_collection": "required",
        "custom_fields": [{ "key": "size", "type": "text",
            "label": { "type": "custom", "custom": "Size" } }],
    });
    reminded(&world, &asked);
    let checkout = restored(&world);
    for name in [
        "shipping_address_collection",
        "phone_number_collection",
        "billing_address_collection",
    ] {
        assert_eq!(checkout[name], asked[name], "{name}");
    }
    assert_eq!(
        checkout["shipping_options"][0]["shipping_rate"],
        "shr_simulated"
    );
    assert_eq!(checkout["custom_fields"][0]["label"]["custom"], "Size");
    assert_eq!(
        (&checkout["amount_subtotal"], &checkout["amount_total"]),
        (&json!(5_800), &json!(6_290))
    );
    // Postage comes on top of what is owed, and is no wrong amount.
    paid(&world, &checkout);
    assert_eq!(world.count("cases"), 0);
}

#[test]
fn the_mail_says_that_the_sum_is_without_what_the_checkout_works_out() {
    let without = "without shipping, taxes and discounts";
    let world = shop();
    world.stripe.set_shipping_rate(ShippingRate::default());
    reminded(
        &world,
        &json!({ "shipping_options": [{ "shipping_rate": "shr_simulated" }] }),
    );
    let text = world.mailbox().mails()[0].text();
    assert!(text.contains(without), "{text}");
    let world = shop();
    reminded(&world, &json!({}));
    let text = world.mailbox().mails()[0].text();
    assert!(!text.contains(without), "{text}");
}

#[test]
fn a_customer_of_the_shop_stays_that_customer() {
    let world = shop();
    let customer = world.stripe.add_customer("kim@example.org");
    reminded(&world, &json!({ "customer": customer }));
    let checkout = restored(&world);
    assert_eq!(checkout["customer"], json!(customer));
    assert_eq!(checkout["customer_email"], json!(null));
    paid(&world, &checkout);
}

#[test]
fn a_coupon_that_the_shop_applied_is_applied_again_and_one_that_is_over_is_left_out() {
    for valid in [true, false] {
        let world = shop();
        let coupon = |valid| Coupon {
            percent_off: 50,
            valid,
            ..Coupon::default()
        };
        world.stripe.set_coupon(coupon(true));
        reminded(
            &world,
            &json!({ "discounts": [{ "coupon": "coupon_simulated" }] }),
        );
        world.stripe.set_coupon(coupon(valid));
        let checkout = restored(&world);
        let total = if valid { 2_900 } else { 5_800 };
        assert_eq!(checkout["amount_total"], total, "{valid}");
        paid(&world, &checkout);
        assert_eq!(world.count("cases"), 0);
    }
}

#[test]
fn a_rate_that_is_gone_is_left_out_and_the_address_is_asked_for_all_the_same() {
    let world = shop();
    world.stripe.set_shipping_rate(ShippingRate::default());
    reminded(
        &world,
        &json!({
            "shipping_options": [{ "shipping_rate": "shr_simulated" }],
            "shipping_address_collection": { "allowed_countries": ["DE"] },
        }),
    );
    world.stripe.set_shipping_rate(ShippingRate {
        active: false,
        ..ShippingRate::default()
    });
    let checkout = restored(&world);
    assert_eq!(checkout["shipping_options"], json!([]));
    assert!(checkout["shipping_address_collection"].is_object());
    // It was worked out once: the next click is handed the same.
    assert_eq!(restored(&world)["id"], checkout["id"]);
    let note = "SELECT detail->>'note' AS text FROM activity WHERE what LIKE '%simpler checkout%'";
    assert_eq!(world.texts(note), ["refused: 400 resource_missing"]);
    paid(&world, &checkout);
}

#[test]
fn a_price_that_was_retired_after_the_mail_or_whose_product_was_becomes_the_amount_it_was() {
    let gone: [fn(&mut Price); 2] = [
        |price| price.active = false,
        |price| price.product_active = false,
    ];
    for goes in gone {
        for recurring in [None, Some("month".to_owned())] {
            let world = shop();
            let mut price = Price {
                id: "price_club".to_owned(),
                unit_amount: 1_500,
                recurring: recurring.clone(),
                ..Price::default()
            };
            world.stripe.set_price(price.clone());
            let mode = if recurring.is_some() {
                "subscription"
            } else {
                "payment"
            };
            reminded(
                &world,
                &json!({ "mode": mode, "line_items": [{ "price": "price_club", "quantity": 2 }] }),
            );
            goes(&mut price);
            world.stripe.set_price(price);
            let checkout = restored(&world);
            assert_eq!(
                (&checkout["mode"], &checkout["amount_total"]),
                (&json!(mode), &json!(3_000))
            );
            paid(&world, &checkout);
        }
    }
}

#[test]
fn a_refusal_that_is_not_about_the_cart_takes_nothing_from_it() {
    let world = shop();
    world.stripe.set_shipping_rate(ShippingRate::default());
    reminded(
        &world,
        &json!({ "shipping_options": [{ "shipping_rate": "shr_simulated" }] }),
    );
    refuse(&world, 401);
    assert_eq!(world.get(&link(&world)).status, 502);
    world.pass(Duration::minutes(11));
    assert_eq!(restored(&world)["amount_total"], 6_300);
}

#[test]
fn where_stripe_does_not_say_what_it_refuses_the_link_leads_on_all_the_same() {
    let world = shop();
    world.stripe.set_shipping_rate(ShippingRate::default());
    reminded(
        &world,
        &json!({
            "shipping_options": [{ "shipping_rate": "shr_simulated" }],
            "shipping_address_collection": { "allowed_countries": ["DE"] },
            "phone_number_collection": { "enabled": true },
        }),
    );
    refuse(&world, 400);
    let checkout = restored(&world);
    assert_eq!(checkout["phone_number_collection"]["enabled"], false);
    assert_eq!(checkout["amount_total"], 6_300);
    paid(&world, &checkout);
}

#[test]
fn an_order_of_the_shop_is_not_changed_by_what_stripe_refuses() {
    let world = shop();
    let lines = json!([{ "price": "price_simulated_once", "quantity": 1 }]);
    let order = world.order_with("CUP-1", json!({ "lines": lines }));
    world.stripe.set_price(Price {
        id: "price_simulated_once".to_owned(),
        active: false,
        ..Price::default()
    });
    assert_eq!(world.click(&order).status, 502);
    assert_eq!(world.text("SELECT version::text AS text FROM orders"), "1");
}

#[test]
fn the_shops_own_keys_go_with_it_and_the_checkout_that_was_left_is_named() {
    let world = shop();
    let session = reminded(
        &world,
        &json!({
            "client_reference_id": "basket-4711",
            "metadata": { "cart": "4711", "order_id": "77", "note": "two\nlines" },
        }),
    );
    let metadata = &restored(&world)["metadata"];
    for (key, value) in [
        ("cart", "4711"),
        ("original_order_id", "77"),
        ("note", "two\nlines"),
        ("original_client_reference_id", "basket-4711"),
        ("recovered_from", &session),
    ] {
        assert_eq!(metadata[key], value, "{key}");
    }
    let ours = world.text("SELECT id::text AS text FROM orders");
    assert_eq!(metadata["order_id"], json!(ours));
}

#[test]
fn where_the_checkout_named_no_language_the_browsers_is_spoken() {
    let world = shop();
    reminded(&world, &json!({}));
    assert_eq!(restored(&world)["locale"], "auto");
}

#[test]
fn what_was_free_in_it_stays_in_it() {
    let world = shop();
    let line = |name: &str, amount: i64| {
        json!({ "price_data": { "currency": "eur", "unit_amount": amount,
            "product_data": { "name": name } }, "quantity": 1 })
    };
    reminded(
        &world,
        &json!({ "line_items": [line("Scarf", 2_900), line("Sticker", 0)] }),
    );
    assert!(world.mailbox().mails()[0].text().contains("Sticker"));
    assert_eq!(restored(&world)["amount_total"], 2_900);
}

#[test]
fn what_cannot_be_restored_is_decided_on_and_said() {
    let metered = Price {
        id: "price_power".to_owned(),
        recurring: Some("month".to_owned()),
        metered: true,
        ..Price::default()
    };
    let club = Price {
        id: "price_club".to_owned(),
        recurring: Some("month".to_owned()),
        unit_amount: 0,
        ..Price::default()
    };
    for params in [
        json!({ "mode": "setup", "currency": "eur" }),
        json!({ "mode": "subscription", "line_items": [{ "price": "price_power" }] }),
        json!({ "mode": "subscription", "line_items": [{ "price": "price_club", "quantity": 1 }] }),
    ] {
        let world = shop();
        world.stripe.set_price(metered.clone());
        world.stripe.set_price(club.clone());
        let mut params = params;
        params["success_url"] = json!("https://shop.example/thanks");
        params["customer_email"] = json!("kim@example.org");
        let session = opened_with(&world, params.clone());
        world.stripe.expire(&session).expect("it is open");
        world.deliver();
        assert_eq!(decisions(&world), ["skipped not_restorable"], "{params}");
        assert_eq!(
            world.texts("SELECT state AS text FROM stripe_events"),
            ["ignored"]
        );
        assert_eq!(world.count("orders"), 0);
    }
}

#[test]
fn a_card_that_is_set_up_is_no_purchase() {
    let world = shop();
    let session = opened_with(
        &world,
        json!({ "mode": "setup", "currency": "eur", "customer_email": "kim@example.org",
            "success_url": "https://shop.example/thanks" }),
    );
    world.stripe.pay(&session).expect("it is open");
    world.deliver();
    assert_eq!(
        world.texts("SELECT state AS text FROM stripe_events"),
        ["ignored"]
    );
    assert_eq!((world.count("purchases"), world.count("cases")), (0, 0));
}

#[test]
fn nobody_gets_another_mail_about_it_also_if_somebody_asks() {
    let world = shop();
    reminded(&world, &json!({}));
    let path = format!(
        "/orders/{}/send",
        world.text("SELECT id::text AS text FROM orders")
    );
    let answer = world.api(Role::Operator, Method::POST, &path, None);
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.body.contains("one reminder"), "{}", answer.body);
    assert_eq!(world.count("outbox"), 1);
    assert!(!link(&world).is_empty());
}
