//! What is asked of Stripe beside mints, parameter by parameter.

use std::time::Duration;

use chrono::DateTime;
use freshmint::gateway::{
    EventList, ExpiredList,
    refund::{Attempt, Mark, NewRefund},
};
use insta::assert_snapshot;
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use crate::support::{World, browser::runtime};

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

/// Every call since the last look, with its key and what it carries; then they are forgotten.
fn asked(world: &World) -> String {
    let mut text = String::new();
    for asked in world.stripe.requests() {
        text += &format!("{} {}\n", asked.method, asked.path);
        if let Some(key) = &asked.idempotency_key {
            text += &format!("  {key}\n");
        }
        for params in [&asked.query, &asked.params] {
            if *params != json!({}) {
                text += &format!("  {params}\n");
            }
        }
    }
    world.stripe.clear_requests();
    text
}

#[test]
fn expired_sessions_are_listed_by_time_and_payer_a_page_at_a_time() {
    let world = World::new();
    let expired = |wanted: &ExpiredList| {
        let answer = runtime().block_on(world.app.stripe.expired(wanted, soon()));
        (answer.is_ok(), asked(&world))
    };
    let (answered, all) = expired(&ExpiredList::default());
    assert!(answered, "{all}");
    assert_snapshot!(all, @r#"
        GET /v1/checkout/sessions
          {"limit":"100","status":"expired"}
    "#);
    let (answered, one) = expired(&ExpiredList {
        since: DateTime::from_timestamp(1_800_000_000, 0),
        email: Some("kim+cup@example.org".to_owned()),
        after: None,
    });
    assert!(answered, "{one}");
    assert_snapshot!(one, @r#"
        GET /v1/checkout/sessions
          {"created":{"gte":"1800000000"},"customer_details":{"email":"kim+cup@example.org"},"limit":"100","status":"expired"}
    "#);
    let (_, next) = expired(&ExpiredList {
        after: Some("cs_1".to_owned()),
        ..ExpiredList::default()
    });
    assert_snapshot!(next, @r#"
        GET /v1/checkout/sessions
          {"limit":"100","starting_after":"cs_1","status":"expired"}
    "#);
}

#[test]
fn a_session_is_found_by_its_payment_and_one_of_ours_by_its_mark() {
    let world = World::new();
    let stripe = &world.app.stripe;
    let found = runtime().block_on(stripe.session_of("pi_1", soon()));
    assert_eq!(found, Ok(None));
    assert_snapshot!(asked(&world), @r#"
        GET /v1/checkout/sessions
          {"limit":"1","payment_intent":"pi_1"}
    "#);
    let since = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    let found = runtime().block_on(stripe.find_minted(Uuid::from_u128(7), since, soon()));
    assert_eq!(found, Ok(None));
    assert_snapshot!(asked(&world), @r#"
        GET /v1/checkout/sessions
          {"created":{"gte":"1800000000"},"limit":"100"}
    "#);
}

#[test]
fn a_cart_is_read_whole() {
    let world = World::new();
    let session = world.click_through(&world.order("CUP-1"));
    asked(&world);
    let items = runtime().block_on(world.app.stripe.line_items(&session, soon()));
    assert_eq!(items.map(|items| items.len()), Ok(1));
    assert_snapshot!(asked(&world).replace(&session, "[session]"), @r#"
        GET /v1/checkout/sessions/[session]/line_items
          {"limit":"100"}
    "#);
}

#[test]
fn events_are_listed_by_time_type_and_delivery_a_page_at_a_time() {
    let world = World::new();
    let mut wanted = EventList {
        types: &["charge.refunded", "checkout.session.completed"],
        since: DateTime::from_timestamp(1_800_000_000, 0).expect("a time"),
        undelivered: true,
        after: None,
    };
    let events = |wanted: &EventList| {
        let answer = runtime().block_on(world.app.stripe.events(wanted, soon()));
        (answer.is_ok(), asked(&world))
    };
    let (answered, undelivered) = events(&wanted);
    assert!(answered, "{undelivered}");
    assert_snapshot!(undelivered, @r#"
        GET /v1/events
          {"created":{"gte":"1800000000"},"delivery_success":"false","limit":"100","types":["charge.refunded","checkout.session.completed"]}
    "#);
    wanted.undelivered = false;
    wanted.after = Some("evt_1".to_owned());
    let (_, next) = events(&wanted);
    assert_snapshot!(next, @r#"
        GET /v1/events
          {"created":{"gte":"1800000000"},"limit":"100","starting_after":"evt_1","types":["charge.refunded","checkout.session.completed"]}
    "#);
}

#[test]
fn a_refund_names_its_case_and_the_attempt() {
    let world = World::new();
    let attempt = Attempt {
        case: Uuid::from_u128(7),
        number: 2,
    };
    let new = NewRefund {
        payment_intent: "pi_1",
        amount: None,
        mark: Mark::Case(attempt),
        number: 2,
    };
    let refund = world.app.stripe.refund(&new, soon());
    assert!(runtime().block_on(refund).is_err(), "there is no payment");
    assert_snapshot!(asked(&world), @r#"
        POST /v1/refunds
          freshmint-refund-00000000-0000-0000-0000-000000000007-2
          {"metadata":{"freshmint_attempt":"2","freshmint_case":"00000000-0000-0000-0000-000000000007"},"payment_intent":"pi_1"}
    "#);
}

#[test]
fn a_refund_of_an_order_names_our_row_and_its_amount() {
    let world = World::new();
    let new = NewRefund {
        payment_intent: "pi_1",
        amount: Some(500),
        mark: Mark::Order(Uuid::from_u128(8)),
        number: 1,
    };
    let refund = world.app.stripe.refund(&new, soon());
    assert!(runtime().block_on(refund).is_err(), "there is no payment");
    assert_snapshot!(asked(&world), @r#"
        POST /v1/refunds
          freshmint-refund-00000000-0000-0000-0000-000000000008-1
          {"amount":"500","metadata":{"freshmint_refund":"00000000-0000-0000-0000-000000000008"},"payment_intent":"pi_1"}
    "#);
}

#[test]
fn what_has_been_given_back_is_asked_by_the_payment() {
    let world = World::new();
    let refunds = runtime().block_on(world.app.stripe.refunds_of("pi_1", soon()));
    assert_eq!(refunds, Ok(Vec::new()));
    assert_snapshot!(asked(&world), @r#"
        GET /v1/refunds
          {"limit":"100","payment_intent":"pi_1"}
    "#);
}

#[test]
fn a_debit_on_its_way_is_read_with_its_payment_and_the_key_is_tried_on_the_balance() {
    let world = World::new();
    let session = world.click_through(&world.order("CUP-1"));
    world.stripe.start_debit(&session).unwrap();
    asked(&world);
    let read = runtime().block_on(world.app.stripe.read(&session, soon()));
    assert!(read.is_ok(), "{read:?}");
    assert_snapshot!(asked(&world).replace(&session, "[session]"), @r#"
        GET /v1/checkout/sessions/[session]
        GET /v1/checkout/sessions/[session]
          {"expand":["payment_intent"]}
    "#);
    let ping = runtime().block_on(world.app.stripe.ping(soon()));
    assert_eq!(ping.answer, Ok(()));
    assert_snapshot!(asked(&world), @"GET /v1/balance");
}
