//! Calls that cost much: one at a time for each token, and so many test mails a day.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{assert_is_limited, call, token};
use crate::support::{
    World,
    browser::{client, runtime, send},
};

/// A mailing to every open order; its path.
fn mailing(world: &World) -> String {
    world.order("CUP-1");
    let body = json!({ "name": "Cup", "subject": "Fee", "body": "{{ pay_url }}", "filter": {} });
    let created = world.api(Role::Operator, Method::POST, "/blasts", Some(body));
    format!("/blasts/{}", created.json()["id"].as_str().unwrap())
}

#[test]
fn a_token_has_one_costly_call_under_way_and_another_token_its_own() {
    // The API has several connections.
    let world = World::with(&[("DATABASE_POOL_SIZE", "24")]);
    let path = mailing(&world);
    let recipients = format!("{path}/recipients");
    let (viewer, other) = (token(&world, Role::Viewer), token(&world, Role::Viewer));
    // It takes as long as this lock.
    let mut somebody = world.database.connect();
    let lock = "BEGIN; LOCK TABLE blasts IN ACCESS EXCLUSIVE MODE";
    somebody.batch_execute(lock).expect("the lock is to be had");
    let url = format!("{}/api/v1{recipients}", world.url());
    let first = runtime().spawn(send(client().get(url).bearer_auth(&viewer)));
    std::thread::sleep(Duration::from_millis(300));
    let second = call(&world, &viewer, Method::GET, "/stats/recovery", None);
    assert_is_limited(&second);
    assert!(
        second.json()["detail"]
            .as_str()
            .unwrap()
            .contains("one at a time")
    );
    let cheap = call(&world, &viewer, Method::GET, "/orders", None);
    assert_eq!(cheap.status, 200);
    let others = call(&world, &other, Method::GET, "/stats/recovery", None);
    assert_eq!(others.status, 200);
    somebody.batch_execute("COMMIT").expect("the lock ends");
    drop(runtime().block_on(first).expect("an answer"));
    let after = call(&world, &viewer, Method::GET, &recipients, None);
    assert_eq!(after.status, 200);
}

#[test]
fn those_that_come_at_once_go_one_after_the_other() {
    let world = World::new();
    let recipients = format!("{}/recipients", mailing(&world));
    let viewer = token(&world, Role::Viewer);
    let url = format!("{}/api/v1{recipients}", world.url());
    let calls = (0..5).map(|_| send(client().get(&url).bearer_auth(&viewer)));
    let answers = runtime().block_on(futures::future::join_all(calls));
    assert!(answers.iter().all(|answer| answer.status == 200));
}

#[test]
fn a_token_sends_fifty_test_mails_a_day() {
    let world = World::with_mailbox(&[]);
    let path = format!("{}/test", mailing(&world));
    let (one, other) = (token(&world, Role::Operator), token(&world, Role::Operator));
    let to = |address: &str| Some::<Value>(json!({ "to": address }));
    let test = |token: &str| call(&world, token, Method::POST, &path, to("a@example.org"));
    assert_eq!(test(&one).status, 200);
    assert_eq!(world.count("api_tokens WHERE tests = 1"), 1);
    world.execute("UPDATE api_tokens SET tests = 49 WHERE tests = 1");
    assert_eq!(test(&one).status, 200);
    let refused = test(&one);
    assert_eq!(refused.status, 429, "{refused:?}");
    let seconds: i64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=86_400).contains(&seconds), "{seconds}");
    assert!(
        refused.json()["detail"]
            .as_str()
            .unwrap()
            .contains("50 test mails")
    );
    assert_eq!(world.count("outbox WHERE kind = 'test'"), 2);
    assert_eq!(test(&other).status, 200);
    world.pass(chrono::Duration::seconds(seconds));
    assert_eq!(test(&one).status, 200, "on another day");
}
