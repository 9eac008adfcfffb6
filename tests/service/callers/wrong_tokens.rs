//! Tokens of the API that nobody has.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use freshmint::token::Role;
use reqwest::Method;

use super::{AT_ONCE, assert_is_limited, behind_a_proxy, call, token, tries};
use crate::support::{
    Answer, World,
    browser::{client, runtime, send},
};

fn wrong(number: usize) -> String {
    format!("fm_{number:048x}")
}

fn from(world: &World, caller: &str, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("x-forwarded-for", caller), ("authorization", &bearer)];
    world.ask(Method::GET, "/api/v1/orders", &headers)
}

#[test]
fn wrong_tokens_are_limited_for_one_address_and_good_ones_go_on() {
    let world = behind_a_proxy();
    let good = token(&world, Role::Viewer);
    let (refused, last) = tries(AT_ONCE + 20, 401, || {
        from(&world, "198.51.100.7", &wrong(1))
    });
    assert_eq!(refused, AT_ONCE);
    assert_is_limited(&last);
    assert_eq!(last.header("content-type"), "application/problem+json");
    assert!(
        last.json()["detail"]
            .as_str()
            .unwrap()
            .contains("wrong tokens")
    );
    assert_is_limited(&from(&world, "198.51.100.7", "of another shape"));

    assert_eq!(from(&world, "198.51.100.7", &good).status, 200);
    assert_eq!(from(&world, "198.51.100.8", &wrong(1)).status, 401);
    world.pass(chrono::Duration::minutes(4));
    assert_eq!(from(&world, "198.51.100.7", &wrong(1)).status, 401);
}

#[test]
fn a_caller_who_has_no_token_is_told_so_however_often() {
    let world = World::new();
    let without = || world.ask(Method::GET, "/api/v1/orders", &[]);
    assert_eq!(tries(AT_ONCE + 20, 401, without).0, AT_ONCE + 20);
}

#[test]
fn callers_over_the_limit_keep_no_more_than_one_connection() {
    let world = World::new();
    world.stop_clock();
    let good = token(&world, Role::Viewer);
    let send_wrong = || call(&world, &wrong(1), Method::GET, "/orders", None);
    assert_is_limited(&tries(AT_ONCE + 20, 401, send_wrong).1);
    // Whoever looks a token up waits now.
    let mut somebody = world.database.connect();
    let lock = "BEGIN; LOCK TABLE api_tokens IN ACCESS EXCLUSIVE MODE";
    somebody.batch_execute(lock).expect("the lock is to be had");
    let begun = Instant::now();
    let flood: Vec<_> = (0..10)
        .map(|number| {
            let url = format!("{}/api/v1/orders", world.url());
            runtime().spawn(send(client().get(url).bearer_auth(wrong(number))))
        })
        .collect();
    std::thread::sleep(Duration::from_millis(700));
    let waiting = world.text(
        "SELECT count(*)::text AS text FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    assert_eq!(waiting, "1");
    let answers = runtime().block_on(futures::future::join_all(flood));
    let limited = answers.into_iter().map(|answer| answer.expect("an answer"));
    let limited = limited.filter(|answer| answer.status == 429).count();
    assert_eq!(limited, 9, "one had its turn");
    assert!(begun.elapsed() < Duration::from_secs(8));
    somebody.batch_execute("COMMIT").expect("the lock ends");
    assert_eq!(
        call(&world, &good, Method::GET, "/orders", None).status,
        200
    );
}
