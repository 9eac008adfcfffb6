//! Clicks of many payers at once are written down together: what is wrong with one is no other's matter.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use futures::future::join_all;
use reqwest::Method;

use super::rows;
use crate::support::{
    Answer, Order, World,
    browser::{person, runtime, send},
};

fn orders(world: &World) -> Vec<Order> {
    let orders = (0..24).map(|number| world.order(&format!("CUP-{number}")));
    orders.collect()
}

/// What each is answered, and when.
fn click_all(world: &World, orders: &[Order]) -> Vec<(Answer, Duration)> {
    let began = Instant::now();
    let clicks = orders.iter().map(|order| {
        let click = person(Method::GET, &format!("{}{}", world.url(), order.path));
        async move { (send(click).await, began.elapsed()) }
    });
    runtime().block_on(join_all(clicks))
}

#[test]
fn a_mint_waits_for_no_lock_of_another_order() {
    for lock in ["UPDATE", "NO KEY UPDATE"] {
        let world = World::new();
        let orders = orders(&world);
        let mut somebody = world.database.connect();
        let id = orders[0].id;
        somebody
            .batch_execute(&format!(
                "BEGIN; SELECT 1 FROM orders WHERE id = '{id}' FOR {lock}"
            ))
            .expect("the lock is to be had");
        let answers = click_all(&world, &orders);
        assert_eq!(answers[0].0.status, 503, "FOR {lock}");
        for (answer, took) in &answers[1..] {
            assert_eq!(answer.status, 303, "FOR {lock}");
            // A lock is waited for three seconds.
            assert!(*took < Duration::from_millis(2_900), "FOR {lock}: {took:?}");
        }
        somebody
            .batch_execute("ROLLBACK")
            .expect("it is given back");
        world.click_through(&orders[0]);
        assert_eq!(rows(&world, &orders[0]), ["open"]);
    }
}

#[test]
fn a_mint_that_is_opened_waits_for_no_lock_of_another_order() {
    let world = World::new();
    let orders = orders(&world);
    // All have been written down when the lock is taken, and are opened together.
    world.stripe.set_latency(Duration::from_secs(1));
    let mut somebody = world.database.connect();
    let answers = std::thread::scope(|scope| {
        let clicks = scope.spawn(|| click_all(&world, &orders));
        while world.count("checkout_sessions WHERE state = 'minting'") < orders.len() {
            std::thread::sleep(Duration::from_millis(10));
        }
        let id = orders[0].id;
        somebody
            .batch_execute(&format!(
                "BEGIN; SELECT 1 FROM orders WHERE id = '{id}' FOR UPDATE"
            ))
            .expect("the lock is to be had");
        clicks.join().expect("no panic")
    });
    for (answer, took) in &answers[1..] {
        assert_eq!(answer.status, 303);
        assert!(*took < Duration::from_millis(3_900), "{took:?}");
    }
    assert_eq!(answers[0].0.status, 503);
    somebody
        .batch_execute("ROLLBACK")
        .expect("it is given back");
    world.stripe.set_latency(Duration::ZERO);
    world.click_through(&orders[0]);
    assert_eq!(rows(&world, &orders[0]), ["open"]);
    assert_eq!(world.stripe.creations(), orders.len(), "each was made once");
}

#[test]
fn an_order_that_cannot_be_read_or_written_fails_its_own_click_alone() {
    let world = World::new();
    let orders = orders(&world);
    world.execute(&format!(
        "UPDATE orders SET created_at = 'infinity' WHERE id = '{}'",
        orders[0].id
    ));
    // Another's key is taken already: the database refuses its row, and those written with it.
    world.execute(&format!(
        "INSERT INTO checkout_sessions (id, state, origin, asked_by, idempotency_key, failure, created_at, ended_at) \
         VALUES (gen_random_uuid(), 'failed', 'click', 'person', 'freshmint-{}-v1-a1', 'x', now(), now())",
        orders[1].id
    ));
    let answers = click_all(&world, &orders);
    let statuses: Vec<u16> = answers.iter().map(|(answer, _)| answer.status).collect();
    assert_eq!(statuses[..2], [503, 503]);
    assert!(
        statuses[2..].iter().all(|status| *status == 303),
        "{statuses:?}"
    );
    assert_eq!(world.stripe.creations(), orders.len() - 2);
}

#[test]
fn many_replicas_mint_each_order_once() {
    let mut world = World::new();
    let second = world.add_replica();
    let orders = orders(&world);
    world.stripe.set_latency(Duration::from_millis(100));
    let urls = [world.url().to_owned(), world.replica(second).to_owned()];
    let clicks = orders.iter().flat_map(|order| {
        urls.iter()
            .map(|url| send(person(Method::GET, &format!("{url}{}", order.path))))
    });
    let answers: Vec<Answer> = runtime().block_on(join_all(clicks));
    assert!(
        answers.iter().all(|answer| answer.status == 303),
        "{answers:?}"
    );
    for both in answers.chunks(2) {
        assert_eq!(both[0].location(), both[1].location());
    }
    assert_eq!(world.stripe.creations(), orders.len());
}
