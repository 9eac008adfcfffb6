//! What the pages say of a day is what Stripe and the mailbox know of it.

use freshmint::{performance, token::Role};
use serde_json::Value;

use super::{MACHINE, as_browser, stats, write};
use crate::{
    simulator::{Call, Fault},
    support::{Visitor, World, browser::runtime},
};

/// So many of a kind, as the page of performance has them.
fn figure(world: &World, kind: &str) -> usize {
    let sum = world.text(&format!(
        "SELECT coalesce(sum(count), 0)::text AS text FROM performance_days WHERE kind = '{kind}'"
    ));
    sum.parse().expect("a number")
}

fn step(funnel: &Value, name: &str) -> Option<usize> {
    usize::try_from(funnel[name].as_u64()?).ok()
}

#[test]
fn figures_are_those_that_stripe_and_the_mailbox_know() {
    let world = World::with_mailbox(&[("STRIPE_TIMEOUT_SECONDS", "20")]);
    let orders: Vec<_> = (1..=5)
        .map(|number| world.order(&format!("CUP-{number}")))
        .collect();
    for order in &orders {
        world.queue_link(order);
    }
    world.carry();
    for (fault, times) in [(Fault::TooManyRequests, 2), (Fault::Html502, 1)] {
        world.stripe.inject(Call::CreateSession, fault, times);
    }
    let sessions: Vec<String> = orders[..4]
        .iter()
        .map(|order| world.click_through(order))
        .collect();
    // Again to the same payment page, and a machine, which opens none.
    world.click_through(&orders[0]);
    assert_eq!(as_browser(&world, &orders[4].path, MACHINE), 200);
    for session in &sessions[..2] {
        world.stripe.pay(session).expect("it is paid");
    }
    world.deliver();
    write(&world, 0);
    world.write_looks();
    let app = world.app_of(0);
    let written = performance::write(&app.performance, &app.metrics, &app.db, world.now());
    runtime().block_on(written);

    let paid = world.stripe.sessions().into_iter();
    let paid = paid
        .filter(|session| session["payment_status"] == "paid")
        .count();
    let (made, told) = (world.stripe.creations(), world.stripe.events().len());
    assert_eq!((made, paid, told), (4, 2, 2));
    let funnel = stats(&world, "funnel");
    for (name, known) in [
        ("mailed", world.mailbox().mails().len()),
        ("clicked", sessions.len()),
        ("minted", made),
        ("paid", paid),
    ] {
        assert_eq!(step(&funnel, name), Some(known), "{name}: {funnel}");
    }
    for (kind, known) in [
        ("mint", made),
        ("click", made + 1),
        ("webhook_lag", told),
        ("stripe_too_fast", 2),
        ("stripe_error", 3),
    ] {
        assert_eq!(figure(&world, kind), known, "{kind}");
    }
    let visits = stats(&world, "visits");
    assert_eq!(
        (&visits["visits"], &visits["machine_visits"]),
        (&5.into(), &1.into())
    );
    let viewer = Visitor::signed_in(&world, "Ann", Role::Viewer);
    let page = viewer.get("/ops/visits").text().replace('\n', " ");
    assert!(
        page.contains("2 of 5 orders that were mailed in this time are paid."),
        "{page}"
    );
}
