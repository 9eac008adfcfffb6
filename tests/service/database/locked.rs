//! A table is locked: by an index that is built, by a backup, by somebody at a prompt.

use std::time::Duration;

use super::{Lock, callers, timed};
use crate::support::World;

/// What a click on an order with an open session asks for.
const READ_BY_A_CLICK: &[&str] = &[
    "checkout_sessions",
    "order_lines",
    "orders",
    "reminder_decisions",
    "session_orders",
    "settings",
];
/// The contract's five seconds, and what a busy machine adds.
const BUDGET: Duration = Duration::from_secs(7);

fn lists() -> [&'static str; 5] {
    ["/orders", "/outbox", "/cases", "/events", "/blasts"]
}

#[test]
fn a_lock_on_any_table_costs_only_those_who_need_it() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    let process = world.process();
    let click = format!("{}{}", process.url, order.path);
    assert_eq!(World::anybody_gets(&click).status, 303);
    let tables = world.texts(
        "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    );
    assert!(tables.len() > 20, "{tables:?}");
    for table in &tables {
        let lock = Lock::on(&world.database, table);
        if table != "api_tokens" {
            for list in lists() {
                callers(&world, &process.url, list, 2);
            }
        }
        std::thread::sleep(Duration::from_millis(200));
        if READ_BY_A_CLICK.contains(&table.as_str()) {
            let (answer, took) = timed(&click);
            assert_eq!(answer.status, 503, "{table}");
            assert!(took < BUDGET, "{table}: {took:?}");
            lock.release();
        } else {
            let clicks = (0..3).map(|_| timed(&click)).collect::<Vec<_>>();
            assert!(
                clicks.iter().all(|(answer, _)| answer.status == 303),
                "{table}"
            );
            let fastest = clicks.iter().map(|(_, took)| *took).min();
            assert!(
                fastest < Some(Duration::from_secs(1)),
                "{table}: {fastest:?}"
            );
            lock.release();
        }
        let (answer, took) = timed(&click);
        assert_eq!(answer.status, 303, "{table}");
        assert!(took < Duration::from_secs(2), "{table}: {took:?}");
    }
}

#[test]
fn whoever_clicks_while_others_wait_for_the_database_waits_no_longer_than_they() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    let click = format!("{}{}", world.url(), order.path);
    let lock = Lock::on(&world.database, "orders");
    std::thread::scope(|scope| {
        let clicks: Vec<_> = (0..8)
            .map(|number| {
                let click = &click;
                scope.spawn(move || {
                    std::thread::sleep(Duration::from_millis(300) * number);
                    timed(click)
                })
            })
            .collect();
        for click in clicks {
            let (answer, took) = click.join().expect("an answer");
            assert_eq!(answer.status, 503);
            assert!(took < Duration::from_millis(5_500), "{took:?}");
        }
    });
    lock.release();
}

#[test]
fn callers_of_a_locked_list_do_not_keep_payers_waiting() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    let click = format!("{}{}", world.url(), order.path);
    let lock = Lock::on(&world.database, "cases");
    callers(&world, world.url(), "/cases", 20);
    std::thread::sleep(Duration::from_millis(200));
    for _ in 0..5 {
        let (answer, took) = timed(&click);
        assert_eq!(answer.status, 303);
        assert!(took < Duration::from_secs(1), "{took:?}");
        std::thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(
        World::anybody_gets(&format!("{}/readyz", world.url())).status,
        200
    );
    lock.release();
}

#[test]
fn whoever_gave_up_gives_its_connection_back() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    let lock = Lock::on(&world.database, "orders");
    let click = format!("{}{}", world.url(), order.path);
    assert_eq!(timed(&click).0.status, 503);
    std::thread::sleep(Duration::from_secs(4));
    let waiting = world.text(
        "SELECT count(*)::text AS text FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    assert_eq!(waiting, "0");
    lock.release();
    assert_eq!(timed(&click).0.status, 303);
}

#[test]
fn a_token_of_another_shape_is_refused_without_the_database() {
    let world = World::new();
    let lock = Lock::on(&world.database, "api_tokens");
    let url = "/api/v1/orders";
    for token in ["made-up", "fm_", &format!("fm_{}", "z".repeat(48))] {
        let bearer = format!("Bearer {token}");
        let asked = std::time::Instant::now();
        let answer = world.ask(reqwest::Method::GET, url, &[("Authorization", &bearer)]);
        assert_eq!(answer.status, 401, "{token}");
        assert!(asked.elapsed() < Duration::from_secs(2));
    }
    lock.release();
}

#[test]
fn a_stop_has_an_end_while_the_database_hangs() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    let process = world.process();
    let click = format!("{}{}", process.url, order.path);
    assert_eq!(World::anybody_gets(&click).status, 303);
    // As if the database's host hung: nobody there keeps a deadline.
    let frozen = world.texts(
        "SELECT pid::text AS text FROM pg_stat_activity WHERE backend_type = 'client backend' \
         AND datname = current_database() AND pid <> pg_backend_pid()",
    );
    let signal = |name: &str| {
        let mut kill = std::process::Command::new("kill");
        assert!(
            kill.arg(name)
                .args(&frozen)
                .status()
                .expect("kill runs")
                .success()
        );
    };
    signal("-STOP");
    std::thread::sleep(Duration::from_secs(3));
    let (code, took) = process.terminate();
    signal("-CONT");
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(30), "{took:?}");
}
