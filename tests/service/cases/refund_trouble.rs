//! A refund that Stripe refuses, or whose outcome nobody heard of: never lost, never made twice.

use serde_json::Value;

use super::{
    actions, cases, done_by_people, how, id, intent_of, mismatch, refunds, refused, resolve,
    resolved, show, wait_until,
};
use crate::{
    simulator::{Call, Fault},
    support::{
        World,
        browser::{client, runtime},
    },
};

/// Stripe's answers get lost for as long as anybody waits.
fn no_answer(world: &World, fault: Fault) {
    world.stripe.inject(Call::Refund, fault, usize::MAX);
}

fn impatient() -> World {
    World::with(&[("STRIPE_TIMEOUT_SECONDS", "2")])
}

#[test]
fn an_answer_that_got_lost_leaves_the_case_with_the_refund_alone_and_asking_again_finishes_it() {
    for fault in [Fault::ResetAfter, Fault::ResetBefore] {
        let world = impatient();
        let (order, case) = mismatch(&world, "CUP-1");
        no_answer(&world, fault);
        let answer = resolve(&world, &case, how("refund"));
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let between = show(&world, &case);
        assert_eq!(between["state"], "open");
        assert!(between["refunding_at"].is_string());
        assert_eq!(actions(&between), ["refund"]);
        for other in ["accept", "move"] {
            let mut body = how(other);
            if other == "move" {
                body["order_id"] = world.order("CUP-2").id.to_string().into();
            }
            assert!(refused(&world, &case, body).contains("a refund has been asked for"));
        }
        assert_eq!(world.status(&order), "in_review");
        world.stripe.clear_faults();
        let after = resolved(&world, &case, how("refund"));
        assert_eq!(after["resolved_how"], "refund");
        assert_eq!(refunds(&world).1, 1);
        assert_eq!(world.status(&order), "open");
    }
}

#[test]
fn one_answer_that_got_lost_is_not_even_noticed() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    world.stripe.inject(Call::Refund, Fault::ResetAfter, 1);
    resolved(&world, &case, how("refund"));
    assert_eq!(refunds(&world), (2, 1));
    assert_eq!(world.status(&order), "open");
}

#[test]
fn the_webhook_finishes_what_nobody_heard_and_names_who_asked() {
    let world = impatient();
    let (order, case) = mismatch(&world, "CUP-1");
    no_answer(&world, Fault::ResetAfter);
    assert_eq!(resolve(&world, &case, how("refund")).status, 503);
    world.deliver();
    let after = show(&world, &case);
    assert_eq!(after["resolved_how"], "refund");
    assert!(
        after["resolved_by"]
            .as_str()
            .unwrap()
            .starts_with("api:operator")
    );
    assert_eq!(after["note"], "as the coach said");
    assert_eq!(after["refunding_at"], Value::Null);
    assert_eq!(world.status(&order), "open");
    assert_eq!(refunds(&world).1, 1);
}

#[test]
fn whoever_goes_away_in_the_middle_leaves_a_row_that_the_next_one_finishes() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    let process = world.process();
    world.stripe.inject(Call::Refund, Fault::HangAfter, 1);
    let (_, token, _) = world.command(&["ops", "token", "add", "gone", "--role", "operator"]);
    let path = format!("/api/v1/cases/{}/resolve", id(&case));
    let asked = client()
        .post(format!("{}{path}", process.url))
        .bearer_auth(token.trim())
        .body(how("refund").to_string());
    let asked = runtime().spawn(async { asked.send().await });
    wait_until("Stripe has made the refund", || refunds(&world).1 == 1);
    process.kill();
    assert!(runtime().block_on(asked).unwrap().is_err());
    assert!(show(&world, &case)["refunding_at"].is_string());
    assert_eq!(world.status(&order), "in_review");
    resolved(&world, &case, how("refund"));
    assert_eq!(refunds(&world), (2, 1));
    assert_eq!(world.status(&order), "open");
}

#[test]
fn a_disputed_payment_is_not_refunded_and_the_case_is_open_again() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    world.stripe.dispute(&intent_of(&world, &order)).unwrap();
    let why = refused(&world, &case, how("refund"));
    assert!(
        why.contains("the payer's bank disputes the payment"),
        "{why}"
    );
    let after = show(&world, &case);
    assert_eq!(after["state"], "open");
    assert_eq!(after["refunding_at"], Value::Null);
    assert_eq!(actions(&after), ["move", "refund", "accept"]);
    assert_eq!(world.status(&order), "in_review");
    let told = done_by_people(&world, &order);
    assert!(
        told[1].starts_with("case: the refund was not made: the payer's bank"),
        "{told:?}"
    );
    resolved(&world, &case, how("accept"));
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn what_stripe_once_refused_or_failed_at_can_be_asked_for_again() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    let intent = intent_of(&world, &order);
    world.stripe.dispute(&intent).unwrap();
    refused(&world, &case, how("refund"));
    world.stripe.close_dispute(&intent, true).unwrap();
    // Stripe keeps a failure under its key, whether the refund was made or not.
    for (fault, made) in [(Fault::ErrorBefore, 0), (Fault::ErrorAfter, 1)] {
        world.stripe.inject(Call::Refund, fault, 1);
        assert_eq!(resolve(&world, &case, how("refund")).status, 503);
        assert_eq!(refunds(&world).1, made);
    }
    resolved(&world, &case, how("refund"));
    assert_eq!(refunds(&world).1, 1);
    assert_eq!(world.status(&order), "open");
}

#[test]
fn what_was_refunded_before_we_heard_of_it_is_done() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    world
        .stripe
        .refund(&intent_of(&world, &order), None)
        .unwrap();
    let after = resolved(&world, &case, how("refund"));
    assert_eq!(after["resolved_how"], "refund");
    assert_eq!(after["refunded_amount"], 4000);
    assert_eq!(refunds(&world), (1, 1));
    world.deliver();
    assert_eq!(world.status(&order), "open");
}

#[test]
fn a_failure_inside_stripe_keeps_the_wish() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    no_answer(&world, Fault::Html502);
    assert_eq!(resolve(&world, &case, how("refund")).status, 503);
    assert_eq!(cases(&world, "?state=open").len(), 1);
    assert_eq!(refunds(&world).1, 0);
    world.stripe.clear_faults();
    resolved(&world, &case, how("refund"));
    assert_eq!(world.status(&order), "open");
}

#[test]
fn a_key_that_stripe_refuses_says_nothing_of_a_refund_that_was_asked_for_before() {
    let world = impatient();
    let (_, case) = mismatch(&world, "CUP-1");
    let no_right = || Fault::Refuse {
        status: 403,
        code: "secret_key_required",
        message: "no right".to_owned(),
    };
    world.stripe.inject(Call::Refund, no_right(), 1);
    let why = refused(&world, &case, how("refund"));
    assert_eq!(why, "Stripe refuses the refund: 403 secret_key_required");
    assert_eq!(show(&world, &case)["refunding_at"], Value::Null);
    no_answer(&world, Fault::ResetAfter);
    assert_eq!(resolve(&world, &case, how("refund")).status, 503);
    world.stripe.clear_faults();
    world.stripe.inject(Call::Refund, no_right(), 1);
    assert_eq!(resolve(&world, &case, how("refund")).status, 503);
    assert_eq!(actions(&show(&world, &case)), ["refund"]);
}
