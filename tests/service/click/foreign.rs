//! What Stripe answers is bounded: in bytes, in time, and in what is kept of it.

use std::time::{Duration, Instant};

use super::hasty_world;
use crate::{
    simulator::{Call, Fault},
    support::{World, browser::runtime},
};

const MINT: &str = "POST /v1/checkout/sessions";
const SEARCH: &str = "GET /v1/checkout/sessions";

/// A refusal with a code of so many megabytes, which its answer says twice.
fn refusal(megabytes: usize) -> Fault {
    Fault::Refuse {
        status: 400,
        code: Box::leak("x".repeat(megabytes * 1_000_000).into_boxed_str()),
        message: "no".to_owned(),
    }
}

#[test]
fn an_answer_that_does_not_end_is_broken_off_and_its_session_is_found() {
    let world = World::new();
    let order = world.order("CUP-1");
    let pause = Duration::ZERO;
    world
        .stripe
        .inject(Call::CreateSession, Fault::Endless { pause }, 1);
    world.click_through(&order);
    assert_eq!(world.traffic(), [MINT, SEARCH]);
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn an_answer_that_comes_slowly_ends_with_the_time_of_the_call() {
    let world = hasty_world();
    let order = world.order("CUP-1");
    let pause = Duration::from_millis(200);
    world
        .stripe
        .inject(Call::CreateSession, Fault::Endless { pause }, 1);
    let clicked = Instant::now();
    super::assert_is_busy(&world.click(&order));
    assert!(clicked.elapsed() < Duration::from_secs(10));
    world.click_through(&order);
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn a_code_of_megabytes_is_a_short_one_in_the_log_its_row_and_its_alert() {
    let world = World::with_mailbox(&[("ALERT_EMAIL", "treasurer@rovers.example.org")]);
    let order = world.order("CUP-1");
    world.stripe.inject(Call::CreateSession, refusal(1), 1);
    assert_eq!(world.click(&order).status, 502);
    let longest = "SELECT max(length(what) + length(detail::text))::text AS text FROM activity";
    let longest: usize = world.text(longest).parse().unwrap();
    assert!((100..300).contains(&longest), "{longest}");
    let failure = "SELECT length(failure)::text AS text FROM checkout_sessions";
    let failure: usize = world.text(failure).parse().unwrap();
    assert!(failure < 300, "{failure}");
    world.pass(chrono::Duration::seconds(6));
    let told = runtime().block_on(freshmint::alert::work_off(&world.app));
    assert!(told.expect("the database answers"));
    let subject = "SELECT max(length(subject))::text AS text FROM outbox";
    let subject: usize = world.text(subject).parse().unwrap();
    assert!(subject < 300, "{subject}");
}

#[test]
fn an_error_of_more_than_four_mebibytes_is_not_read_to_its_end() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.stripe.inject(Call::CreateSession, refusal(3), 1);
    // Nothing was made, which the search tells.
    world.click_through(&order);
    assert_eq!(world.traffic(), [MINT, SEARCH, MINT]);
    assert_eq!(world.stripe.creations(), 1);
}
