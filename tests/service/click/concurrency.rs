//! Many at once.

use std::time::{Duration, Instant};

use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use super::{rows, tell};
use crate::support::{
    Answer, Order, World,
    browser::{person, runtime, send},
};

/// Clicks on these orders all at once, in turn at each of the addresses.
fn click_all(urls: &[&str], orders: &[&Order]) -> Vec<Answer> {
    let mut clicks = JoinSet::new();
    for (order, url) in orders.iter().zip(urls.iter().cycle()) {
        let click = person(Method::GET, &format!("{url}{}", order.path));
        clicks.spawn_on(send(click), runtime().handle());
    }
    runtime().block_on(clicks.join_all())
}

#[test]
fn a_hundred_clicks_on_two_replicas_lead_to_one_session() {
    let mut world = World::new();
    let second = world.add_replica();
    let order = world.order("CUP-1");
    // Slow enough for the second replica to find the first one's key in use.
    world.stripe.set_latency(Duration::from_millis(150));
    let answers = click_all(&[world.url(), world.replica(second)], &[&order; 100]);
    assert!(
        answers.iter().all(|answer| answer.status == 303),
        "{answers:?}"
    );
    assert!(
        answers
            .iter()
            .all(|answer| answer.location() == answers[0].location())
    );
    assert_eq!(world.stripe.creations(), 1);
    assert_eq!(rows(&world, &order), ["open"]);
}

#[test]
fn a_hundred_clicks_on_an_old_session_replace_it_once() {
    let mut world = World::new();
    let second = world.add_replica();
    let order = world.order("CUP-1");
    world.click_through(&order);
    world.pass(chrono::Duration::hours(13));
    let answers = click_all(&[world.url(), world.replica(second)], &[&order; 100]);
    assert!(
        answers.iter().all(|answer| answer.status == 303),
        "{answers:?}"
    );
    assert!(
        answers
            .iter()
            .all(|answer| answer.location() == answers[0].location())
    );
    assert_eq!(world.stripe.creations(), 2);
    assert_eq!(rows(&world, &order), ["superseded", "open"]);
    assert_eq!(world.payable_sessions(&order), 1);
}

#[test]
fn different_payers_do_not_wait_for_each_other() {
    let world = World::new();
    let orders: Vec<Order> = (0..40).map(|n| world.order(&format!("CUP-{n}"))).collect();
    world.stripe.set_latency(Duration::from_millis(300));
    let asked = Instant::now();
    let answers = click_all(&[world.url()], &orders.iter().collect::<Vec<_>>());
    assert!(
        answers.iter().all(|answer| answer.status == 303),
        "{answers:?}"
    );
    // One after the other would take twelve seconds; the pool of four connections is never held.
    assert!(asked.elapsed().as_secs() < 5, "{:?}", asked.elapsed());
    assert_eq!(world.stripe.creations(), 40);
}

#[test]
fn many_mints_share_few_kept_alive_connections() {
    let world = World::new();
    for n in 0..30 {
        world.click_through(&world.order(&format!("CUP-{n}")));
    }
    assert_eq!(world.stripe.creations(), 30);
    assert!(
        world.stripe.connections() <= 3,
        "{}",
        world.stripe.connections()
    );
}

#[test]
fn clicks_that_race_a_change_leave_nothing_to_be_paid_at_the_old_amount() {
    let mut world = World::new();
    let second = world.add_replica();
    let order = world.order("CUP-1");
    world.stripe.set_latency(Duration::from_millis(20));
    let cheaper =
        json!({ "lines": [{ "description": "Sibling", "unit_amount": 3000, "quantity": 1 }] });
    let path = format!("/orders/{}", order.id);
    let changed = during_clicks(&world, second, &order, || {
        world.api(Role::Operator, Method::PATCH, &path, Some(cheaper))
    });
    assert_eq!(changed.status, 200, "{}", changed.body);
    let session = world.click_through(&order);
    assert_eq!(
        world.stripe.session(&session).unwrap()["amount_total"],
        3000
    );
    assert_eq!(world.payable_sessions(&order), 1);
}

#[test]
fn clicks_that_race_a_cancel_leave_nothing_to_be_paid() {
    let mut world = World::new();
    let second = world.add_replica();
    let order = world.order("CUP-1");
    world.stripe.set_latency(Duration::from_millis(20));
    during_clicks(&world, second, &order, || {
        tell(&world, &order, "cancel", json!({}))
    });
    assert_eq!(world.payable_sessions(&order), 0);
    assert_eq!(world.click(&order).status, 410);
}

/// Does something while people click at two replicas.
fn during_clicks(
    world: &World,
    second: usize,
    order: &Order,
    act: impl FnOnce() -> Answer,
) -> Answer {
    std::thread::scope(|scope| {
        let urls = [world.url(), world.replica(second)];
        let clicks = scope.spawn(move || {
            (0..5)
                .flat_map(|_| click_all(&urls, &[order; 8]))
                .collect::<Vec<_>>()
        });
        let answer = act();
        let clicks = clicks.join().expect("the clicks are answered");
        assert!(
            clicks
                .iter()
                .all(|click| [200, 303, 410].contains(&click.status)),
            "{clicks:?}"
        );
        answer
    })
}
