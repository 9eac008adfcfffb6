//! The sweep: what no webhook brought is found at Stripe, and takes the same way.

use chrono::Duration;
use freshmint::{
    sweep::{self, Look, SweepFound},
    token::Role,
};

use crate::{
    simulator::{Call, Fault},
    support::{Order, Visitor, World, browser::runtime},
};

fn look(world: &World, kind: Look) -> SweepFound {
    runtime()
        .block_on(sweep::look(&world.app, kind))
        .expect("Stripe and the database answer")
}

/// Orders whose sessions have come to every kind of end, and no webhook told of it.
fn unheard_of(world: &World) -> [Order; 4] {
    let [paid, left, refunded, failed] =
        ["PAID", "LEFT", "REFUNDED", "FAILED"].map(|reference| world.order(reference));
    world.stripe.drop_deliveries(true);
    world.stripe.pay(&world.click_through(&paid)).unwrap();
    world.stripe.expire(&world.click_through(&left)).unwrap();
    let session = world.click_through(&refunded);
    world.stripe.pay(&session).unwrap();
    let session = world.stripe.session(&session).unwrap();
    let intent = session["payment_intent"].as_str().unwrap();
    world.stripe.refund(intent, None).unwrap();
    let session = world.click_through(&failed);
    world.stripe.start_debit(&session).unwrap();
    world.stripe.settle_debit(&session, false).unwrap();
    [paid, left, refunded, failed]
}

fn attention(world: &World) -> Vec<String> {
    world.texts(
        "SELECT what AS text FROM activity WHERE category = 'webhook' AND level = 'attention' ORDER BY id",
    )
}

#[test]
fn either_look_heals_what_was_paid_left_refunded_or_did_not_arrive() {
    for kind in [Look::Short, Look::Full] {
        let world = World::with_mailbox(&[]);
        let orders = unheard_of(&world);
        let found = look(&world, kind);
        assert_eq!(
            (found.events, found.missed, found.payments),
            (6, 6, 2),
            "{kind:?}"
        );
        let states = orders.map(|order| world.status(&order));
        assert_eq!(states, ["paid", "open", "refunded", "open"], "{kind:?}");
        assert_eq!(
            world.texts("SELECT DISTINCT found_by AS text FROM payments"),
            ["sweep"]
        );
        assert_eq!(
            world.count("reminder_decisions WHERE decision = 'scheduled'"),
            1
        );
        assert_eq!(
            world.count("stripe_events WHERE state IN ('pending', 'failed')"),
            0
        );
        let again = look(&world, kind);
        assert_eq!((again.missed, again.payments), (0, 0), "{kind:?}");
    }
}

#[test]
fn a_look_is_a_handful_of_reads_and_not_one_for_each_order() {
    let world = World::new();
    for number in 0..30 {
        let order = world.order(&format!("CUP-{number}"));
        let session = world.click_through(&order);
        world.stripe.pay(&session).unwrap();
    }
    world.deliver();
    world.stripe.clear_requests();
    look(&world, Look::Short);
    assert_eq!(world.traffic().len(), 1, "{:?}", world.traffic());
    world.stripe.clear_requests();
    look(&world, Look::Full);
    assert_eq!(world.traffic().len(), 1, "{:?}", world.traffic());
}

#[test]
fn the_webhook_that_comes_after_all_changes_nothing() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.stripe.pay(&world.click_through(&order)).unwrap();
    look(&world, Look::Short);
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    assert_eq!(
        world.text("SELECT min(found_by) || ' ' || count(*) AS text FROM payments"),
        "sweep 1"
    );
}

#[test]
fn a_full_look_goes_back_to_the_last_one_and_thirty_days_at_most() {
    let world = World::new();
    let old = world.order("OLD");
    world.stripe.drop_deliveries(true);
    world.stripe.pay(&world.click_through(&old)).unwrap();
    world.pass(Duration::days(20));
    let since = |world: &World| {
        let asked = world.stripe.requests();
        let list = asked.iter().rev().find(|asked| asked.path == "/v1/events");
        let seconds = list.expect("a list of events").query["created"]["gte"].clone();
        let seconds = seconds.as_str().unwrap_or_default().parse();
        let at = chrono::DateTime::from_timestamp(seconds.expect("seconds"), 0);
        (world.now() - at.expect("a time")).num_hours()
    };
    assert_eq!(look(&world, Look::Full).payments, 1);
    assert_eq!(since(&world), 30 * 24);
    world.pass(Duration::hours(6));
    look(&world, Look::Full);
    assert_eq!(since(&world), 7);
    world.pass(Duration::days(50));
    look(&world, Look::Full);
    assert_eq!(since(&world), 30 * 24);
}

#[test]
fn a_session_past_its_time_is_read_though_stripe_keeps_no_event_of_it_any_more() {
    let world = World::new();
    let (paid, left) = (world.order("PAID"), world.order("LEFT"));
    world.stripe.drop_deliveries(true);
    world.stripe.pay(&world.click_through(&paid)).unwrap();
    world.click_through(&left);
    world.pass(Duration::days(40));
    let found = look(&world, Look::Full);
    assert_eq!((found.events, found.overdue, found.payments), (0, 2, 1));
    assert_eq!(world.status(&paid), "paid");
    assert_eq!(
        world.texts("SELECT state AS text FROM checkout_sessions ORDER BY id"),
        ["complete", "expired"]
    );
    assert_eq!(look(&world, Look::Full).overdue, 0);
}

#[test]
fn a_session_that_can_be_paid_though_its_order_is_settled_is_closed() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.execute("UPDATE orders SET settled_at = now(), settled_how = 'cash'");
    assert_eq!(look(&world, Look::Full).overdue, 1);
    assert_eq!(world.stripe.session(&session).unwrap()["status"], "expired");
    assert_eq!(world.status(&order), "settled_offline");
}

#[test]
fn a_session_of_another_account_is_given_up_and_holds_up_no_other() {
    let world = World::new();
    let orders = [world.order("CUP-1"), world.order("CUP-2")];
    for order in &orders {
        world.click_through(order);
    }
    world.stripe.drop_deliveries(true);
    world.pass(Duration::days(40));
    world.execute("UPDATE checkout_sessions SET stripe_id = 'cs_elsewhere' WHERE id = (SELECT min(id::text)::uuid FROM checkout_sessions)");
    assert_eq!(look(&world, Look::Full).overdue, 2);
    assert_eq!(world.count("checkout_sessions WHERE live"), 0);
}

#[test]
fn a_quiet_night_raises_nothing_and_a_lost_event_does_once_a_day() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.pass(Duration::hours(12));
    look(&world, Look::Short);
    look(&world, Look::Full);
    assert_eq!(attention(&world), [""; 0]);

    world.stripe.drop_deliveries(true);
    world.stripe.pay(&world.click_through(&order)).unwrap();
    world.pass(Duration::minutes(15));
    look(&world, Look::Short);
    let told = attention(&world);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("Stripe's webhooks do not reach us: 1 event(s)")
            && told[0].contains("checkout.session.completed"),
        "{told:?}"
    );
    let today = Visitor::signed_in(&world, "Vera", Role::Viewer).get("/ops");
    for said in [
        "Stripe’s messages do not reach us",
        "up to a quarter of an hour late",
    ] {
        assert!(today.text().contains(said), "{}", today.text());
    }

    let (code, told, _) = world.command(&["doctor"]);
    assert_eq!(code, 1);
    assert!(
        told.contains("FAIL  webhooks         Stripe has events since"),
        "{told}"
    );

    for hours in [2, 30] {
        let next = world.order(&format!("AFTER-{hours}"));
        world.stripe.pay(&world.click_through(&next)).unwrap();
        world.pass(Duration::hours(hours));
        look(&world, Look::Short);
    }
    assert_eq!(attention(&world).len(), 2, "the next day again");

    world.stripe.drop_deliveries(false);
    let heard = world.order("HEARD");
    world.stripe.pay(&world.click_through(&heard)).unwrap();
    world.deliver();
    look(&world, Look::Short);
    assert_eq!(world.count("sweeps WHERE silent_since IS NULL"), 1);
    let told = "activity WHERE what = 'Stripe''s webhooks reach us again' AND level = 'info'";
    assert_eq!(world.count(told), 1);
    assert_eq!(world.count("activity_open"), 0, "it closes with its cause");
}

#[test]
fn a_webhook_that_is_a_little_late_is_no_silence() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.pass(Duration::minutes(1));
    world.stripe.pay(&world.click_through(&order)).unwrap();
    world.pass(Duration::minutes(9));
    assert_eq!(look(&world, Look::Short).missed, 1);
    assert_eq!(attention(&world), [""; 0]);
}

#[test]
fn an_event_that_was_fetched_early_counts_once_its_webhook_is_overdue() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.pass(Duration::minutes(1));
    world.stripe.drop_deliveries(true);
    world.stripe.pay(&world.click_through(&order)).unwrap();
    world.pass(Duration::minutes(5));
    look(&world, Look::Short);
    assert_eq!(attention(&world), [""; 0]);
    world.pass(Duration::minutes(15));
    look(&world, Look::Short);
    assert_eq!(attention(&world).len(), 1);
    look(&world, Look::Full);
    assert_eq!(attention(&world).len(), 1, "each is told once");
}

#[test]
fn an_event_that_was_fetched_early_and_came_after_all_is_no_silence() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.pass(Duration::minutes(1));
    world.stripe.pay(&world.click_through(&order)).unwrap();
    world.pass(Duration::minutes(5));
    assert_eq!(look(&world, Look::Short).missed, 1);
    world.deliver();
    world.pass(Duration::minutes(15));
    look(&world, Look::Short);
    assert_eq!(attention(&world), [""; 0]);
}

#[test]
fn a_debit_that_nothing_was_heard_of_for_days_is_asked_about() {
    let world = World::new();
    let orders = [world.order("CAME"), world.order("FAILED")];
    for (order, ok) in orders.iter().zip([true, false]) {
        let session = world.click_through(order);
        world.stripe.start_debit(&session).unwrap();
        world.deliver();
        world.stripe.drop_deliveries(true);
        world.stripe.settle_debit(&session, ok).unwrap();
        world.stripe.drop_deliveries(false);
    }
    world.pass(Duration::days(40));
    assert_eq!(look(&world, Look::Full).overdue, 2);
    assert_eq!(orders.map(|order| world.status(&order)), ["paid", "open"]);
}

#[test]
fn a_session_that_stripe_does_not_tell_about_holds_up_none_behind_it() {
    let world = World::new();
    let orders = [world.order("CUP-1"), world.order("CUP-2")];
    for order in &orders {
        let session = world.click_through(order);
        world.stripe.drop_deliveries(true);
        world.stripe.pay(&session).unwrap();
    }
    world.pass(Duration::days(40));
    let refused = Fault::Refuse {
        status: 400,
        code: "",
        message: "odd".to_owned(),
    };
    world.stripe.inject(Call::RetrieveSession, refused, 1);
    let looked = runtime().block_on(sweep::look(&world.app, Look::Full));
    assert!(looked.is_err());
    assert_eq!(world.count("orders WHERE status = 'paid'"), 1);
    look(&world, Look::Full);
    assert_eq!(world.count("orders WHERE status = 'paid'"), 2);
}

#[test]
fn what_was_found_before_stripe_fell_silent_is_worked_on() {
    let world = World::new();
    world.stripe.drop_deliveries(true);
    for number in 0..101 {
        let order = world.order(&format!("CUP-{number}"));
        world.stripe.pay(&world.click_through(&order)).unwrap();
    }
    // The first page is told, the second is not.
    world
        .stripe
        .inject(Call::Events, Fault::Latency(std::time::Duration::ZERO), 1);
    let refused = Fault::Refuse {
        status: 400,
        code: "",
        message: "odd".to_owned(),
    };
    world.stripe.inject(Call::Events, refused, usize::MAX);
    let looked = runtime().block_on(sweep::look(&world.app, Look::Full));
    assert!(looked.is_err());
    assert_eq!(world.count("orders WHERE status = 'paid'"), 100);
}

#[test]
fn several_pages_are_read_to_their_end() {
    let world = World::new();
    world.stripe.drop_deliveries(true);
    for number in 0..60 {
        let order = world.order(&format!("CUP-{number}"));
        world.stripe.pay(&world.click_through(&order)).unwrap();
        let other = world.order(&format!("LEFT-{number}"));
        world.stripe.expire(&world.click_through(&other)).unwrap();
    }
    let found = look(&world, Look::Full);
    assert_eq!((found.events, found.payments), (120, 60));
    assert_eq!(world.count("orders WHERE status = 'paid'"), 60);
}

#[test]
fn only_one_of_several_replicas_looks_and_another_takes_over_from_one_that_died() {
    let world = World::new();
    let if_due = || {
        runtime()
            .block_on(sweep::if_due(&world.app))
            .expect("the database answers")
    };
    if_due();
    assert_eq!(
        world.traffic(),
        [""; 0],
        "a fresh installation waits a while"
    );
    world.execute("UPDATE chores SET due_at = to_timestamp(0)");
    world.execute("UPDATE chores SET claimed_until = now() + interval '1 minute'");
    if_due();
    assert_eq!(world.traffic(), [""; 0], "another replica is at it");
    world.execute("UPDATE chores SET claimed_until = now() - interval '1 second'");
    if_due();
    assert_eq!(world.traffic().len(), 2);
    if_due();
    assert_eq!(world.traffic().len(), 2, "not due again yet");
    assert_eq!(
        world.count("chores WHERE due_at > now() + interval '14 minutes'"),
        2
    );
}

#[test]
fn when_stripe_is_away_it_is_tried_again_soon_and_nothing_is_lost() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.stripe.drop_deliveries(true);
    world.stripe.pay(&world.click_through(&order)).unwrap();
    world.execute("UPDATE chores SET due_at = to_timestamp(0)");
    world
        .stripe
        .inject(Call::Events, Fault::Html502, usize::MAX);
    runtime()
        .block_on(sweep::if_due(&world.app))
        .expect("the database answers");
    assert_eq!(world.status(&order), "open");
    assert_eq!(
        world.count("chores WHERE due_at BETWEEN now() + interval '4 minutes' AND now() + interval '6 minutes'"),
        2
    );
    let (code, _, said) = world.command(&["sweep"]);
    assert_eq!(code, 1);
    assert!(said.contains("run it again"), "{said}");
    world.stripe.clear_faults();
    let (code, said, _) = world.command(&["sweep"]);
    assert_eq!(code, 0);
    assert!(
        said.contains("1 of them had not reached us") && said.contains("1 payment was found"),
        "{said}"
    );
    assert_eq!(world.status(&order), "paid");
}
