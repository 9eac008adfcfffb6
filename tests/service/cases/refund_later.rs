//! A refund that Stripe has begun, one that it does not make, and one that fails when it was made long ago.

use chrono::Duration;
use freshmint::sweep::{self, Look};
use serde_json::{Value, json};

use super::{
    actions, done_by_people, how, id, intent_of, mismatch, orphan, refunds, refused, resolve,
    resolved, second_payment, show,
};
use crate::{
    simulator::{Call, Fault, Order as Arrival, RefundStatus},
    support::{World, browser::runtime},
};

/// The newest refund of the case's payment.
fn newest(world: &World, case: &Value) -> String {
    let refunds = world
        .stripe
        .refunds_of(case["payment_intent"].as_str().unwrap());
    refunds.last().unwrap()["id"].as_str().unwrap().to_owned()
}

fn becomes(world: &World, case: &Value, status: RefundStatus) {
    world
        .stripe
        .move_refund(&newest(world, case), status)
        .unwrap();
    world.deliver();
}

/// Asks for a refund that Stripe has under way for now.
fn under_way(world: &World, case: &Value) -> Value {
    world.stripe.next_refund(RefundStatus::Pending);
    let answer = resolve(world, case, how("refund"));
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()
}

#[test]
fn one_under_way_is_waited_for_and_nothing_else_can_be_done() {
    for waits in [RefundStatus::Pending, RefundStatus::RequiresAction] {
        let world = World::new();
        let (order, case) = mismatch(&world, "CUP-1");
        world.stripe.next_refund(waits);
        let answer = resolve(&world, &case, how("refund"));
        assert_eq!(answer.status, 202, "{answer:?}");
        let waiting = answer.json();
        assert_eq!(waiting["state"], "open");
        assert_eq!(waiting["refund_id"], newest(&world, &case));
        assert!(waiting["refunding_at"].is_string());
        assert_eq!(waiting["refunded_amount"], 0);
        // Stripe tells that it was begun.
        world.deliver();
        assert_eq!(show(&world, &case), waiting);
        assert_eq!(actions(&waiting), [""; 0]);
        for other in ["accept", "refund"] {
            assert!(refused(&world, &case, how(other)).contains("under way"));
        }
        assert_eq!(world.status(&order), "in_review");
        world.pass(Duration::days(4));
        becomes(&world, &case, RefundStatus::Succeeded);
        let after = show(&world, &case);
        assert_eq!(after["resolved_how"], "refund");
        assert_eq!(after["refund_id"], Value::Null);
        assert_eq!(after["note"], "as the coach said");
        let by = after["resolved_by"].as_str().unwrap();
        assert!(by.starts_with("api:operator"), "{by}");
        assert_eq!(world.status(&order), "open");
        assert_eq!(refunds(&world), (1, 1));
    }
}

#[test]
fn people_read_that_it_is_under_way() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    world.stripe.next_refund(RefundStatus::Pending);
    let id = id(&case);
    let (code, said, _) = world.command(&["cases", "resolve", id, "--how", "refund"]);
    assert_eq!(code, 0);
    assert!(said.contains("Stripe has the refund under way"), "{said}");
    let (_, said, _) = world.command(&["cases", "list"]);
    assert!(said.ends_with("Stripe has a refund under way\n"), "{said}");
    let (_, story, _) = world.command(&["orders", "show", &order.reference]);
    assert!(story.contains("Stripe has a refund under way"), "{story}");
    becomes(&world, &case, RefundStatus::Failed);
    let (_, said, _) = world.command(&["cases", "list"]);
    assert!(
        said.contains("(the refund was not made: it failed at Stripe (expired_or_canceled_card))"),
        "{said}"
    );
}

#[test]
fn one_that_was_under_way_and_fails_leaves_the_case_open_for_another_attempt() {
    for (end, why) in [
        (
            RefundStatus::Failed,
            "it failed at Stripe (expired_or_canceled_card)",
        ),
        (
            RefundStatus::Canceled,
            "it was canceled at Stripe (merchant_request)",
        ),
    ] {
        let world = World::new();
        let (order, case) = mismatch(&world, "CUP-1");
        under_way(&world, &case);
        becomes(&world, &case, end);
        let after = show(&world, &case);
        assert_eq!(after["state"], "open");
        assert_eq!(after["refund_failure"], why);
        assert_eq!(
            (&after["refund_id"], &after["refunding_at"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(actions(&after), ["move", "refund", "accept"]);
        assert_eq!(world.status(&order), "in_review");
        let told =
            "activity WHERE level = 'attention' AND what LIKE 'the refund was not made: it %'";
        assert_eq!(world.count(told), 1);
        let after = resolved(&world, &case, how("refund"));
        assert_eq!(after["refund_failure"], Value::Null);
        assert_eq!(world.status(&order), "open");
        assert_eq!(refunds(&world).0, 2);
        world.deliver();
        assert_eq!(show(&world, &case), after);
    }
}

#[test]
fn one_that_fails_at_once_was_not_made_and_the_case_says_why() {
    for (end, why) in [
        (RefundStatus::Failed, "it failed at Stripe"),
        (RefundStatus::Canceled, "it was canceled at Stripe"),
    ] {
        let world = World::new();
        let (order, case) = mismatch(&world, "CUP-1");
        world.stripe.next_refund(end);
        let said = refused(&world, &case, how("refund"));
        assert!(said.contains(why), "{said}");
        let after = show(&world, &case);
        assert_eq!(after["state"], "open");
        assert!(after["refund_failure"].as_str().unwrap().contains(why));
        assert_eq!(world.status(&order), "in_review");
        world.deliver();
        assert_eq!(show(&world, &case), after);
        resolved(&world, &case, how("refund"));
        let keys: Vec<String> = world
            .stripe
            .requests()
            .into_iter()
            .filter_map(|asked| asked.idempotency_key)
            .filter(|key| key.starts_with("freshmint-refund"))
            .collect();
        let id = id(&case);
        assert_eq!(
            keys,
            [1, 2].map(|number| format!("freshmint-refund-{id}-{number}"))
        );
        assert_eq!(world.status(&order), "open");
    }
}

#[test]
fn one_that_fails_weeks_later_opens_the_case_and_the_review_again() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    resolved(&world, &case, how("refund"));
    world.deliver();
    assert_eq!(world.status(&order), "open");
    world.pass(Duration::weeks(3));
    becomes(&world, &case, RefundStatus::Failed);
    let after = show(&world, &case);
    assert_eq!(after["state"], "open");
    assert_eq!(
        after["refund_failure"],
        "it failed at Stripe (expired_or_canceled_card)"
    );
    assert_eq!(after["resolved_by"], Value::Null);
    assert_eq!(actions(&after), ["move", "refund", "accept"]);
    assert_eq!(world.status(&order), "in_review");
    assert_eq!(world.click(&order).status, 200);
    let told = "activity WHERE level = 'attention' AND what LIKE '%its case is open again'";
    assert_eq!(world.count(told), 1);
    // Told again, nothing more happens; and it can be refunded once more.
    world.execute("UPDATE stripe_events SET state = 'pending', not_before = to_timestamp(0)");
    world.work_off();
    assert_eq!(world.count(told), 1);
    resolved(&world, &case, how("refund"));
    assert_eq!(world.status(&order), "open");
}

#[test]
fn a_second_payment_and_an_orphan_come_back_too() {
    let world = World::new();
    let (order, case) = second_payment(&world, "CUP-1");
    resolved(&world, &case, how("refund"));
    becomes(&world, &case, RefundStatus::Failed);
    assert_eq!(show(&world, &case)["state"], "open");
    assert_eq!(world.status(&order), "paid");
    resolved(&world, &case, how("accept"));
    let orphan = orphan(&world, "parent@example.org", 4500);
    resolved(&world, &orphan, how("refund"));
    becomes(&world, &orphan, RefundStatus::Failed);
    assert_eq!(show(&world, &orphan)["state"], "open");
}

#[test]
fn what_a_person_has_accepted_since_stays_accepted() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    under_way(&world, &case);
    becomes(&world, &case, RefundStatus::Failed);
    resolved(&world, &case, how("accept"));
    assert_eq!(world.status(&order), "paid");
    // Weeks later, in the dashboard, and that fails too.
    let refund = world
        .stripe
        .refund(&intent_of(&world, &order), None)
        .unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "refunded");
    let id = refund["id"].as_str().unwrap();
    world.stripe.move_refund(id, RefundStatus::Failed).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    assert_eq!(show(&world, &case)["resolved_how"], "accept");
}

#[test]
fn an_answer_that_got_lost_is_found_by_its_mark() {
    let world = World::with(&[("STRIPE_TIMEOUT_SECONDS", "2")]);
    let (order, case) = mismatch(&world, "CUP-1");
    world.stripe.next_refund(RefundStatus::Pending);
    world
        .stripe
        .inject(Call::Refund, Fault::ResetAfter, usize::MAX);
    assert_eq!(resolve(&world, &case, how("refund")).status, 503);
    world.stripe.clear_faults();
    world.deliver();
    assert_eq!(show(&world, &case)["refund_id"], newest(&world, &case));
    becomes(&world, &case, RefundStatus::Succeeded);
    let after = show(&world, &case);
    assert_eq!(after["resolved_how"], "refund");
    assert!(
        after["resolved_by"]
            .as_str()
            .unwrap()
            .starts_with("api:operator")
    );
    assert_eq!(world.status(&order), "open");
    assert_eq!(refunds(&world).1, 1);
}

/// As one that was asked for before refunds named their attempt.
#[test]
fn one_that_names_no_attempt_is_known_by_the_answers_id() {
    let world = World::new();
    let (_, case) = mismatch(&world, "CUP-1");
    let without = Fault::MissingField("metadata");
    world.stripe.inject(Call::ReadRefunds, without, usize::MAX);
    world.stripe.next_refund(RefundStatus::Failed);
    let said = refused(&world, &case, how("refund"));
    assert!(said.contains("it failed at Stripe"), "{said}");
}

#[test]
fn stripe_that_falls_silent_after_the_refund_is_asked_again_by_whoever_comes() {
    let world = World::with(&[("STRIPE_TIMEOUT_SECONDS", "2")]);
    let (order, case) = mismatch(&world, "CUP-1");
    world
        .stripe
        .inject(Call::ReadRefunds, Fault::Html502, usize::MAX);
    assert_eq!(resolve(&world, &case, how("refund")).status, 503);
    assert_eq!(world.status(&order), "in_review");
    assert_eq!(actions(&show(&world, &case)), ["refund"]);
    world.stripe.clear_faults();
    resolved(&world, &case, how("refund"));
    assert_eq!(refunds(&world), (2, 1));
    assert_eq!(world.status(&order), "open");
}

#[test]
fn the_first_answer_under_a_key_is_not_believed_when_it_has_failed_since() {
    let world = World::with(&[("STRIPE_TIMEOUT_SECONDS", "2")]);
    let (order, case) = mismatch(&world, "CUP-1");
    world
        .stripe
        .inject(Call::ReadRefunds, Fault::Html502, usize::MAX);
    assert_eq!(resolve(&world, &case, how("refund")).status, 503);
    world.stripe.clear_faults();
    let made = newest(&world, &case);
    world
        .stripe
        .move_refund(&made, RefundStatus::Failed)
        .unwrap();
    let said = refused(&world, &case, how("refund"));
    assert!(said.contains("it failed at Stripe"), "{said}");
    assert_eq!(world.status(&order), "in_review");
    world.deliver_in(Arrival::Reversed);
    assert_eq!(show(&world, &case)["state"], "open");
}

#[test]
fn what_another_refund_has_under_way_is_waited_for() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    let intent = intent_of(&world, &order);
    world.stripe.next_refund(RefundStatus::Pending);
    world.stripe.refund(&intent, Some(1500)).unwrap();
    // Ours gives back the rest at once; the first is still on its way.
    let answer = resolve(&world, &case, how("refund"));
    assert_eq!(answer.status, 202, "{answer:?}");
    let first = world.stripe.refunds_of(&intent)[0]["id"].clone();
    assert_eq!(answer.json()["refund_id"], first);
    assert_eq!(answer.json()["refunded_amount"], 2500);
    world
        .stripe
        .move_refund(first.as_str().unwrap(), RefundStatus::Failed)
        .unwrap();
    world.deliver();
    assert_eq!(show(&world, &case)["state"], "open");
    let after = resolved(&world, &case, how("refund"));
    assert_eq!(after["refunded_amount"], 4000);
    assert_eq!(world.status(&order), "open");
}

#[test]
fn nothing_is_left_since_a_refund_of_the_dashboard_is_under_way() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    world.stripe.next_refund(RefundStatus::Pending);
    world
        .stripe
        .refund(&intent_of(&world, &order), None)
        .unwrap();
    let answer = resolve(&world, &case, how("refund"));
    assert_eq!(answer.status, 202, "{answer:?}");
    becomes(&world, &case, RefundStatus::Succeeded);
    assert_eq!(show(&world, &case)["resolved_how"], "refund");
    assert_eq!(refunds(&world), (1, 1));
}

#[test]
fn the_sweep_finishes_what_no_event_tells() {
    let world = World::with_mailbox(&[]);
    let (order, case) = mismatch(&world, "CUP-1");
    under_way(&world, &case);
    let refund = newest(&world, &case);
    world
        .stripe
        .move_refund(&refund, RefundStatus::Succeeded)
        .unwrap();
    // The events came, and were lost here: a backup was restored, say.
    world.stripe.deliver_all(Arrival::AsHappened).unwrap();
    world.execute("UPDATE stripe_events SET state = 'processed'");
    let look = || {
        let look = sweep::look(&world.app, Look::Full);
        runtime()
            .block_on(look)
            .expect("Stripe and the database answer")
    };
    look();
    assert_eq!(
        show(&world, &case)["state"],
        "open",
        "somebody may be asking just now"
    );
    world.pass(Duration::minutes(11));
    look();
    let after = show(&world, &case);
    assert_eq!(after["resolved_how"], "refund");
    assert_eq!(world.status(&order), "open");
}

#[test]
fn what_people_did_reads_in_its_order() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    under_way(&world, &case);
    assert_eq!(
        done_by_people(&world, &order),
        [
            "case: a refund of the payment was asked for (as the coach said)",
            "case: Stripe has the refund under way: it is waited for (as the coach said)",
        ]
    );
    let asked = world.stripe.requests();
    let post = asked
        .iter()
        .find(|asked| asked.method == "POST" && asked.path == "/v1/refunds");
    let metadata = &post.unwrap().params["metadata"];
    assert_eq!(
        *metadata,
        json!({ "freshmint_case": id(&case), "freshmint_attempt": "1" })
    );
}
