//! What is over is told, once.

use chrono::Duration;

use super::{both_ways, call, last_mail, orphan, resolve_cases, subjects, tell, work_for};
use crate::simulator::{Call, Fault};

#[test]
fn a_case_that_was_resolved_is_over() {
    let (world, receiver) = both_ways();
    orphan(&world);
    tell(&world);
    work_for(&world, Duration::minutes(11));
    resolve_cases(&world);
    work_for(&world, Duration::minutes(2));
    call(&world);
    let told = receiver.told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[1], told[0].replace("begins", "over"));
    let subjects = subjects(&world);
    assert_eq!(subjects[1..], ["over: a payment belongs to no order"]);
    assert!(last_mail(&world).contains("This is over:"));
    work_for(&world, Duration::hours(3));
    call(&world);
    assert_eq!(receiver.told().len(), 2);
}

#[test]
fn each_is_over_on_its_own() {
    let (world, receiver) = both_ways();
    world.execute("INSERT INTO outbox_pause (reason, until) VALUES ('535', now())");
    world.execute("UPDATE sweeps SET silent_since = now()");
    world.execute("UPDATE dead_links SET orders = 18, since = now()");
    world.execute(
        "INSERT INTO stripe_events (id, type, body, received_at, state, last_error) \
         VALUES ('evt_1', 'checkout.session.completed', '{}', now(), 'failed', 'x')",
    );
    tell(&world);
    call(&world);
    receiver.forget();
    for (mended, over) in [
        ("DELETE FROM outbox_pause", "over pause"),
        (
            "UPDATE sweeps SET silent_since = NULL",
            "over silent_webhook",
        ),
        (
            "UPDATE dead_links SET orders = 3, since = NULL",
            "over dead_links",
        ),
        (
            "UPDATE stripe_events SET state = 'processed'",
            "over failed_event:",
        ),
    ] {
        world.execute(mended);
        work_for(&world, Duration::minutes(2));
        call(&world);
        let told = receiver.told();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(over), "{told:?}");
        receiver.forget();
    }
}

#[test]
fn a_refused_checkout_is_over_when_the_order_can_be_paid() {
    let (world, receiver) = both_ways();
    let order = world.order("CUP-1");
    let refusal = Fault::Refuse {
        status: 400,
        code: "amount_too_small",
        message: String::new(),
    };
    world.stripe.inject(Call::CreateSession, refusal, 1);
    assert_eq!(world.click(&order).status, 502);
    tell(&world);
    work_for(&world, Duration::minutes(11));
    call(&world);
    assert_eq!(
        receiver.told(),
        [format!("begins refused_checkout:{}", order.id)]
    );
    world.click_through(&order);
    work_for(&world, Duration::minutes(2));
    call(&world);
    assert_eq!(
        receiver.told()[1..],
        [format!("over refused_checkout:{}", order.id)]
    );
}
