//! Each is told once: whatever repeats, whoever looks at the same moment, however it comes and goes.

use std::thread;

use chrono::Duration;

use super::{
    TREASURER, both_ways, by_mail, call, last_mail, look, orphan, subjects, tell, work_for,
};
use crate::{
    simulator::{Call, Fault},
    support::{Receiver, World},
};

fn refusal(code: &'static str) -> Fault {
    Fault::Refuse {
        status: 401,
        code,
        message: "Stripe's words".to_owned(),
    }
}

#[test]
fn three_hundred_clicks_on_one_refused_checkout_are_one_entry_and_one_cause() {
    let receiver = Receiver::start();
    let world = World::with_mailbox(&[
        TREASURER,
        ("ALERT_URL", &receiver.url),
        ("STRIPE_TIMEOUT_SECONDS", "2"),
    ]);
    tell(&world);
    let order = world.order("CUP-1");
    // An attempt whose answer is lost is posted again at each click, with a key that is refused.
    world
        .stripe
        .inject(Call::CreateSession, Fault::HangAfter, 1);
    world.click(&order);
    world
        .stripe
        .inject(Call::Any, refusal("api_key_expired"), 400);
    for number in 0..300 {
        assert_eq!(world.click(&order).status, 502, "{number}");
    }
    assert_eq!(world.count("activity WHERE level = 'attention'"), 1);
    world.pass(Duration::seconds(6));
    assert!(tell(&world));
    assert!(!tell(&world));
    call(&world);
    assert_eq!(
        receiver.told(),
        [format!("begins refused_checkout:{}", order.id)]
    );
    let text = last_mail(&world);
    assert!(
        text.contains(
            "no checkout can be opened: Stripe refused with 401 api_key_expired, order CUP-1"
        ),
        "{text}"
    );
}

#[test]
fn another_refusal_of_the_same_order_and_the_same_one_after_it_could_be_paid_are_entries_of_their_own()
 {
    let world = by_mail();
    let order = world.order("CUP-1");
    let entries = || world.count("activity WHERE level = 'attention'");
    for (code, expected) in [
        ("api_key_expired", 1),
        ("api_key_expired", 1),
        ("testmode_charges_only", 2),
    ] {
        world.stripe.inject(Call::CreateSession, refusal(code), 1);
        world.click(&order);
        assert_eq!(entries(), expected, "{code}");
        world.pass(Duration::minutes(11));
    }
    world.click_through(&order);
    world.pass(Duration::hours(25));
    world.deliver();
    world
        .stripe
        .inject(Call::CreateSession, refusal("api_key_expired"), 1);
    world.click(&order);
    assert_eq!(entries(), 3);
}

#[test]
fn two_replicas_at_once_tell_once() {
    let (world, receiver) = both_ways();
    for _ in 0..3 {
        orphan(&world);
    }
    let apps = [world.another_app(), world.another_app()];
    thread::scope(|scope| {
        for app in &apps {
            scope.spawn(|| look(app));
        }
    });
    assert_eq!(world.count("outbox WHERE kind = 'alert'"), 1);
    thread::scope(|scope| {
        for app in &apps {
            scope.spawn(|| {
                let calls = async { while freshmint::alert::call_out(app).await.unwrap() {} };
                crate::support::runtime().block_on(calls);
            });
        }
    });
    call(&world);
    let mut told = receiver.told();
    told.sort_unstable();
    told.dedup();
    assert_eq!((told.len(), receiver.bodies().len()), (3, 3), "{told:?}");
}

#[test]
fn what_comes_and_goes_is_told_a_few_times_and_not_a_hundred() {
    let (world, receiver) = both_ways();
    for _ in 0..50 {
        world.execute("INSERT INTO outbox_pause (reason, until) VALUES ('535', now())");
        world.pass(Duration::seconds(10));
        tell(&world);
        world.execute("DELETE FROM outbox_pause");
        work_for(&world, Duration::seconds(62));
    }
    call(&world);
    // An hour: at first it is over after half a minute, and from then on after ten.
    assert_eq!(
        receiver.told(),
        ["begins pause", "over pause", "begins pause"],
        "{:?}",
        receiver.told()
    );
    work_for(&world, Duration::minutes(11));
    call(&world);
    assert_eq!(receiver.told().len(), 4);
    assert!(subjects(&world).len() <= 6, "{:?}", subjects(&world));
}

#[test]
fn a_year_of_history_is_one_mail_and_a_few_posts() {
    let receiver = Receiver::start();
    let world = World::with_mailbox(&[TREASURER, ("ALERT_URL", &receiver.url)]);
    for statement in [
        "INSERT INTO cases (id, kind, about, amount, currency, opened_at) \
             SELECT gen_random_uuid(), 'orphan', 'cs_' || n, 100, 'eur', now() - n * interval '1 day' \
             FROM generate_series(1, 365) n",
        "INSERT INTO activity (at, category, level, actor, what) \
             SELECT now() - n * interval '1 hour', 'mail', 'attention', 'outbox', 'mail came back: link' \
             FROM generate_series(1, 500) n",
    ] {
        world.execute(statement);
    }
    assert!(tell(&world));
    world.pass(Duration::minutes(11));
    assert!(!tell(&world));
    call(&world);
    assert_eq!(
        subjects(&world),
        ["a payment belongs to no order, and 364 more"]
    );
    let text = last_mail(&world);
    assert!(text.contains("- and 315 more\n"), "{text}");
    assert_eq!(receiver.told(), ["begins case"]);
    assert!(receiver.bodies()[0].contains("365 payments do not add up"));
}
