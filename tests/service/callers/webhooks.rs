//! Webhooks that Stripe did not sign.

use chrono::Duration;
use reqwest::Method;

use super::{AT_ONCE, assert_is_limited, tries};
use crate::{
    support::World,
    webhook::{event, post_signed},
};

#[test]
fn unsigned_webhooks_are_limited_and_a_signed_one_from_the_same_address_is_kept() {
    let world = World::new();
    world.stop_clock();
    let (refused, last) = tries(AT_ONCE + 20, 400, || world.post_webhook("{}", None));
    assert_eq!(refused, AT_ONCE);
    assert_is_limited(&last);
    let wrong = format!("t={},v1={}", world.now().timestamp(), "0".repeat(64));
    assert_is_limited(&world.post_webhook("{}", Some(&wrong)));
    let body = event(&world, "evt_1", "invoice.paid", "{}".into()).to_string();
    assert_eq!(post_signed(&world, &body).status, 200);
    assert_eq!(world.count("stripe_events"), 1);
    assert_eq!(world.count("activity"), 0);
    world.pass(Duration::minutes(4));
    assert_eq!(world.post_webhook("{}", None).status, 400);
}

#[test]
fn the_log_has_one_line_a_minute_about_them() {
    let world = World::new();
    let process = world.process();
    let url = format!("{}/webhooks/stripe", process.url);
    for _ in 0..30 {
        let post = crate::support::browser::client().request(Method::POST, &url);
        let answer = crate::support::runtime().block_on(crate::support::browser::send(post));
        assert_eq!(answer.status, 400);
    }
    let log = process.log();
    let lines = log.iter().filter(|line| line.contains("valid signature"));
    assert_eq!(lines.count(), 1, "{log:#?}");
}
