//! The process is killed in the middle of a click; the next click, elsewhere, goes on from the rows.

use std::time::Duration;

use reqwest::Method;

use super::{click_at, rows, seen, wait_until};
use crate::{
    simulator::{Call, Fault},
    support::{
        Order, Process, World,
        browser::{person, runtime},
    },
};

/// A click at a process that is killed as soon as Stripe has been asked for `path`.
fn click_and_die(world: &World, order: &Order, call: Call, fault: Fault, path: &str) {
    world.stripe.clear_requests();
    world.stripe.inject(call, fault, 1);
    let process = Process::serve(world.settings(), &["--no-worker"]);
    let click = person(Method::GET, &format!("{}{}", process.url, order.path));
    let click = runtime().spawn(async { click.send().await });
    let asked = || world.traffic().iter().any(|line| line.ends_with(path));
    wait_until("Stripe is asked", asked);
    process.kill();
    assert!(
        runtime().block_on(click).unwrap().is_err(),
        "nobody answered the click"
    );
}

/// The click that follows leads to the one session that can be paid.
fn assert_finished(world: &World, order: &Order) {
    let session = world.click_through(order);
    assert_eq!(world.click_through(order), session);
    assert_eq!(world.payable_sessions(order), 1);
    assert_eq!(world.count("checkout_sessions WHERE live"), 1);
}

#[test]
fn killed_before_stripe_made_the_session_the_same_mint_is_done_by_another_replica() {
    let world = World::new();
    let order = world.order("CUP-1");
    click_and_die(
        &world,
        &order,
        Call::CreateSession,
        Fault::HangBefore,
        "/sessions",
    );
    assert_eq!(rows(&world, &order), ["minting"]);
    assert_finished(&world, &order);
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn killed_after_stripe_made_the_session_it_is_found_by_its_key() {
    let world = World::new();
    let order = world.order("CUP-1");
    click_and_die(
        &world,
        &order,
        Call::CreateSession,
        Fault::HangAfter,
        "/sessions",
    );
    assert_finished(&world, &order);
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn killed_while_the_answer_is_on_its_way_it_is_found_by_its_key() {
    let world = World::new();
    let order = world.order("CUP-1");
    let late = Fault::Latency(Duration::from_millis(300));
    click_and_die(&world, &order, Call::CreateSession, late, "/sessions");
    // Stripe is still at it: the key is in use, and the click waits for it.
    assert_finished(&world, &order);
    assert_eq!(world.stripe.creations(), 1);
}

fn with_an_old_session(world: &World) -> (Order, String) {
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    // A process has the real clock, so the session grows old instead.
    world.execute("UPDATE checkout_sessions SET expires_at = now() + interval '1 hour'");
    (order, session)
}

#[test]
fn killed_before_the_old_session_was_closed_it_is_closed_by_the_next_click() {
    let world = World::new();
    let (order, old) = with_an_old_session(&world);
    click_and_die(
        &world,
        &order,
        Call::ExpireSession,
        Fault::HangBefore,
        "/expire",
    );
    assert_eq!(rows(&world, &order), ["closing"]);
    assert_finished(&world, &order);
    assert_eq!(world.stripe.session(&old).unwrap()["status"], "expired");
    assert_eq!(rows(&world, &order), ["superseded", "open"]);
}

#[test]
fn killed_after_the_old_session_was_closed_the_next_click_finds_it_so() {
    let world = World::new();
    let (order, _) = with_an_old_session(&world);
    click_and_die(
        &world,
        &order,
        Call::ExpireSession,
        Fault::HangAfter,
        "/expire",
    );
    // Stripe tells of the end first: it was our doing, so nobody is to be reminded.
    world.deliver();
    assert_eq!(rows(&world, &order), ["superseded"]);
    assert_finished(&world, &order);
    assert_eq!(rows(&world, &order), ["superseded", "open"]);
}

#[test]
fn killed_between_the_old_and_the_new_session_the_next_click_makes_the_new_one() {
    let world = World::new();
    let (order, _) = with_an_old_session(&world);
    click_and_die(
        &world,
        &order,
        Call::CreateSession,
        Fault::HangBefore,
        "/sessions",
    );
    assert_eq!(rows(&world, &order), ["superseded", "minting"]);
    assert_eq!(world.payable_sessions(&order), 0);
    assert_finished(&world, &order);
    assert_eq!(world.stripe.creations(), 2);
}

#[test]
fn killed_while_closing_and_paid_meanwhile_the_payment_is_found() {
    let world = World::new();
    let (order, old) = with_an_old_session(&world);
    click_and_die(
        &world,
        &order,
        Call::ExpireSession,
        Fault::HangBefore,
        "/expire",
    );
    world.stripe.pay(&old).unwrap();
    assert!(seen(&world.click(&order)).contains("Already paid"));
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn a_process_that_starts_after_the_crash_finishes_as_well() {
    let world = World::new();
    let order = world.order("CUP-1");
    click_and_die(
        &world,
        &order,
        Call::CreateSession,
        Fault::HangAfter,
        "/sessions",
    );
    let next = Process::serve(world.settings(), &["--no-worker"]);
    let answer = click_at(&next.url, &order);
    assert_eq!(answer.status, 303);
    assert_eq!(world.click(&order).location(), answer.location());
    assert_eq!(world.stripe.creations(), 1);
}
