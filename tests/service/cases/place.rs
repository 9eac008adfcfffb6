//! A payment that is for another order: moved there, or adopted by it; only where it settles it.

use serde_json::{Value, json};

use super::{
    actions, counted, done_by_people, how, intent_of, mismatch, orphan, refused, resolve, resolved,
    second_payment, show, the_case, to,
};
use crate::{
    simulator::{Call, Fault},
    support::{Order, World},
};

/// An order over so much.
fn asking(world: &World, reference: &str, amount: i64) -> Order {
    let lines = json!([{ "description": "Summer cup", "unit_amount": amount }]);
    world.order_with(reference, json!({ "lines": lines }))
}

#[test]
fn a_mismatch_moves_to_the_order_it_was_meant_for_and_the_other_opens_again() {
    let world = World::new();
    let (source, case) = mismatch(&world, "CUP-1");
    let target = asking(&world, "CUP-2", 4000);
    let mut body = to("move", &target);
    body["note"] = "the brother's".into();
    let after = resolved(&world, &case, body.clone());
    assert_eq!(after["resolved_how"], "move");
    assert_eq!(after["order_id"], source.id.to_string());
    assert_eq!(after["moved_to"], target.id.to_string());
    assert_eq!(world.status(&source), "open");
    assert_eq!(world.status(&target), "paid");
    assert!(counted(&world, &source).is_empty());
    assert_eq!(counted(&world, &target), ["4000 settles"]);
    assert_eq!(
        done_by_people(&world, &source),
        [
            "case: a payment was moved to order CUP-2 (the brother's)",
            "order: order in_review → open (the brother's)"
        ]
    );
    assert_eq!(
        done_by_people(&world, &target),
        [
            "case: a payment was moved here from order CUP-1 (the brother's)",
            "payment: payment received",
            "order: order open → paid (the brother's)"
        ]
    );
    assert_eq!(resolved(&world, &case, body), after);
    let other = asking(&world, "CUP-3", 4000);
    assert!(refused(&world, &case, to("move", &other)).contains("moved to another order"));
    assert_eq!(world.click(&source).status, 303);
}

#[test]
fn a_second_payment_moves_and_the_order_it_leaves_stays_paid() {
    let world = World::new();
    let (source, case) = second_payment(&world, "CUP-1");
    let target = world.order("CUP-2");
    resolved(&world, &case, to("move", &target));
    assert_eq!(world.status(&source), "paid");
    assert_eq!(world.status(&target), "paid");
    assert_eq!(counted(&world, &source), ["4500 settles"]);
    assert_eq!(counted(&world, &target), ["4500 settles"]);
}

#[test]
fn a_checkout_of_the_target_is_closed_first() {
    let world = World::new();
    let (_, case) = mismatch(&world, "CUP-1");
    let target = asking(&world, "CUP-2", 4000);
    world.click_through(&target);
    assert_eq!(world.payable_sessions(&target), 1);
    resolved(&world, &case, to("move", &target));
    assert_eq!(world.payable_sessions(&target), 0);
    assert_eq!(world.status(&target), "paid");
}

#[test]
fn a_checkout_that_cannot_be_closed_leaves_everything_as_it_is() {
    let world = World::with(&[("STRIPE_TIMEOUT_SECONDS", "2")]);
    let (source, case) = mismatch(&world, "CUP-1");
    let target = asking(&world, "CUP-2", 4000);
    world.click_through(&target);
    world
        .stripe
        .inject(Call::ExpireSession, Fault::ResetBefore, usize::MAX);
    let answer = resolve(&world, &case, to("move", &target));
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(world.status(&source), "in_review");
    assert_eq!(world.status(&target), "open");
    assert_eq!(show(&world, &case), case);
}

#[test]
fn a_checkout_of_the_target_that_was_paid_meanwhile_refuses_the_move() {
    let world = World::new();
    let (source, case) = mismatch(&world, "CUP-1");
    let target = asking(&world, "CUP-2", 4000);
    let session = world.click_through(&target);
    world.stripe.pay(&session).unwrap();
    assert_eq!(
        refused(&world, &case, to("move", &target)),
        "the order CUP-2 is paid already"
    );
    assert_eq!(world.status(&source), "in_review");
}

#[test]
fn what_does_not_settle_the_target_is_refused_and_nothing_changes() {
    let world = World::new();
    let (source, case) = mismatch(&world, "CUP-1");
    let larger = asking(&world, "CUP-2", 4500);
    let dollars = world.order_with("CUP-3", json!({ "currency": "usd" }));
    let cancelled = asking(&world, "CUP-4", 4000);
    world.execute("UPDATE orders SET cancelled_at = now() WHERE reference = 'CUP-4'");
    let debit = asking(&world, "CUP-5", 4000);
    let session = world.click_through(&debit);
    world.stripe.start_debit(&session).unwrap();
    world.deliver();
    assert_eq!(world.status(&debit), "processing");
    for (target, why) in [
        (
            &larger,
            "the order CUP-2 asks for €45.00, the payment is €40.00",
        ),
        (
            &dollars,
            "the order CUP-3 asks for $45.00, the payment is €40.00",
        ),
        (&cancelled, "the order CUP-4 was cancelled"),
        (
            &debit,
            "a payment for the order CUP-5 is on its way; wait until it has arrived or failed",
        ),
        (&source, "the payment is counted for this very order"),
    ] {
        assert_eq!(refused(&world, &case, to("move", target)), why);
        assert_eq!(counted(&world, &source), ["4000 mismatch"]);
        assert!(target.id == source.id || counted(&world, target).is_empty());
    }
    assert_eq!(world.status(&source), "in_review");
    assert_eq!(show(&world, &case), case);
    assert!(done_by_people(&world, &source).is_empty());
}

#[test]
fn an_order_must_be_named_must_exist_and_goes_with_move_and_adopt_alone() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    let answers = |body: Value| resolve(&world, &case, body).status;
    assert_eq!(answers(json!({ "how": "move" })), 422);
    assert_eq!(answers(json!({ "how": "adopt" })), 422);
    assert_eq!(answers(to("accept", &order)), 422);
    assert_eq!(answers(json!({ "how": "dance" })), 422);
    let nobody = "0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11";
    assert_eq!(answers(json!({ "how": "move", "order_id": nobody })), 404);
    assert_eq!(answers(json!({ "how": "move", "order_id": "CUP-1" })), 404);
    assert_eq!(answers(to("adopt", &order)), 409);
    assert_eq!(show(&world, &case), case);
}

#[test]
fn an_orphan_suggests_the_orders_it_may_be_for_and_is_adopted_by_the_first() {
    let world = World::new();
    let other = asking(&world, "CUP-1", 9900);
    world.order_with("CUP-2", json!({ "email": "other@example.org" }));
    let paid = world.order("CUP-3");
    world.execute("UPDATE orders SET paid_at = now() WHERE reference = 'CUP-3'");
    let meant = world.order("CUP-4");
    let case = orphan(&world, "Parent@Example.org", 4500);
    let suggested: Vec<String> = case["suggested_orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| format!("{} {}", order["reference"], order["why"]))
        .collect();
    assert_eq!(
        suggested,
        [
            r#""CUP-4" ["email","amount","date"]"#,
            r#""CUP-1" ["email","date"]"#,
            r#""CUP-2" ["amount","date"]"#,
        ]
    );
    assert!(refused(&world, &case, to("adopt", &other)).contains("asks for €99.00"));
    assert!(refused(&world, &case, to("adopt", &paid)).contains("is paid already"));
    assert!(refused(&world, &case, to("move", &meant)).contains("adopt"));
    let after = resolved(&world, &case, to("adopt", &meant));
    assert_eq!(after["moved_to"], meant.id.to_string());
    assert_eq!(after["suggested_orders"], json!([]));
    assert_eq!(world.status(&meant), "paid");
    assert_eq!(
        done_by_people(&world, &meant),
        [
            "case: a payment that belonged to no order was adopted",
            "payment: payment received",
            "order: order open → paid"
        ]
    );
}

#[test]
fn what_is_refunded_after_a_move_is_refunded_of_the_new_order() {
    let world = World::new();
    let (source, case) = mismatch(&world, "CUP-1");
    let intent = intent_of(&world, &source);
    world.stripe.refund(&intent, Some(500)).unwrap();
    world.deliver();
    let target = asking(&world, "CUP-2", 4000);
    resolved(&world, &case, to("move", &target));
    assert_eq!(world.status(&target), "partially_refunded");
    world.stripe.refund(&intent, None).unwrap();
    world.deliver();
    assert_eq!(world.status(&target), "refunded");
    assert_eq!(world.status(&source), "open");
}

#[test]
fn a_dispute_of_an_adopted_payment_is_about_the_order_from_then_on() {
    let world = World::new();
    let order = world.order("CUP-1");
    let case = orphan(&world, "parent@example.org", 4500);
    let intent = case["payment_intent"].as_str().unwrap().to_owned();
    world.stripe.dispute(&intent).unwrap();
    world.deliver();
    resolved(&world, &case, to("adopt", &order));
    let dispute = the_case(&world);
    assert_eq!(dispute["kind"], "dispute");
    assert_eq!(dispute["order_id"], order.id.to_string());
    world.stripe.close_dispute(&intent, true).unwrap();
    world.deliver();
    assert_eq!(show(&world, &dispute)["resolved_how"], "won");
    assert_eq!(world.count("cases WHERE kind = 'dispute'"), 1);
}

#[test]
fn two_people_who_move_it_to_two_orders_move_it_once() {
    let mut world = World::new();
    world.add_replica();
    let (_, case) = mismatch(&world, "CUP-1");
    let targets = [asking(&world, "CUP-2", 4000), asking(&world, "CUP-3", 4000)];
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asked = targets
            .each_ref()
            .map(|target| scope.spawn(|| resolve(&world, &case, to("move", target)).status));
        asked
            .into_iter()
            .map(|asked| asked.join().unwrap())
            .collect()
    });
    let mut sorted = statuses.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [200, 409]);
    assert_eq!(world.count("payment_allocations"), 1);
    assert_eq!(world.count("orders WHERE status = 'paid'"), 1);
    assert!(actions(&show(&world, &case)).is_empty());
    assert_eq!(resolve(&world, &case, how("accept")).status, 409);
}

#[test]
fn a_refund_that_is_heard_of_at_the_same_moment_finds_the_new_order() {
    let world = World::new();
    for number in 0..8 {
        let (case, intent, how) = if number % 2 == 0 {
            let (order, case) = mismatch(&world, &format!("CUP-{number}"));
            (case, intent_of(&world, &order), "move")
        } else {
            let case = orphan(&world, "parent@example.org", 4000);
            let intent = case["payment_intent"].as_str().unwrap().to_owned();
            (case, intent, "adopt")
        };
        let target = asking(&world, &format!("NEW-{number}"), 4000);
        world.stripe.refund(&intent, Some(500)).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| world.deliver());
            scope.spawn(|| resolved(&world, &case, to(how, &target)));
        });
        assert_eq!(world.status(&target), "partially_refunded", "{how}");
    }
}
