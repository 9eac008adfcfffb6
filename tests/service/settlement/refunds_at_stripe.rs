//! What has been given back is what Stripe says when it is asked: refunds that are on their way, that fail,
//! and answers that come late.

use chrono::Duration;
use diesel::Connection;
use freshmint::{
    consumer,
    gateway::charge::RefundNews,
    settlement::{self, FoundBy, RefundsAtStripe},
    upstream::UpstreamError,
};
use futures::future::join;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    attention, history,
    money_back::{paid, paid_together, refunded},
};
use crate::{
    simulator::{Call, Fault, RefundStatus},
    support::{Order, World, browser::runtime},
};

/// Makes a refund in the dashboard; tells its id.
fn refund(world: &World, intent: &str, amount: Option<i64>) -> String {
    let refund = world.stripe.refund(intent, amount).unwrap();
    refund["id"].as_str().unwrap().to_owned()
}

fn becomes(world: &World, refund: &str, status: RefundStatus) {
    world.stripe.move_refund(refund, status).unwrap();
    world.deliver();
}

#[track_caller]
fn stands(world: &World, order: &Order, status: &str, amount: i64) {
    assert_eq!(
        (world.status(order).as_str(), refunded(world, order)),
        (status, amount)
    );
}

fn ask(world: &World, intent: &str) -> Result<RefundsAtStripe, UpstreamError> {
    let news = RefundNews {
        payment_intent: intent.to_owned(),
        currency: "eur".to_owned(),
    };
    let soon = Instant::now() + std::time::Duration::from_secs(10);
    runtime().block_on(settlement::ask_for_refunds(&world.app, &news, soon))
}

fn write(world: &World, told: &RefundsAtStripe) {
    let doing = FoundBy::Webhook.doing(world.now());
    let written = world.app.db.run_blocking(|connection| {
        connection.transaction(|connection| settlement::refunded(connection, told, None, &doing))
    });
    assert!(
        written.expect("the database answers"),
        "the payment is known"
    );
}

#[test]
fn one_that_fails_weeks_later_makes_the_order_paid_again_and_somebody_is_told() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    let whole = refund(&world, &intent, None);
    world.deliver();
    stands(&world, &order, "refunded", 4500);
    world.pass(Duration::weeks(3));
    becomes(&world, &whole, RefundStatus::Failed);
    stands(&world, &order, "paid", 0);
    assert_eq!(
        history(&world, &order)[3..],
        [
            "order: order paid → refunded",
            "payment: refunded at Stripe",
            "order: order refunded → paid",
            "payment: a refund failed at Stripe: its money is here again",
        ]
    );
    assert_eq!(
        attention(&world),
        ["a refund failed at Stripe: its money is here again"]
    );
    let why = "SELECT detail->>'failure' AS text FROM activity WHERE level = 'attention'";
    assert_eq!(
        world.text(why),
        "it failed at Stripe (expired_or_canceled_card)"
    );
    assert!(world.click(&order).text().contains("paid"));
    // And it can be refunded once more.
    refund(&world, &intent, None);
    world.deliver();
    stands(&world, &order, "refunded", 4500);
}

#[test]
fn of_two_parts_one_fails_and_the_other_stays() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    let larger = refund(&world, &intent, Some(4000));
    refund(&world, &intent, Some(500));
    world.deliver();
    stands(&world, &order, "refunded", 4500);
    becomes(&world, &larger, RefundStatus::Failed);
    stands(&world, &order, "partially_refunded", 500);
}

#[test]
fn one_that_is_on_its_way_counts_when_it_has_arrived() {
    for waits in [RefundStatus::Pending, RefundStatus::RequiresAction] {
        let world = World::new();
        let (order, intent) = paid(&world, "CUP-1");
        world.stripe.next_refund(waits);
        let refund = refund(&world, &intent, None);
        world.deliver();
        stands(&world, &order, "paid", 0);
        world.pass(Duration::days(5));
        becomes(&world, &refund, RefundStatus::Succeeded);
        stands(&world, &order, "refunded", 4500);
    }
}

#[test]
fn one_that_never_succeeds_changes_nothing() {
    for end in [RefundStatus::Failed, RefundStatus::Canceled] {
        let world = World::new();
        let (order, intent) = paid(&world, "CUP-1");
        let before = history(&world, &order);
        world.stripe.next_refund(RefundStatus::Pending);
        let waits = refund(&world, &intent, None);
        world.deliver();
        becomes(&world, &waits, end);
        world.stripe.next_refund(end);
        refund(&world, &intent, None);
        world.deliver();
        stands(&world, &order, "paid", 0);
        assert_eq!(history(&world, &order), before);
    }
}

#[test]
fn while_stripe_is_away_the_event_waits_and_the_order_stays() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    refund(&world, &intent, Some(1000));
    for fault in [Fault::Html502, Fault::ResetBefore] {
        world.stripe.inject(Call::ReadRefunds, fault, usize::MAX);
        world.deliver();
        stands(&world, &order, "paid", 0);
        assert_eq!(world.count("stripe_events WHERE state = 'pending'"), 1);
        world.stripe.clear_faults();
        world.execute("UPDATE stripe_events SET not_before = to_timestamp(0)");
    }
    // What is true when Stripe answers again counts, not what the event tells.
    refund(&world, &intent, Some(500));
    world.work_off();
    stands(&world, &order, "partially_refunded", 1500);
}

#[test]
fn a_refund_that_cannot_be_read_is_not_guessed() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    refund(&world, &intent, Some(1000));
    let without = Fault::MissingField("amount");
    world.stripe.inject(Call::ReadRefunds, without, usize::MAX);
    world.deliver();
    stands(&world, &order, "paid", 0);
    assert_eq!(world.count("stripe_events WHERE state = 'pending'"), 1);
}

#[test]
fn a_long_list_is_read_to_its_end() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    for _ in 0..101 {
        refund(&world, &intent, Some(10));
    }
    let all = ask(&world, &intent).expect("Stripe answers");
    assert_eq!(all.refunds.len(), 101);
    write(&world, &all);
    stands(&world, &order, "partially_refunded", 1010);
}

#[test]
fn an_answer_that_is_older_than_what_is_written_changes_nothing() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    let before = ask(&world, &intent).expect("Stripe answers");
    let whole = refund(&world, &intent, None);
    let between = ask(&world, &intent).expect("Stripe answers");
    world.deliver();
    write(&world, &before);
    stands(&world, &order, "refunded", 4500);
    becomes(&world, &whole, RefundStatus::Failed);
    for late in [&between, &before, &between] {
        write(&world, late);
        stands(&world, &order, "paid", 0);
    }
}

#[test]
fn whoever_asked_and_died_holds_nobody_up() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    refund(&world, &intent, None);
    assert_eq!(
        world
            .stripe
            .deliver_all(crate::simulator::Order::AsHappened),
        Ok(vec![200])
    );
    world.stripe.clear_requests();
    world.stripe.inject(Call::ReadRefunds, Fault::HangBefore, 1);
    let process = world.process();
    for _ in 0..3_000 {
        if world.traffic().contains(&"GET /v1/refunds".to_owned()) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    process.kill();
    assert_eq!(world.traffic()[0], "GET /v1/refunds");
    stands(&world, &order, "paid", 0);
    // Its lease is over.
    world.execute(
        "UPDATE stripe_events SET claimed_until = to_timestamp(0) WHERE state = 'pending'",
    );
    world.work_off();
    stands(&world, &order, "refunded", 4500);
}

#[test]
fn two_replicas_that_look_at_one_moment_come_to_one_end() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    let all: Vec<String> = (0..6).map(|_| refund(&world, &intent, Some(500))).collect();
    for refund in &all[..3] {
        world
            .stripe
            .move_refund(refund, RefundStatus::Failed)
            .unwrap();
    }
    let posted = world.stripe.deliver_all(crate::simulator::Order::Reversed);
    assert_eq!(posted, Ok(vec![200; 12]));
    let another = world.another_app();
    let (one, two) = runtime().block_on(join(
        consumer::work_off(&world.app),
        consumer::work_off(&another),
    ));
    assert_eq!(one.unwrap() + two.unwrap(), 12);
    stands(&world, &order, "partially_refunded", 1500);
    let row = "SELECT asked || ' ' || answered AS text FROM refunds";
    assert_eq!(world.text(row), "12 12");
}

#[test]
fn a_payment_for_several_orders_shrinks_to_what_it_was() {
    let world = World::new();
    let (first, second, intent) = paid_together(&world);
    let whole = refund(&world, &intent, None);
    world.deliver();
    let both = |world: &World| [world.status(&first), world.status(&second)];
    assert_eq!(both(&world), ["refunded", "refunded"]);
    becomes(&world, &whole, RefundStatus::Failed);
    assert_eq!(both(&world), ["paid", "paid"]);
    assert_eq!(world.count("cases"), 0);
}

#[test]
fn the_events_of_a_refund_tell_by_themselves() {
    for kind in ["refund.updated", "refund.failed", "charge.refunded"] {
        let world = World::new();
        let (order, intent) = paid(&world, "CUP-1");
        let first = refund(&world, &intent, Some(1000));
        refund(&world, &intent, Some(500));
        world
            .stripe
            .move_refund(&first, RefundStatus::Failed)
            .unwrap();
        let events: Vec<Value> = world.stripe.events();
        let event = events.iter().find(|event| event["type"] == kind).unwrap();
        world.stripe.deliver(event["id"].as_str().unwrap()).unwrap();
        world.work_off();
        stands(&world, &order, "partially_refunded", 500);
    }
}
