//! Giving a payment back through Stripe: once, by whoever asks, and heard of in any way.

use diesel::{RunQueryDsl, sql_query};

use super::{
    cases, counted, done_by_people, how, intent_of, mismatch, orphan, refunds, resolve, resolved,
    second_payment, show, wait_until,
};
use crate::support::World;

#[test]
fn a_refunded_mismatch_opens_the_order_again() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    let after = resolved(&world, &case, how("refund"));
    assert_eq!(after["state"], "resolved");
    assert_eq!(after["resolved_how"], "refund");
    assert_eq!(after["refunded_amount"], 4000);
    assert_eq!(after["note"], "as the coach said");
    assert_eq!(after["refunding_at"], serde_json::Value::Null);
    assert!(
        after["resolved_by"]
            .as_str()
            .unwrap()
            .starts_with("api:operator")
    );
    assert_eq!(world.status(&order), "open");
    assert_eq!(refunds(&world), (1, 1));
    assert_eq!(
        done_by_people(&world, &order),
        [
            "case: a refund of the payment was asked for (as the coach said)",
            "order: order in_review → open (as the coach said)",
            "payment: the payment that did not fit has been refunded"
        ]
    );
    // Stripe's own word of it changes nothing any more.
    let lines = world.count("activity");
    world.deliver();
    assert_eq!(world.count("activity"), lines);
    assert_eq!(show(&world, &case), after);
    assert_eq!(world.click(&order).status, 303);
}

#[test]
fn what_is_asked_of_stripe_names_the_case() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    resolved(&world, &case, how("refund"));
    let asked = world.stripe.requests();
    let asked = asked
        .iter()
        .find(|asked| asked.path == "/v1/refunds")
        .unwrap();
    let id = case["id"].as_str().unwrap();
    assert_eq!(asked.params["payment_intent"], intent_of(&world, &order));
    assert_eq!(asked.params["metadata"]["freshmint_case"], id);
    assert!(asked.params["amount"].is_null());
    assert_eq!(
        asked.idempotency_key,
        Some(format!("freshmint-refund-{id}-1"))
    );
}

#[test]
fn a_refunded_second_payment_leaves_the_order_paid() {
    let world = World::new();
    let (order, case) = second_payment(&world, "CUP-1");
    resolved(&world, &case, how("refund"));
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    assert_eq!(
        counted(&world, &order),
        ["4500 settles", "4500 second_payment"]
    );
    assert_eq!(refunds(&world), (1, 1));
}

#[test]
fn a_refunded_orphan_is_resolved() {
    let world = World::new();
    let case = orphan(&world, "parent@example.org", 4500);
    let after = resolved(&world, &case, how("refund"));
    assert_eq!(after["resolved_how"], "refund");
    assert_eq!(
        world.texts("SELECT what AS text FROM activity WHERE actor LIKE 'api:%' ORDER BY id"),
        [
            "a refund of the payment was asked for",
            "the payment that belonged to no order has been refunded"
        ]
    );
}

#[test]
fn what_is_left_of_it_goes_back() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    world
        .stripe
        .refund(&intent_of(&world, &order), Some(1500))
        .unwrap();
    world.deliver();
    let after = resolved(&world, &case, how("refund"));
    assert_eq!(after["refunded_amount"], 4000);
    assert_eq!(world.status(&order), "open");
}

#[test]
fn a_refund_in_stripes_dashboard_closes_the_case() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    world
        .stripe
        .refund(&intent_of(&world, &order), None)
        .unwrap();
    world.deliver();
    let after = show(&world, &case);
    assert_eq!(after["resolved_how"], "refund");
    assert_eq!(after["resolved_by"], "stripe, by webhook");
    assert_eq!(world.status(&order), "open");
    assert_eq!(resolve(&world, &case, how("refund")).status, 200);
    assert_eq!(refunds(&world).0, 0);
}

#[test]
fn two_operators_at_once_make_one_refund() {
    // So that the API has more than one.
    let world = World::with(&[("DATABASE_POOL_SIZE", "16")]);
    let (order, case) = mismatch(&world, "CUP-1");
    // Both have looked at the case before either may write.
    let mut held = world.database.connect();
    sql_query("BEGIN").execute(&mut held).unwrap();
    sql_query("SELECT FROM cases FOR UPDATE")
        .execute(&mut held)
        .unwrap();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| resolve(&world, &case, how("refund")).status))
            .collect();
        let waiting =
            "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        wait_until("both wait", || world.count(waiting) == 2);
        sql_query("COMMIT").execute(&mut held).unwrap();
        asked
            .into_iter()
            .map(|asked| asked.join().unwrap())
            .collect()
    });
    assert_eq!(statuses, [200; 2]);
    assert_eq!(refunds(&world).1, 1);
    world.deliver();
    assert_eq!(world.status(&order), "open");
    assert_eq!(cases(&world, "?state=resolved").len(), 1);
    let asked = "activity WHERE what = 'a refund of the payment was asked for'";
    assert_eq!(world.count(asked), 1);
}

#[test]
fn a_payment_without_an_intent_is_refunded_in_stripes_dashboard() {
    let world = World::new();
    let (_, case) = mismatch(&world, "CUP-1");
    world.execute("UPDATE cases SET payment_intent = NULL");
    world.execute("UPDATE payments SET payment_intent = NULL");
    assert_eq!(super::actions(&show(&world, &case)), ["move", "accept"]);
    let why = super::refused(&world, &case, how("refund"));
    assert!(why.contains("Stripe's dashboard"), "{why}");
    assert_eq!(refunds(&world), (0, 0));
}

#[test]
fn a_payment_for_several_orders_is_not_given_back_whole() {
    let world = World::new();
    let (_, case) = mismatch(&world, "CUP-1");
    let sister = world.order("CUP-2");
    world.execute(&format!(
        "INSERT INTO payment_allocations SELECT id, '{}', 4500, 'settles' FROM payments",
        sister.id
    ));
    assert_eq!(super::actions(&show(&world, &case)), ["move", "accept"]);
    let why = super::refused(&world, &case, how("refund"));
    assert!(why.contains("for several orders"), "{why}");
    assert_eq!(refunds(&world), (0, 0));
}
