//! Accepting: of a payment that does not fit, an order becomes paid; of the rest, somebody has
//! taken note.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::{
    actions, counted, disputed, done_by_people, forget_a_session, how, intent_of, mismatch, orphan,
    paid_of, refunds, refused, resolve, resolved, second_payment, the_case,
};
use crate::support::World;

#[test]
fn an_accepted_mismatch_pays_the_order() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    assert_eq!(actions(&case), ["move", "refund", "accept"]);
    let after = resolved(&world, &case, how("accept"));
    assert_eq!(after["state"], "resolved");
    assert_eq!(after["resolved_how"], "accept");
    assert!(
        after["resolved_by"]
            .as_str()
            .unwrap()
            .starts_with("api:operator")
    );
    assert_eq!(after["note"], "as the coach said");
    assert!(actions(&after).is_empty());
    assert_eq!(world.status(&order), "paid");
    assert_eq!(counted(&world, &order), ["4000 settles"]);
    assert_eq!(
        done_by_people(&world, &order),
        [
            "case: the payment that did not fit was accepted as what was owed (as the coach said)",
            "order: order in_review → paid (as the coach said)"
        ]
    );
    assert!(world.click(&order).text().contains("paid"));
}

#[test]
fn what_is_resolved_is_answered_as_it_is_in_the_same_way_and_refused_in_another() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    let first = resolved(&world, &case, how("accept"));
    world.pass(chrono::Duration::hours(1));
    assert_eq!(resolved(&world, &case, json!({ "how": "accept" })), first);
    let why = refused(&world, &case, how("refund"));
    assert_eq!(
        why,
        "the case is resolved already: it was accepted (accept)"
    );
    assert_eq!(refunds(&world), (0, 0));
    assert_eq!(done_by_people(&world, &order).len(), 2);
}

#[test]
fn an_accepted_mismatch_that_is_refunded_at_stripe_is_refunded() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    resolved(&world, &case, how("accept"));
    let intent = intent_of(&world, &order);
    world.stripe.refund(&intent, Some(1000)).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "partially_refunded");
    world.stripe.refund(&intent, None).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "refunded");
}

#[test]
fn a_mismatch_of_which_some_went_back_before_is_partially_refunded_when_accepted() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    let intent = intent_of(&world, &order);
    world.stripe.refund(&intent, Some(1000)).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "in_review");
    let after = resolved(&world, &case, how("accept"));
    assert_eq!(after["refunded_amount"], 1000);
    assert_eq!(world.status(&order), "partially_refunded");
}

#[test]
fn a_payment_after_a_cancel_can_be_accepted() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    forget_a_session(&world);
    let path = format!("/orders/{}/cancel", order.id);
    let cancelled = world.api(Role::Operator, Method::POST, &path, None);
    assert_eq!(cancelled.status, 200);
    paid_of(&world, &session);
    assert_eq!(world.status(&order), "cancelled");
    resolved(&world, &the_case(&world), how("accept"));
    assert_eq!(world.status(&order), "paid");
    assert_eq!(counted(&world, &order), ["4500 settles"]);
}

#[test]
fn of_two_payments_that_do_not_fit_one_pays_the_order_and_the_other_is_taken_note_of() {
    let world = World::new();
    let order = world.order("CUP-1");
    let left = world.click_through(&order);
    world.pass(chrono::Duration::hours(13));
    forget_a_session(&world);
    let session = world.click_through(&order);
    world.stripe.pay_amount(&session, 4000).unwrap();
    world.deliver();
    world.stripe.pay_amount(&left, 3000).unwrap();
    world.deliver();
    let open = super::cases(&world, "?state=open");
    resolved(&world, &open[1], how("accept"));
    assert_eq!(counted(&world, &order), ["4000 mismatch", "3000 settles"]);
    resolved(&world, &open[0], how("accept"));
    assert_eq!(world.status(&order), "paid");
    assert_eq!(counted(&world, &order), ["4000 mismatch", "3000 settles"]);
}

#[test]
fn accepting_a_second_payment_changes_nothing_else() {
    let world = World::new();
    let (order, case) = second_payment(&world, "CUP-1");
    assert_eq!(actions(&case), ["move", "refund", "accept"]);
    let before = counted(&world, &order);
    resolved(&world, &case, how("accept"));
    assert_eq!(counted(&world, &order), before);
    assert_eq!(world.status(&order), "paid");
    assert_eq!(
        done_by_people(&world, &order),
        ["case: the second payment was accepted; the order stays as it is (as the coach said)"]
    );
}

#[test]
fn accepting_an_orphan_closes_its_case() {
    let world = World::new();
    let case = orphan(&world, "parent@example.org", 4500);
    assert_eq!(actions(&case), ["adopt", "refund", "accept"]);
    assert_eq!(case["email"], "parent@example.org");
    resolved(&world, &case, how("accept"));
    assert_eq!(world.count("payment_allocations"), 0);
    assert_eq!(
        world.texts("SELECT what AS text FROM activity WHERE actor LIKE 'api:%'"),
        ["the payment without an order was accepted as it is"]
    );
}

#[test]
fn a_dispute_is_taken_note_of_and_shows_what_stripe_says() {
    let world = World::new();
    let (order, case) = disputed(&world, "CUP-1");
    assert_eq!(actions(&case), ["accept"]);
    assert_eq!(case["dispute"]["status"], "needs_response");
    assert_eq!(case["dispute"]["reason"], "fraudulent");
    for cannot in ["refund", "move"] {
        let body = match cannot {
            "move" => super::to(cannot, &order),
            _ => how(cannot),
        };
        assert!(refused(&world, &case, body).contains("Stripe's dashboard"));
    }
    resolved(&world, &case, how("accept"));
    world
        .stripe
        .close_dispute(&intent_of(&world, &order), true)
        .unwrap();
    world.deliver();
    let after = super::show(&world, &case);
    assert_eq!(after["resolved_how"], "accept");
    assert_eq!(after["dispute"]["status"], "won");
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn a_won_dispute_closes_its_case_and_says_so_to_whoever_comes_later() {
    let world = World::new();
    let (order, case) = disputed(&world, "CUP-1");
    world
        .stripe
        .close_dispute(&intent_of(&world, &order), true)
        .unwrap();
    world.deliver();
    assert_eq!(
        refused(&world, &case, how("accept")),
        "the case is resolved already: the dispute was decided for the shop (won)"
    );
}

#[test]
fn a_refund_that_nobody_can_place_is_taken_note_of() {
    let world = World::new();
    let (order, _) = mismatch(&world, "CUP-1");
    world.execute(&format!(
        "INSERT INTO cases (id, kind, about, amount, currency, opened_at) \
         VALUES ('{}', 'refund', 'pi_shared', 500, 'eur', now())",
        order.id
    ));
    let case = super::cases(&world, "?kind=refund").remove(0);
    assert_eq!(actions(&case), ["accept"]);
    assert!(refused(&world, &case, how("refund")).contains("already"));
    resolved(&world, &case, how("accept"));
    assert_eq!(world.status(&order), "in_review");
}

#[test]
fn a_checkout_that_is_open_is_closed_before_a_mismatch_is_accepted() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    // As a release by another way would leave it.
    world.execute("UPDATE orders SET in_review_at = NULL");
    world.click_through(&order);
    assert_eq!(world.payable_sessions(&order), 1);
    resolved(&world, &case, how("accept"));
    assert_eq!(world.payable_sessions(&order), 0);
    assert_eq!(world.status(&order), "paid");
    assert_eq!(resolve(&world, &case, how("accept")).status, 200);
}

#[test]
fn lines_that_need_somebody_close_with_their_case() {
    let world = World::new();
    let (_, mismatch) = mismatch(&world, "CUP-1");
    assert_eq!(
        world.count("activity_open"),
        1,
        "the payment alone: it is one thing"
    );
    resolved(&world, &mismatch, how("accept"));
    assert_eq!(world.count("activity_open"), 0);
    let by = "activity_dismissals WHERE actor LIKE 'api:operator%'";
    assert_eq!(world.count(by), 1);
    let (_, second) = second_payment(&world, "CUP-2");
    assert_eq!(world.count("activity_open"), 1);
    resolved(&world, &second, how("accept"));
    assert_eq!(world.count("activity_open"), 0);
    let orphan = orphan(&world, "ann@example.org", 4500);
    assert_eq!(world.count("activity_open"), 1);
    resolved(&world, &orphan, how("accept"));
    assert_eq!(world.count("activity_open"), 0);
    let (_, dispute) = disputed(&world, "CUP-3");
    assert_eq!(world.count("activity_open"), 1);
    resolved(&world, &dispute, how("accept"));
    assert_eq!(world.count("activity_open"), 0);
}
