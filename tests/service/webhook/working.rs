//! The worker takes events up until something has become of each.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{event, kept, post_signed};
use crate::{
    simulator::{Call, Fault},
    support::{Answer, Order, World},
};

/// An order whose payer chose a bank debit: that event is read again at Stripe.
fn debit(world: &World) -> Order {
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.start_debit(&session).unwrap();
    order
}

fn stripe_fails(world: &World) {
    world
        .stripe
        .inject(Call::RetrieveSession, Fault::ErrorBefore, usize::MAX);
}

/// The pause before the next try is over.
fn later(world: &World) {
    world.execute("UPDATE stripe_events SET not_before = to_timestamp(0)");
    world.work_off();
}

fn events(world: &World, state: &str) -> Vec<Value> {
    let path = format!("/events?state={state}");
    let answer = world.api(Role::Viewer, Method::GET, &path, None);
    answer.json()["data"].as_array().unwrap().clone()
}

fn replay(world: &World, id: &str) -> Answer {
    world.api(
        Role::Operator,
        Method::POST,
        &format!("/events/{id}/replay"),
        None,
    )
}

#[test]
fn an_event_that_stripe_keeps_us_from_is_tried_again_later() {
    let world = World::new();
    let order = debit(&world);
    stripe_fails(&world);
    world.deliver();
    let waiting = events(&world, "pending");
    assert_eq!(waiting[0]["attempts"], 1);
    assert!(waiting[0]["last_error"].is_string());
    assert_eq!(world.status(&order), "open");

    world.stripe.clear_faults();
    world.work_off();
    assert_eq!(world.status(&order), "open", "it waits for its time");
    later(&world);
    assert_eq!(kept(&world), ["checkout.session.completed processed"]);
    assert_eq!(world.status(&order), "processing");
}

#[test]
fn after_too_many_tries_it_is_failed_and_a_replay_takes_it_up_again() {
    let world = World::new();
    let order = debit(&world);
    stripe_fails(&world);
    world.deliver();
    world.execute("UPDATE stripe_events SET attempts = 34");
    later(&world);
    assert_eq!(events(&world, "pending").len(), 1);
    later(&world);
    let failed = events(&world, "failed");
    assert_eq!(failed[0]["attempts"], 36);
    assert!(failed[0]["last_error"].is_string());

    world.stripe.clear_faults();
    later(&world);
    assert_eq!(world.status(&order), "open", "a person must ask for it");
    let replayed = replay(&world, failed[0]["id"].as_str().unwrap());
    assert_eq!(
        (replayed.status, &replayed.json()["state"]),
        (200, &json!("pending"))
    );
    world.work_off();
    assert_eq!(kept(&world), ["checkout.session.completed processed"]);
    assert_eq!(world.status(&order), "processing");
}

#[test]
fn an_event_of_a_worker_that_died_is_taken_up_when_its_lease_is_over() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world
        .stripe
        .deliver_all(crate::simulator::Order::AsHappened)
        .unwrap();
    let claim = |until: &str| {
        world.execute(&format!(
            "UPDATE stripe_events SET attempts = 1, claimed_until = clock_timestamp() {until}"
        ));
        world.work_off();
    };
    claim("+ interval '1 minute'");
    assert_eq!(kept(&world), ["checkout.session.completed pending"]);
    claim("- interval '1 second'");
    assert_eq!(kept(&world), ["checkout.session.completed processed"]);
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn replaying_what_was_processed_changes_nothing() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    // That somebody had it replayed is a line.
    let lines = "activity WHERE category <> 'webhook'";
    let before = world.count(lines);
    let processed = events(&world, "processed");
    assert_eq!(
        replay(&world, processed[0]["id"].as_str().unwrap()).status,
        200
    );
    world.work_off();
    assert_eq!(kept(&world), ["checkout.session.completed processed"]);
    assert_eq!((world.count("payments"), world.count(lines)), (1, before));
}

#[test]
fn a_replay_does_not_make_an_event_of_what_is_none() {
    let world = World::new();
    post_signed(&world, "not JSON");
    let id = events(&world, "failed")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(replay(&world, &id).status, 200);
    world.work_off();
    assert_eq!(events(&world, "failed").len(), 1);
}

#[test]
fn an_event_that_the_database_refuses_holds_up_no_other_and_ends_as_failed() {
    let world = World::new();
    // Marked as ours and paid, in a currency that cannot be.
    let paid = json!({
        "id": "cs_1", "status": "complete", "payment_status": "paid", "amount_total": 4500,
        "currency": "no currency", "metadata": { "freshmint_session": "unknown here" },
    });
    let body = event(&world, "evt_1", "checkout.session.completed", paid).to_string();
    assert_eq!(post_signed(&world, &body).status, 200);
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");

    for _ in 1..8 {
        later(&world);
    }
    let failed = events(&world, "failed");
    assert_eq!(failed[0]["id"], "evt_1");
    assert!(
        failed[0]["last_error"]
            .as_str()
            .unwrap()
            .contains("the database refused")
    );
}
