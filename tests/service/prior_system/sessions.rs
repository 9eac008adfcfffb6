//! Checkouts that an older system sent out, and that may be paid still.

use chrono::Duration;
use freshmint::inbox;

use super::{asked, at_stripe, attention, opened, order, payments, sessions, taken};
use crate::{
    simulator::{Call, Fault},
    support::{World, browser::runtime},
};

#[test]
fn one_that_is_paid_after_the_change_over_settles_its_order() {
    let world = World::new();
    let session = opened(&world);
    let out = taken(&world, &[&format!("CUP-1,{session},")]);
    assert_eq!(
        out,
        "1 created, 0 unchanged, 0 bad\nfrom an older system: 0 paid, 1 session, 0 events of Stripe to act on\n"
    );
    let order = order(&world, "CUP-1");
    world.stripe.pay(&session).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    assert_eq!(payments(&world, &order), ["4500 settles by webhook"]);
    assert_eq!(attention(&world), 0);
}

#[test]
fn one_whose_payment_came_to_us_before_the_import_settles_its_order_all_the_same() {
    let world = World::new();
    let (session, foreign) = (opened(&world), opened(&world));
    world.stripe.pay(&session).unwrap();
    world.stripe.pay(&foreign).unwrap();
    world.deliver();
    let ignored = "stripe_events WHERE state = 'ignored' AND last_error LIKE 'foreign%'";
    assert_eq!(world.count(ignored), 2);
    let out = taken(&world, &[&format!("CUP-1,{session},")]);
    assert!(out.contains(", 1 event of Stripe to act on"), "{out}");
    world.work_off();
    let order = order(&world, "CUP-1");
    assert_eq!(world.status(&order), "paid");
    assert_eq!(payments(&world, &order), ["4500 settles by webhook"]);
    assert_eq!(world.count(ignored), 1);
}

/// An older version of the program kept the event, and the import comes before anybody has read it.
#[test]
fn one_whose_payment_was_kept_unread_is_settled_once_it_is_read() {
    let world = World::new();
    let (session, foreign) = (opened(&world), opened(&world));
    world.stripe.pay(&session).unwrap();
    world.stripe.pay(&foreign).unwrap();
    world.deliver();
    world.execute("UPDATE stripe_events SET named = NULL, session_id = NULL");
    let out = taken(&world, &[&format!("CUP-1,{session},")]);
    assert!(out.contains(", 0 events of Stripe to act on"), "{out}");
    let read = runtime().block_on(inbox::unread::read(&world.app));
    assert_eq!(read.expect("the database answers"), 2);
    world.work_off();
    let order = order(&world, "CUP-1");
    assert_eq!(payments(&world, &order), ["4500 settles by webhook"]);
    assert_eq!(world.count("stripe_events WHERE state = 'ignored'"), 1);
}

#[test]
fn an_event_whose_session_only_begins_like_ours_stays_ignored() {
    let world = World::new();
    let session = opened(&world);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    let beginning = &session[..session.len() - 1];
    let out = taken(&world, &[&format!("CUP-1,{beginning},")]);
    assert!(out.contains(", 0 events of Stripe to act on"), "{out}");
}

#[test]
fn one_that_is_open_is_closed_at_stripe_before_a_click_mints() {
    let world = World::new();
    let session = opened(&world);
    taken(&world, &[&format!("CUP-1,{session},")]);
    let order = order(&world, "CUP-1");
    assert_eq!(sessions(&world, &order), ["closing imported"]);
    let fresh = world.click_through(&order);
    assert_eq!(
        asked(&world),
        [
            "POST /v1/checkout/sessions/[id] expire",
            "POST /v1/checkout/sessions"
        ]
    );
    assert_eq!(at_stripe(&world, &session), "expired");
    assert_eq!(at_stripe(&world, &fresh), "open");
    assert_eq!(
        sessions(&world, &order),
        ["superseded imported", "open click"]
    );
    let key =
        world.text("SELECT idempotency_key AS text FROM checkout_sessions WHERE state = 'open'");
    assert_eq!(key, format!("freshmint-{}-v1-a2", order.id));
    world.deliver();
    assert_eq!(world.count("outbox"), 0);
}

#[test]
fn one_whose_payment_nobody_told_us_of_is_found_by_the_click() {
    let world = World::new();
    let session = opened(&world);
    taken(&world, &[&format!("CUP-1,{session},")]);
    let order = order(&world, "CUP-1");
    world.stripe.drop_deliveries(true);
    world.stripe.pay(&session).unwrap();
    let page = world.click(&order);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Already paid, thank you"));
    assert_eq!(payments(&world, &order), ["4500 settles by click"]);
    assert_eq!(world.stripe.creations(), 0);
}

#[test]
fn one_whose_time_is_over_makes_room_for_a_fresh_one_and_for_no_reminder() {
    let world = World::new();
    let session = opened(&world);
    taken(&world, &[&format!("CUP-1,{session},")]);
    let order = order(&world, "CUP-1");
    world.pass(Duration::hours(25));
    let fresh = world.click_through(&order);
    assert_eq!(
        asked(&world),
        [
            "POST /v1/checkout/sessions/[id] expire",
            "GET /v1/checkout/sessions/[id]",
            "POST /v1/checkout/sessions"
        ]
    );
    assert_eq!(at_stripe(&world, &session), "expired");
    assert_eq!(at_stripe(&world, &fresh), "open");
    world.deliver();
    assert_eq!(
        world.texts("SELECT decision || ' ' || reason AS text FROM reminder_decisions"),
        ["skipped superseded"]
    );
}

#[test]
fn one_that_stripe_does_not_know_is_given_up() {
    let world = World::new();
    taken(&world, &["CUP-1,cs_test_elsewhere,"]);
    let order = order(&world, "CUP-1");
    let fresh = world.click_through(&order);
    assert_eq!(
        asked(&world),
        [
            "POST /v1/checkout/sessions/[id] expire",
            "POST /v1/checkout/sessions"
        ]
    );
    assert_eq!(at_stripe(&world, &fresh), "open");
    assert_eq!(
        sessions(&world, &order),
        ["superseded imported", "open click"]
    );
}

#[test]
fn nothing_is_minted_while_stripe_does_not_say_that_it_is_closed() {
    let world = World::new();
    let session = opened(&world);
    taken(&world, &[&format!("CUP-1,{session},")]);
    let order = order(&world, "CUP-1");
    let away = Fault::Html502;
    world.stripe.inject(Call::ExpireSession, away, 99);
    assert_eq!(world.click(&order).status, 503);
    assert_eq!(world.stripe.creations(), 0);
    assert_eq!(sessions(&world, &order), ["closing imported"]);
    world.stripe.clear_faults();
    world.click_through(&order);
    assert_eq!(at_stripe(&world, &session), "expired");
}

#[test]
fn an_older_one_of_several_that_is_paid_settles_the_order_too() {
    let world = World::new();
    let (older, newest) = (opened(&world), opened(&world));
    taken(&world, &[&format!("CUP-1,{older} {newest},")]);
    let order = order(&world, "CUP-1");
    assert_eq!(
        sessions(&world, &order),
        ["superseded imported", "closing imported"]
    );
    world.stripe.pay(&older).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    assert_eq!(payments(&world, &order), ["4500 settles by webhook"]);
}

#[test]
fn a_bank_debit_on_its_way_keeps_the_order_from_being_asked_again() {
    let world = World::new();
    let session = opened(&world);
    taken(&world, &[&format!("CUP-1,{session},")]);
    let order = order(&world, "CUP-1");
    world.stripe.start_debit(&session).unwrap();
    assert_eq!(world.click(&order).status, 200);
    assert_eq!(world.status(&order), "processing");
    assert_eq!(world.stripe.creations(), 0);
    world.stripe.settle_debit(&session, true).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn a_bank_debit_that_failed_stays_so_whichever_event_comes_last() {
    let world = World::new();
    let session = opened(&world);
    taken(&world, &[&format!("CUP-1,{session},")]);
    world.stripe.start_debit(&session).unwrap();
    world.stripe.settle_debit(&session, false).unwrap();
    // That it failed is lost; that it began is read again at Stripe.
    let began = world.stripe.events().remove(0);
    assert_eq!(world.stripe.deliver(began["id"].as_str().unwrap()), Ok(200));
    world.work_off();
    assert_eq!(
        world.text("SELECT status || ' ' || (debit_failed_at IS NOT NULL) AS text FROM orders"),
        "open true"
    );
}
