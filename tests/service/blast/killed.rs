//! Workers that die in the middle of a mailing: the rest goes once each.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{show, started, state, written};
use crate::support::{Process, World};

/// A thousand families on some domains.
fn thousand(world: &World) {
    super::family(world, "MANY-1", "many1@d1.example");
    world.execute(
        "INSERT INTO orders (id, content_hash, reference, email, name, locale, currency, amount_total, lines, mode, created_at) \
         SELECT gen_random_uuid(), '', 'MANY-' || n, 'many' || n || '@d' || n % 7 || '.example', 'Kim ' || n, locale, currency, \
             amount_total, lines, mode, created_at FROM orders, generate_series(2, 1000) n",
    );
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn killed_in_the_wave_and_at_five_hundred_of_a_thousand_the_rest_goes_once_each() {
    let world = World::with_mailbox(&[
        ("FIRST_WAVE_WAIT_SECONDS", "1"),
        ("MAIL_PER_SECOND", "300"),
        ("MAIL_LEASE_SECONDS", "2"),
    ]);
    thousand(&world);
    let id = written(
        &world,
        json!({ "filter": {}, "first_wave": 40, "per_second": 300 }),
    );
    let work = || Process::work(world.settings());
    let (first, second) = (work(), work());
    started(&world, &id);
    let got = || world.mailbox().mails().len();
    until("some of the wave", || got() >= 5);
    first.kill();
    // A mail that was in its hand is unknown: a person says that it is as good as sent.
    thread::sleep(Duration::from_secs(3));
    let settle = || {
        world.execute(
            "UPDATE outbox SET state = 'sent', sent_at = now(), claim_id = NULL WHERE state = 'unknown'",
        );
    };
    settle();
    let third = work();
    let go_on = || {
        settle();
        if state(&world, &id) == "paused" {
            super::done(&world, &id, "resume");
        }
    };
    until("half of them", || {
        go_on();
        got() >= 500
    });
    second.kill();
    third.kill();
    let last = (work(), work());
    until("all of them", || {
        go_on();
        state(&world, &id) == "done"
    });
    drop(last);
    let mails = world.mailbox().mails();
    let to: BTreeSet<String> = mails.iter().flat_map(|mail| mail.to.clone()).collect();
    assert_eq!(to.len(), mails.len(), "nobody has it twice");
    let counts = show(&world, &id)["counts"].clone();
    assert_eq!(counts["sent"], 1000, "{counts}");
    // Some of those that were in hand may never have been handed over: at most four of each worker.
    assert!(mails.len() >= 1000 - 3 * 4, "{}", mails.len());
}
