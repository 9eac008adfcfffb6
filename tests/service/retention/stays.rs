//! What is never pruned.

use chrono::Duration;
use serde_json::json;

use super::{prune, reminded, shop, totals};
use crate::support::World;

/// Nothing of the order's cart goes, however late it is.
#[track_caller]
fn stays(world: &World, later: Duration) {
    world.pass(later);
    let pruned = prune(world);
    assert_eq!((pruned.carts, pruned.orders, pruned.mails), (0, 0, 0));
    assert_eq!(world.count("orders WHERE kind = 'recovered'"), 1);
    assert_eq!(totals(world), [""; 0]);
}

#[test]
fn an_order_that_was_paid_or_given_back() {
    let world = shop();
    let order = reminded(&world, "ann@example.org");
    world.stripe.pay(&world.click_through(&order)).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    stays(&world, Duration::days(40));
    let intent = world.text("SELECT payment_intent AS text FROM payments");
    world.stripe.refund(&intent, None).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "refunded");
    stays(&world, Duration::days(400));
}

#[test]
fn an_order_whose_checkout_is_open_until_it_is_over() {
    let world = shop();
    let order = reminded(&world, "ann@example.org");
    world.pass(Duration::days(31));
    world.click_through(&order);
    stays(&world, Duration::hours(23));
    assert_eq!(world.payable_sessions(&order), 1);
    world.pass(Duration::hours(2));
    world.deliver();
    assert_eq!(prune(&world).orders, 1);
}

#[test]
fn an_order_whose_bank_debit_is_on_its_way() {
    let world = shop();
    let order = reminded(&world, "ann@example.org");
    let session = world.click_through(&order);
    world.stripe.start_debit(&session).unwrap();
    world.deliver();
    stays(&world, Duration::days(31));
    world.stripe.settle_debit(&session, false).unwrap();
    world.deliver();
    assert_eq!(prune(&world).orders, 1);
}

#[test]
fn an_order_with_money_that_a_person_must_look_at() {
    let world = shop();
    let order = reminded(&world, "ann@example.org");
    let session = world.click_through(&order);
    world.stripe.pay_amount(&session, 100).unwrap();
    world.deliver();
    assert_eq!(world.count("cases"), 1);
    stays(&world, Duration::days(31));
    // Whatever the order says: a case that is about it keeps it.
    world.execute("UPDATE orders SET in_review_at = NULL");
    world.execute("DELETE FROM payment_allocations");
    world.execute("UPDATE payments SET session_id = NULL");
    world
        .execute("UPDATE checkout_sessions SET payment_failed_at = now() WHERE state = 'complete'");
    stays(&world, Duration::days(1));
    world.execute("DELETE FROM cases");
    assert_eq!(prune(&world).orders, 1);
}

#[test]
fn an_order_that_was_settled_without_stripe() {
    let world = shop();
    reminded(&world, "ann@example.org");
    world.execute("UPDATE orders SET settled_at = now(), settled_how = 'cash'");
    stays(&world, Duration::days(31));
}

#[test]
fn an_order_whose_mail_is_in_a_couriers_hands() {
    let world = shop();
    reminded(&world, "ann@example.org");
    world.execute(
        "UPDATE outbox SET state = 'sending', sent_at = NULL, claim_id = gen_random_uuid(), claimed_until = now()",
    );
    stays(&world, Duration::days(31));
}

#[test]
fn an_order_that_the_shop_asks_for() {
    let world = shop();
    let order = world.order_with("CUP-1", json!({ "email": "ann@example.org" }));
    world.abandon(&order);
    // Also where its checkout was another system's at first, until an import told whose it is.
    world.execute(
        "INSERT INTO carts (session_id, amount, currency, expired_at) \
         SELECT id, 4500, 'eur', ended_at FROM checkout_sessions",
    );
    world.pass(Duration::days(400));
    prune(&world);
    assert_eq!(world.status(&order), "open");
    assert_eq!(world.count("outbox WHERE address = 'ann@example.org'"), 1);
    assert_eq!(world.click(&order).status, 303);
}
