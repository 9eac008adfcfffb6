//! Only what Stripe signed is kept.

use super::{event, kept, signature};
use crate::support::World;

const SECRET: &str = "whsec_simulator";

#[test]
fn what_stripe_did_not_sign_lately_is_refused_and_nothing_is_stored() {
    let world = World::new();
    let body = event(&world, "evt_1", "invoice.paid", "{}".into()).to_string();
    let now = world.now().timestamp();
    let headers = [
        ("missing", None),
        ("nonsense", Some("nonsense".to_owned())),
        (
            "of another secret",
            Some(signature(&body, "whsec_of_somebody", now)),
        ),
        ("of another body", Some(signature("{}", SECRET, now))),
        ("too old", Some(signature(&body, SECRET, now - 330))),
        ("too new", Some(signature(&body, SECRET, now + 330))),
    ];
    for (what, header) in headers {
        let answer = world.post_webhook(body.clone(), header.as_deref());
        assert_eq!(answer.status, 400, "{what}");
    }
    assert_eq!(world.count("stripe_events"), 0);
}

#[test]
fn each_of_several_secrets_is_accepted_so_that_one_can_be_rolled() {
    let world = World::with(&[("STRIPE_WEBHOOK_SECRETS", "whsec_old, whsec_new")]);
    for secret in ["whsec_old", "whsec_new"] {
        let body = event(&world, secret, "invoice.paid", "{}".into()).to_string();
        let header = signature(&body, secret, world.now().timestamp());
        assert_eq!(world.post_webhook(body, Some(&header)).status, 200);
    }
    assert_eq!(kept(&world), ["invoice.paid pending"; 2]);
}

#[test]
fn a_body_over_one_mebibyte_is_refused_and_one_of_just_that_is_kept() {
    const MEBIBYTE: usize = 1024 * 1024;
    let world = World::new();
    let empty = event(&world, "evt_1", "invoice.paid", "".into()).to_string();
    let padded = |size: usize| {
        let filling = "x".repeat(size - empty.len());
        event(&world, "evt_1", "invoice.paid", filling.into()).to_string()
    };
    let post = |body: String| {
        let header = signature(&body, SECRET, world.now().timestamp());
        world.post_webhook(body, Some(&header)).status
    };
    assert_eq!(post(padded(MEBIBYTE + 1)), 413);
    assert_eq!(world.count("stripe_events"), 0);
    assert_eq!(post(padded(MEBIBYTE)), 200);
    assert_eq!(world.count("stripe_events"), 1);
}
