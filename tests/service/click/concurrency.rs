//! Many at once.

use reqwest::Method;
use tokio::task::JoinSet;

use super::rows;
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
fn a_hundred_clicks_on_a_changed_order_replace_its_session_once() {
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
    world
        .stripe
        .set_latency(std::time::Duration::from_millis(300));
    let asked = std::time::Instant::now();
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
