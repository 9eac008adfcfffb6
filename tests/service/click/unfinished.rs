//! Mints that stayed unfinished for a long time: an idempotency key is good for a day, so an older
//! attempt is looked up, never repeated.

use chrono::Duration;
use serde_json::json;

use super::{assert_is_busy, rows};
use crate::{
    simulator::{Call, Fault},
    support::{Order, World},
};

/// A mint that stayed open `age` ago: Stripe failed, having made a session or not, and did not list.
fn unfinished(made: Made, age: Duration) -> (World, Order) {
    let world = World::new();
    let order = world.order("CUP-1");
    match made {
        Made::Session => world
            .stripe
            .inject(Call::CreateSession, Fault::ErrorAfter, 1),
        Made::Nothing => world.stripe.inject(Call::CreateSession, Fault::Html502, 2),
    }
    world
        .stripe
        .inject(Call::ListSessions, Fault::ErrorBefore, 2);
    assert_is_busy(&world.click(&order));
    assert_eq!(rows(&world, &order), ["minting"]);
    world.pass(age);
    world.stripe.clear_requests();
    (world, order)
}

enum Made {
    Session,
    Nothing,
}

fn posted_keys(world: &World) -> Vec<String> {
    let asked = world.stripe.requests().into_iter();
    let mints = asked.filter(|asked| asked.path == "/v1/checkout/sessions");
    let keys = mints.filter_map(|asked| asked.idempotency_key);
    keys.filter_map(|key| Some(key.rsplit_once('-')?.1.to_owned()))
        .collect()
}

#[test]
fn until_twentythree_hours_it_is_repeated_under_its_key() {
    let (world, order) = unfinished(Made::Nothing, Duration::hours(22));
    world.click_through(&order);
    assert_eq!(posted_keys(&world), ["a1"]);
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn an_old_one_that_made_nothing_is_given_up() {
    let (world, order) = unfinished(Made::Nothing, Duration::hours(23));
    world.click_through(&order);
    assert_eq!(posted_keys(&world), ["a2"]);
    assert_eq!(rows(&world, &order), ["failed", "open"]);
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn an_old_one_that_made_a_session_is_adopted_and_replaced() {
    let (world, order) = unfinished(Made::Session, Duration::hours(23));
    world.click_through(&order);
    assert_eq!(posted_keys(&world), ["a2"]);
    assert_eq!(rows(&world, &order), ["superseded", "open"]);
    assert_eq!(world.payable_sessions(&order), 1);
}

#[test]
fn a_key_that_may_not_list_sessions_is_the_shops_to_mend_and_the_attempt_is_kept() {
    let (world, order) = unfinished(Made::Session, Duration::hours(23));
    let no_list = Fault::Refuse {
        status: 403,
        code: "",
        message: "no".to_owned(),
    };
    world.stripe.inject(Call::ListSessions, no_list, 1);
    assert_eq!(world.click(&order).status, 502);
    assert_eq!(world.count("activity WHERE level = 'attention'"), 1);
    assert_eq!(rows(&world, &order), ["minting"]);
    world.click_through(&order);
    assert_eq!(world.payable_sessions(&order), 1);
}

#[test]
fn after_two_months_its_session_is_found_expired() {
    let (world, order) = unfinished(Made::Session, Duration::days(60));
    world.click_through(&order);
    assert_eq!(posted_keys(&world), ["a2"]);
    assert_eq!(rows(&world, &order), ["expired", "open"]);
}

#[test]
fn it_is_found_among_hundreds_of_other_sessions() {
    let (world, order) = unfinished(Made::Session, Duration::minutes(1));
    for _ in 0..120 {
        let foreign = json!({
            "mode": "payment",
            "success_url": "https://shop.example.org",
            "line_items": [{ "price_data": { "currency": "eur", "unit_amount": 900, "product_data": { "name": "Mug" } }, "quantity": 1 }],
        });
        world.stripe.open_foreign_session(foreign).unwrap();
    }
    world.pass(Duration::hours(23));
    world.click_through(&order);
    assert_eq!(rows(&world, &order), ["superseded", "open"]);
    assert_eq!(world.payable_sessions(&order), 1);
}

#[test]
fn while_stripe_cannot_list_sessions_the_attempt_is_kept() {
    let (world, order) = unfinished(Made::Session, Duration::hours(23));
    world
        .stripe
        .inject(Call::ListSessions, Fault::ErrorBefore, 2);
    assert_is_busy(&world.click(&order));
    assert_eq!(rows(&world, &order), ["minting"]);
    world.click_through(&order);
    assert_eq!(world.payable_sessions(&order), 1);
}

#[test]
fn a_session_is_found_though_stripes_clock_is_minutes_behind_ours() {
    let world = World::new();
    world.stripe.set_now(world.now() - Duration::minutes(4));
    let order = world.order("CUP-1");
    world
        .stripe
        .inject(Call::CreateSession, Fault::ErrorAfter, 1);
    world.click_through(&order);
    assert_eq!(world.stripe.creations(), 1);
    assert_eq!(rows(&world, &order), ["open"]);
}
