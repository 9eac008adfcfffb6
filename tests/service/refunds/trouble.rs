//! A refund whose outcome nobody heard of: never lost, never made twice.

use chrono::Duration;
use diesel::{RunQueryDsl, sql_query};
use freshmint::sweep::{self, Look};
use serde_json::Value;

use super::{at_stripe, made, part, posted, refund, refused, shown, whole};
use crate::{
    settlement::money_back::{paid, refunded},
    simulator::{Call, Fault},
    support::{
        Order, World,
        browser::{client, runtime},
    },
};

fn impatient() -> World {
    World::with(&[("STRIPE_TIMEOUT_SECONDS", "2")])
}

/// Asks for all of it, and hears nothing.
fn lost(world: &World, order: &Order, fault: Fault) {
    world.stripe.inject(Call::Refund, fault, usize::MAX);
    let answer = refund(world, order, whole("a"));
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    world.stripe.clear_faults();
}

fn state(world: &World, order: &Order) -> Value {
    shown(world, order)[0]["state"].clone()
}

fn sweep(world: &World) {
    let look = sweep::look(&world.app, Look::Short);
    runtime()
        .block_on(look)
        .expect("Stripe and the database answer");
}

#[test]
fn two_at_once_under_one_key_make_one_refund() {
    let mut world = World::with(&[("DATABASE_POOL_SIZE", "16")]);
    let other = world.add_replica();
    let (order, intent) = paid(&world, "CUP-1");
    // Both have looked before either may write.
    let mut held = world.database.connect();
    sql_query("BEGIN").execute(&mut held).unwrap();
    sql_query("SELECT FROM orders FOR UPDATE")
        .execute(&mut held)
        .unwrap();
    let urls = [world.replica(0).to_owned(), world.replica(other).to_owned()];
    let token = world.token(freshmint::token::Role::Admin);
    let path = format!("/api/v1/orders/{}/refund", order.id);
    let ask = |url: &str| {
        let asked = client()
            .post(format!("{url}{path}"))
            .bearer_auth(token.expose())
            .body(whole("a").to_string());
        runtime().block_on(async { asked.send().await.unwrap().status().as_u16() })
    };
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = urls.iter().map(|url| scope.spawn(|| ask(url))).collect();
        let waiting =
            "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        crate::cases::wait_until("both wait", || world.count(waiting) == 2);
        sql_query("COMMIT").execute(&mut held).unwrap();
        let asked = asked.into_iter().map(|asked| asked.join().unwrap());
        asked.collect()
    });
    assert_eq!(statuses, [200; 2]);
    assert_eq!(at_stripe(&world, &intent), [4500]);
    assert_eq!(world.count("order_refunds"), 1);
    let asked = "activity WHERE what = 'a refund was asked for'";
    assert_eq!(world.count(asked), 1);
}

#[test]
fn two_at_once_under_two_keys_give_back_once() {
    let world = World::with(&[("DATABASE_POOL_SIZE", "16")]);
    let (order, intent) = paid(&world, "CUP-1");
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let (world, order) = (&world, &order);
        let asked =
            ["a", "b"].map(|key| scope.spawn(move || refund(world, order, whole(key)).status));
        asked.map(|asked| asked.join().unwrap()).to_vec()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(at_stripe(&world, &intent), [4500]);
}

#[test]
fn an_answer_that_got_lost_is_found_under_the_same_key_and_nothing_else_goes_meanwhile() {
    for (fault, posts_again) in [(Fault::ResetAfter, false), (Fault::ResetBefore, true)] {
        let world = impatient();
        let (order, intent) = paid(&world, "CUP-1");
        lost(&world, &order, fault);
        assert_eq!(state(&world, &order), "asked");
        assert!(refused(&world, &order, part("b", 1)).contains("another refund"));
        let before = posted(&world);
        made(&world, &order, whole("a"));
        assert_eq!(posted(&world) > before, posts_again);
        assert_eq!(at_stripe(&world, &intent), [4500]);
        assert_eq!(world.status(&order), "refunded");
    }
}

#[test]
fn the_webhook_finishes_what_nobody_heard() {
    let world = impatient();
    let (order, _) = paid(&world, "CUP-1");
    lost(&world, &order, Fault::ResetAfter);
    world.deliver();
    assert_eq!(state(&world, &order), "made");
    assert_eq!(world.status(&order), "refunded");
}

#[test]
fn the_sweep_asks_again_for_what_nobody_came_back_for() {
    for fault in [Fault::ResetAfter, Fault::ResetBefore] {
        let world = impatient();
        let (order, intent) = paid(&world, "CUP-1");
        lost(&world, &order, fault);
        let before = posted(&world);
        sweep(&world);
        assert_eq!(posted(&world), before, "somebody may be asking just now");
        world.pass(Duration::minutes(11));
        sweep(&world);
        sweep(&world);
        assert_eq!(state(&world, &order), "made");
        assert_eq!(at_stripe(&world, &intent), [4500]);
        assert_eq!(refunded(&world, &order), 4500);
    }
}

/// Stripe has forgotten the key by then: the same call would be another refund.
#[test]
fn days_later_nothing_is_posted_before_the_refunds_have_been_read() {
    let world = impatient();
    let (order, intent) = paid(&world, "CUP-1");
    world
        .stripe
        .inject(Call::Refund, Fault::ResetAfter, usize::MAX);
    assert_eq!(refund(&world, &order, part("a", 1000)).status, 503);
    world.stripe.clear_faults();
    world.pass(Duration::hours(25));
    world
        .stripe
        .inject(Call::ReadRefunds, Fault::Html502, usize::MAX);
    let before = posted(&world);
    assert_eq!(refund(&world, &order, part("a", 1000)).status, 503);
    assert_eq!(posted(&world), before, "they could not be read");
    world.stripe.clear_faults();
    made(&world, &order, part("a", 1000));
    assert_eq!(at_stripe(&world, &intent), [1000]);
}

#[test]
fn a_process_that_dies_after_the_call_leaves_a_row_that_the_next_one_finishes() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    let process = world.process();
    world.stripe.inject(Call::Refund, Fault::HangAfter, 1);
    let (_, token, _) = world.command(&["ops", "token", "add", "gone", "--role", "admin"]);
    let asked = client()
        .post(format!("{}/api/v1/orders/{}/refund", process.url, order.id))
        .bearer_auth(token.trim())
        .body(part("a", 1000).to_string());
    let asked = runtime().spawn(async { asked.send().await });
    crate::cases::wait_until("Stripe has made it", || {
        at_stripe(&world, &intent) == [1000]
    });
    process.kill();
    assert!(runtime().block_on(asked).unwrap().is_err());
    assert_eq!(state(&world, &order), "asked");
    assert_eq!(world.status(&order), "paid");
    // Stripe keeps no key for so long.
    world.pass(Duration::days(2));
    made(&world, &order, part("a", 1000));
    assert_eq!(at_stripe(&world, &intent), [1000]);
    assert_eq!(refunded(&world, &order), 1000);
}

#[test]
fn a_failure_that_stripe_keeps_under_the_key_is_asked_for_under_another() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    for (fault, made) in [(Fault::ErrorBefore, 0), (Fault::ErrorAfter, 1)] {
        world.stripe.inject(Call::Refund, fault, 1);
        assert_eq!(refund(&world, &order, part("a", 1000)).status, 503);
        assert_eq!(at_stripe(&world, &intent).len(), made);
    }
    made(&world, &order, part("a", 1000));
    assert_eq!(at_stripe(&world, &intent), [1000]);
}

#[test]
fn a_disputed_payment_is_not_given_back() {
    let world = World::new();
    let (order, intent) = paid(&world, "CUP-1");
    world.stripe.dispute(&intent).unwrap();
    let why = refused(&world, &order, whole("a"));
    assert!(
        why.contains("the payer's bank disputes the payment"),
        "{why}"
    );
    assert_eq!(state(&world, &order), "not_made");
    assert_eq!(world.status(&order), "paid");
    world.stripe.close_dispute(&intent, true).unwrap();
    made(&world, &order, whole("b"));
}

#[test]
fn our_key_that_stripe_refuses_says_nothing_of_what_was_asked_for_before() {
    let world = impatient();
    let (order, intent) = paid(&world, "CUP-1");
    let no_right = || Fault::Refuse {
        status: 403,
        code: "secret_key_required",
        message: "no right".to_owned(),
    };
    world.stripe.inject(Call::Refund, no_right(), 1);
    refused(&world, &order, whole("first"));
    lost(&world, &order, Fault::ResetBefore);
    world.stripe.inject(Call::Refund, no_right(), 1);
    assert_eq!(refund(&world, &order, whole("a")).status, 503);
    assert_eq!(state(&world, &order), "not_made");
    assert_eq!(shown(&world, &order)[1]["state"], "asked");
    made(&world, &order, whole("a"));
    assert_eq!(at_stripe(&world, &intent), [4500]);
}

/// A case's refund and an order's are of one payment here: one waits for the other.
#[test]
fn a_cases_refund_and_an_orders_take_turns() {
    let world = impatient();
    let (order, intent) = paid(&world, "CUP-1");
    let sister = world.order("CUP-2");
    world.execute(&format!(
        "INSERT INTO cases (id, kind, about, order_id, payment_id, payment_intent, amount, currency, opened_at) \
         SELECT '{0}', 'mismatch', 'cs_other', '{0}', payments.id, '{intent}', 1000, 'eur', now() FROM payments",
        sister.id
    ));
    world.execute("UPDATE cases SET refunding_at = now(), refunding_by = 'api:somebody'");
    assert!(refused(&world, &order, whole("a")).contains("another refund"));
    world.execute("UPDATE cases SET refunding_at = NULL, refunding_by = NULL");
    lost(&world, &order, Fault::ResetBefore);
    let path = format!("/cases/{}/resolve", sister.id);
    let body = serde_json::json!({ "how": "refund" });
    let role = freshmint::token::Role::Operator;
    let answer = world.api(role, reqwest::Method::POST, &path, Some(body));
    assert_eq!(answer.status, 409, "{answer:?}");
    assert!(answer.body.contains("another refund"), "{answer:?}");
    assert_eq!(at_stripe(&world, &intent), [0; 0]);
}
