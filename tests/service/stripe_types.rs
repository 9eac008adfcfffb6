//! What the simulator tells is what Stripe tells: every object and event of it can be read as the type
//! that async-stripe generates from Stripe's own description of the API.
//!
//! The product reads answers into structs of its own; this is about the simulator alone.

use std::{any::type_name, collections::BTreeSet};

use freshmint::inbox::dispatch;
use miniserde::Deserialize;
use reqwest::Method;
use serde_json::{Value, json};
use stripe_checkout::{
    CheckoutSession,
    checkout_session::{ListCheckoutSession, ListLineItemsCheckoutSession},
};
use stripe_client_core::StripeRequest;
use stripe_core::{Balance, Customer, Refund, event::ListEvent, refund::ListRefund};
use stripe_webhook::{EventObject, Webhook};

use crate::{
    simulator::{Coupon, PromotionCode, RefundStatus, ShippingRate},
    support::{
        World,
        browser::{client, runtime, send},
    },
};

/// What the API answers to a request, as text.
#[track_caller]
fn answer(world: &World, method: Method, path: &str, body: impl Into<reqwest::Body>) -> String {
    let request = client()
        .request(method, format!("{}/v1{path}", world.stripe.url()))
        .bearer_auth(&world.settings()["STRIPE_SECRET_KEY"])
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    let answer = runtime().block_on(send(request));
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

#[track_caller]
fn get<T: Deserialize>(world: &World, path: &str) -> T {
    read(&answer(world, Method::GET, path, ""))
}

/// Reads it as a generated type. Which field is wrong is not told: the type is to be compared.
#[track_caller]
fn read<T: Deserialize>(text: &str) -> T {
    miniserde::json::from_str(text)
        .unwrap_or_else(|_| panic!("this is no {}: {text}", type_name::<T>()))
}

/// Opens a session as the shop's own site does; tells its id.
#[track_caller]
fn opened(world: &World, params: Value) -> String {
    let mut all = json!({
        "mode": "payment",
        "success_url": "https://shop.example.org/thanks",
        "line_items": [{ "quantity": 2, "price_data": {
            "currency": "eur", "unit_amount": 2900, "product_data": { "name": "Scarf" } } }],
    });
    for (name, value) in params.as_object().expect("parameters") {
        all[name] = value.clone();
    }
    all.as_object_mut()
        .expect("parameters")
        .retain(|_, value| !value.is_null());
    let session = world.stripe.open_foreign_session(all);
    session.unwrap()["id"].as_str().expect("an id").to_owned()
}

/// A checkout that asks for everything that one can ask for.
fn with_everything(customer: &str) -> Value {
    let field = |key: &str, kind: &str| {
        let mut field = json!({ "key": key, "type": kind, "optional": true,
            "label": { "type": "custom", "custom": "Which?" } });
        if kind == "dropdown" {
            field["dropdown"] = json!({ "options": [{ "label": "Small", "value": "s" }] });
        }
        field
    };
    json!({
        "after_expiration": { "recovery": { "enabled": true } },
        "automatic_tax": { "enabled": true },
        "billing_address_collection": "required",
        "cancel_url": "https://shop.example.org/",
        "client_reference_id": "own-site-1",
        "consent_collection": { "terms_of_service": "required", "promotions": "auto",
            "payment_method_reuse_agreement": { "position": "auto" } },
        "custom_fields": [field("a", "text"), field("b", "numeric"), field("c", "dropdown")],
        "custom_text": { "submit": { "message": "Thank you." } },
        "customer": customer,
        "customer_update": { "address": "auto", "name": "auto", "shipping": "auto" },
        "discounts": [{ "coupon": "coupon_simulated" }],
        "invoice_creation": { "enabled": true, "invoice_data": { "footer": "Thanks" } },
        "locale": "de",
        "metadata": { "cart": "7" },
        "phone_number_collection": { "enabled": true },
        "shipping_address_collection": { "allowed_countries": ["DE", "AT"] },
        "shipping_options": [{ "shipping_rate": "shr_simulated" }],
        "submit_type": "donate",
        "tax_id_collection": { "enabled": true, "required": "if_supported" },
    })
}

/// The sessions of an account in which everything has happened to somebody.
fn sessions_of_every_kind(world: &World) {
    let stripe = &world.stripe;
    stripe.set_coupon(Coupon::default());
    stripe.set_promotion_code(PromotionCode::default());
    stripe.set_shipping_rate(ShippingRate::default());
    let customer = stripe.add_customer("kim@example.org");
    // One of ours that is open, one that is paid, one of which we closed and replaced another.
    world.click_through(&world.order("OPEN"));
    stripe
        .pay(&world.click_through(&world.order("PAID")))
        .unwrap();
    stripe
        .expire(&world.click_through(&world.order("LEFT")))
        .unwrap();
    for (arrives, debit) in [
        (None, "DEBIT"),
        (Some(true), "DEBIT-1"),
        (Some(false), "DEBIT-2"),
    ] {
        let session = world.click_through(&world.order(debit));
        stripe.start_debit(&session).unwrap();
        if let Some(arrives) = arrives {
            stripe.settle_debit(&session, arrives).unwrap();
        }
    }
    // The site's own: of each mode, open, paid and left.
    let monthly = json!([{ "price": "price_simulated_monthly", "quantity": 1 }]);
    for params in [
        json!({ "customer_email": "kim@example.org" }),
        json!({ "mode": "subscription", "line_items": monthly }),
        json!({ "mode": "setup", "currency": "eur", "line_items": null }),
        with_everything(&customer),
    ] {
        opened(world, params.clone());
        stripe.pay(&opened(world, params.clone())).unwrap();
        stripe.expire(&opened(world, params)).unwrap();
    }
    let typed = opened(
        world,
        json!({ "consent_collection": { "promotions": "auto" } }),
    );
    stripe.type_email(&typed, "sam@example.org", true).unwrap();
    stripe.expire(&typed).unwrap();
    let codes = json!({ "allow_promotion_codes": true });
    let gift = opened(world, codes.clone());
    stripe.pay_with_discount(&gift, 100).unwrap();
    stripe.pay_with_discount(&opened(world, codes), 50).unwrap();
    let free = json!([{ "quantity": 1, "price_data": {
        "currency": "eur", "unit_amount": 0, "product_data": { "name": "Spectator" } } }]);
    let free = opened(world, json!({ "line_items": free }));
    stripe.pay(&free).unwrap();
    let free = stripe.session(&free).unwrap();
    assert_eq!(
        (&free["payment_status"], &free["payment_intent"]),
        (&json!("no_payment_required"), &Value::Null)
    );
    let code = json!({ "discounts": [{ "promotion_code": "promo_simulated" }] });
    stripe.pay(&opened(world, code)).unwrap();
}

type Sessions = <ListCheckoutSession as StripeRequest>::Output;
type LineItems = <ListLineItemsCheckoutSession as StripeRequest>::Output;
type Refunds = <ListRefund as StripeRequest>::Output;
type Events = <ListEvent as StripeRequest>::Output;

#[test]
fn sessions_in_every_state_and_mode_with_their_lines_and_payments() {
    let world = World::new();
    sessions_of_every_kind(&world);
    let mut seen = BTreeSet::new();
    let all: Sessions = get(&world, "/checkout/sessions?limit=100");
    for session in &all.data {
        let (status, mode) = (session.status.as_ref().expect("a status"), &session.mode);
        seen.insert(format!("{mode} {status} {}", session.payment_status));
        let path = format!("/checkout/sessions/{}", session.id);
        let one: CheckoutSession = get(&world, &path);
        assert_eq!(one.id, session.id);
        let lines: LineItems = get(&world, &format!("{path}/line_items?limit=100"));
        let expanded: CheckoutSession = get(
            &world,
            &format!("{path}?expand[]=line_items&expand[]=payment_intent"),
        );
        let shown = expanded.line_items.map(|lines| lines.data.len());
        assert_eq!(shown, Some(lines.data.len()));
        let intent = expanded.payment_intent;
        assert!(intent.is_none_or(|intent| intent.is_object()), "{path}");
    }
    let expanded: Sessions = get(
        &world,
        "/checkout/sessions?limit=100&expand[]=data.line_items&expand[]=data.payment_intent",
    );
    assert_eq!(expanded.data.len(), all.data.len());
    let expected = [
        "payment complete no_payment_required",
        "payment complete paid",
        "payment complete unpaid",
        "payment expired unpaid",
        "payment open unpaid",
        "setup complete no_payment_required",
        "setup expired no_payment_required",
        "setup open no_payment_required",
        "subscription complete paid",
        "subscription expired unpaid",
        "subscription open unpaid",
    ];
    assert_eq!(seen, expected.map(str::to_owned).into());
}

#[test]
fn what_a_mint_and_a_close_answer() {
    let world = World::new();
    let body = "mode=payment&success_url=https://shop.example.org/&line_items[0][quantity]=1&\
        line_items[0][price]=price_simulated_once&expand[]=line_items";
    let minted: CheckoutSession = read(&answer(&world, Method::POST, "/checkout/sessions", body));
    assert!(minted.url.is_some());
    let path = format!("/checkout/sessions/{}/expire", minted.id);
    let closed: CheckoutSession = read(&answer(&world, Method::POST, &path, ""));
    assert_eq!((closed.id, closed.url), (minted.id, None));
}

#[test]
fn events_of_every_type_that_we_act_on() {
    let world = World::new();
    sessions_of_every_kind(&world);
    let paid = |world: &World, reference: &str| {
        let session = world.click_through(&world.order(reference));
        world.stripe.pay(&session).unwrap();
        let session = world.stripe.session(&session).expect("the session");
        session["payment_intent"].as_str().expect("paid").to_owned()
    };
    let intent = paid(&world, "REFUNDED");
    let part: Refund = read(&world.stripe.refund(&intent, Some(500)).unwrap().to_string());
    world.stripe.next_refund(RefundStatus::Pending);
    let rest: Refund = read(&world.stripe.refund(&intent, None).unwrap().to_string());
    assert_eq!(part.amount, 500);
    for (refund, status) in [
        (&rest, RefundStatus::Succeeded),
        (&part, RefundStatus::Failed),
    ] {
        world
            .stripe
            .move_refund(refund.id.as_str(), status)
            .unwrap();
    }
    for (won, reference) in [(true, "WON"), (false, "LOST")] {
        let intent = paid(&world, reference);
        world.stripe.dispute(&intent).unwrap();
        world.stripe.close_dispute(&intent, won).unwrap();
    }
    let mut seen = BTreeSet::new();
    for event in world.stripe.events() {
        let body = event.to_string();
        let read = Webhook::insecure(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
        let is_ours = matches!(
            read.data.object,
            EventObject::CheckoutSessionCompleted(_)
                | EventObject::CheckoutSessionAsyncPaymentSucceeded(_)
                | EventObject::CheckoutSessionAsyncPaymentFailed(_)
                | EventObject::CheckoutSessionExpired(_)
                | EventObject::ChargeRefunded(_)
                | EventObject::RefundUpdated(_)
                | EventObject::RefundFailed(_)
                | EventObject::ChargeDisputeCreated(_)
                | EventObject::ChargeDisputeClosed(_)
        );
        assert!(is_ours, "{body}");
        seen.insert(read.type_.as_str().to_owned());
    }
    let acted_on = dispatch::TABLE.map(|(kind, _)| kind.to_owned());
    assert_eq!(seen, acted_on.into());
    let listed: Events = get(&world, "/events?limit=100");
    assert_eq!(listed.data.len(), world.stripe.events().len());
}

#[test]
fn what_refunds_customers_and_the_balance_answer() {
    let world = World::new();
    let session = world.click_through(&world.order("CUP-1"));
    world.stripe.pay(&session).unwrap();
    let session: CheckoutSession = get(&world, &format!("/checkout/sessions/{session}"));
    let intent = session.payment_intent.expect("paid").into_id();
    let body = format!("payment_intent={intent}&amount=500&metadata[freshmint_case]=7");
    let refund: Refund = read(&answer(&world, Method::POST, "/refunds", body));
    assert_eq!(refund.amount, 500);
    let one: Refund = get(&world, &format!("/refunds/{}", refund.id));
    assert_eq!(one.id, refund.id);
    world.stripe.refund(&intent, Some(1)).unwrap();
    let newest: Refunds = get(&world, &format!("/refunds?payment_intent={intent}&limit=1"));
    assert!(newest.has_more && newest.data[0].amount == 1);
    let page = format!("/refunds?starting_after={}", newest.data[0].id);
    let older: Refunds = get(&world, &page);
    assert_eq!(older.data[0].id, refund.id);
    let none: Refunds = get(&world, "/refunds?payment_intent=pi_1");
    assert!(none.data.is_empty());
    let customer = "email=kim@example.org&metadata[team]=U12".to_owned();
    let customer: Customer = read(&answer(&world, Method::POST, "/customers", customer));
    assert_eq!(customer.email.as_deref(), Some("kim@example.org"));
    let balance: Balance = get(&world, "/balance");
    assert!(!balance.livemode);
}
