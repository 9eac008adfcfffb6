//! Refunds, wherever they were made and whenever we hear of them.

use freshmint::token::Role;
use reqwest::Method;

use super::{attention, history, paid_of};
use crate::{
    simulator,
    support::{Order, World},
};

/// An order that was paid, and the payment's intent.
pub fn paid(world: &World, reference: &str) -> (Order, String) {
    let order = world.order(reference);
    let session = world.click_through(&order);
    paid_of(world, &session);
    (order, intent(world, &session))
}

/// A family's payment: one session of 45.00 for two orders, 20.00 for the first.
pub fn paid_together(world: &World) -> (Order, Order, String) {
    let (first, intent) = paid(world, "CUP-1");
    let second = world.order("CUP-2");
    world.execute(&format!(
        "INSERT INTO payment_allocations SELECT payment_id, '{}', 2500, 'settles' FROM payment_allocations",
        second.id
    ));
    world.execute(&format!(
        "UPDATE payment_allocations SET amount = 2000 WHERE order_id = '{}'",
        first.id
    ));
    world.execute(
        "UPDATE orders SET paid_at = now(), paid_amount = amount \
         FROM payment_allocations WHERE order_id = orders.id",
    );
    (first, second, intent)
}

fn intent(world: &World, session: &str) -> String {
    let session = world.stripe.session(session).unwrap();
    session["payment_intent"].as_str().unwrap().to_owned()
}

pub fn refunded(world: &World, order: &Order) -> i64 {
    let path = format!("/orders/{}", order.id);
    let shown = world.api(Role::Viewer, Method::GET, &path, None).json();
    shown["refunded_amount"].as_i64().unwrap()
}

#[test]
fn made_in_the_dashboard_in_several_parts_add_up_to_a_whole_one() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    for (part, status, so_far) in [
        (1000, "partially_refunded", 1000),
        (500, "partially_refunded", 1500),
        (3000, "refunded", 4500),
    ] {
        world.stripe.refund(&intent, Some(part)).unwrap();
        world.deliver();
        assert_eq!(world.status(&order), status);
        assert_eq!(refunded(&world, &order), so_far);
    }
    assert_eq!(
        history(&world, &order)[3..],
        [
            "order: order paid → partially_refunded",
            "payment: refunded at Stripe",
            "order: order partially_refunded → partially_refunded",
            "payment: refunded at Stripe",
            "order: order partially_refunded → refunded",
            "payment: refunded at Stripe",
        ]
    );
    let page = world.click(&order);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("refunded"), "{}", page.text());
    assert_eq!(world.payable_sessions(&order), 0);
}

#[test]
fn two_parts_out_of_order_add_up() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    world.stripe.refund(&intent, Some(1000)).unwrap();
    world.stripe.refund(&intent, Some(500)).unwrap();
    world.deliver_in(simulator::Order::Reversed);
    assert_eq!(refunded(&world, &order), 1500);
}

#[test]
fn heard_of_before_the_payment_it_counts_all_the_same() {
    for part in [None, Some(1)] {
        let world = World::new();
        let order = world.order("CUP-1");
        let session = world.click_through(&order);
        world.stripe.pay(&session).unwrap();
        world
            .stripe
            .refund(&intent(&world, &session), part)
            .unwrap();
        world.deliver_in(simulator::Order::Reversed);
        let expected = if part.is_none() {
            "refunded"
        } else {
            "partially_refunded"
        };
        assert_eq!(world.status(&order), expected);
    }
}

#[test]
fn of_a_duplicate_leaves_the_order_paid_and_ends_its_case() {
    let world = World::new();
    let order = world.order("CUP-1");
    let first = world.click_through(&order);
    super::forget_a_session(&world);
    world.pass(chrono::Duration::hours(13));
    let second = world.click_through(&order);
    paid_of(&world, &second);
    paid_of(&world, &first);
    let open = "cases WHERE kind = 'second_payment' AND resolved_at IS NULL";
    assert_eq!(world.count(open), 1);
    let duplicate = intent(&world, &first);
    world.stripe.refund(&duplicate, Some(4000)).unwrap();
    world.deliver();
    assert_eq!(world.count(open), 1, "five euros of it are still here");
    world.stripe.refund(&duplicate, None).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    assert_eq!(refunded(&world, &order), 0);
    assert_eq!(
        world.text("SELECT kind || ' ' || resolved_how || ' ' || resolved_by AS text FROM cases"),
        "second_payment refund stripe, by webhook"
    );
}

#[test]
fn of_a_payment_that_did_not_fit_opens_the_order_again() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay_amount(&session, 4000).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "in_review");
    world
        .stripe
        .refund(&intent(&world, &session), None)
        .unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "open");
    paid_of(&world, &world.click_through(&order));
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn of_an_orphan_ends_its_case_and_of_a_payment_of_somebody_else_is_only_kept() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.execute("DELETE FROM session_orders");
    world.execute("DELETE FROM checkout_sessions");
    paid_of(&world, &session);
    assert_eq!(world.count("cases WHERE kind = 'orphan'"), 1);
    world
        .stripe
        .refund(&intent(&world, &session), None)
        .unwrap();
    world.deliver();
    assert_eq!(
        world.count("cases WHERE kind = 'orphan' AND resolved_how = 'refund'"),
        1
    );
    world.execute("UPDATE payments SET payment_intent = 'pi_other'");
    world.execute("UPDATE stripe_events SET state = 'pending', not_before = to_timestamp(0)");
    world.work_off();
    let why = "SELECT last_error AS text FROM stripe_events WHERE type = 'charge.refunded'";
    assert!(world.text(why).starts_with("no payment that we know"));
}

#[test]
fn below_the_total_of_several_orders_is_for_a_person_and_a_whole_one_is_not() {
    let world = World::new();
    let (first, second, intent) = paid_together(&world);
    world.stripe.refund(&intent, Some(2500)).unwrap();
    world.deliver();
    assert_eq!(world.count("cases WHERE kind = 'refund'"), 1);
    assert_eq!(
        attention(&world),
        ["a refund of a payment for several orders: somebody must say whose it is"]
    );
    assert_eq!(
        (world.status(&first), world.status(&second)),
        ("paid".into(), "paid".into())
    );
    world.stripe.refund(&intent, None).unwrap();
    world.deliver();
    assert_eq!(
        (world.status(&first), world.status(&second)),
        ("refunded".into(), "refunded".into())
    );
}

#[test]
fn nothing_is_counted_twice_when_events_come_again() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    world.stripe.refund(&intent, Some(1000)).unwrap();
    world.deliver();
    let before = history(&world, &order);
    world.execute("UPDATE stripe_events SET state = 'pending', not_before = to_timestamp(0)");
    world.work_off();
    assert_eq!(history(&world, &order), before);
    assert_eq!(refunded(&world, &order), 1000);
}
