//! What is posted to `ALERT_URL`: what it says, and that it arrives.

use std::time::Instant;

use chrono::Duration;
use freshmint::token::Role;
use serde_json::{Value, json};

use super::{both_ways, call, last_mail, orphan, tell, the_wait_is_over};
use crate::support::{Process, Receiver, World, receiver::Manner};

fn waiting(world: &World) -> usize {
    world.count("alert_messages WHERE channel = 'url'")
}

#[test]
fn a_post_is_what_chat_programs_show_and_calls_nobody() {
    let (world, receiver) = both_ways();
    orphan(&world);
    tell(&world);
    call(&world);
    let body: Value = serde_json::from_str(&receiver.bodies()[0]).unwrap();
    let case = world.text("SELECT id::text AS text FROM cases");
    let since = body["since"].as_str().unwrap().to_owned();
    assert!(
        chrono::DateTime::parse_from_rfc3339(&since).is_ok(),
        "{since}"
    );
    let said = "Rovers Youth FC: a payment belongs to no order. See «freshmint cases list», and resolve it.";
    assert_eq!(
        body,
        json!({
            "text": said,
            "content": said,
            "cause": format!("case:{case}"),
            "state": "begins",
            "what": "a payment belongs to no order",
            "since": since,
            "link": format!("http://127.0.0.1:61199/api/v1/cases/{case}"),
            "allowed_mentions": { "parse": [] },
        })
    );
    let link = body["link"]
        .as_str()
        .unwrap()
        .split_once("/api/v1")
        .unwrap()
        .1;
    assert_eq!(
        world
            .api(Role::Viewer, reqwest::Method::GET, link, None)
            .status,
        200
    );
}

#[test]
fn nothing_foreign_is_quoted_in_a_post() {
    let (world, receiver) = both_ways();
    let order = world.order("CUP-1");
    world.execute(
        "UPDATE orders SET reference = E'@everyone \\x1b[31m <!channel>', debit_failed_at = now()",
    );
    for statement in [
        "INSERT INTO outbox_pause (reason, until) VALUES (E'535 @everyone \\x1b parent@example.org', now())",
        "INSERT INTO stripe_events (id, type, body, received_at, state, last_error) \
             VALUES ('evt_@everyone', '@everyone', '{}', now(), 'failed', '@everyone')",
        "INSERT INTO outbox (id, kind, address, address_hash, subject, body, message_id, state, claim_id, last_error, created_at) \
             VALUES (gen_random_uuid(), 'link', 'parent@example.org', '\\x00000000000000000000000000000002', 's', 'b', 'a', \
                 'unknown', gen_random_uuid(), E'450 @everyone \\x1b', now())",
        "INSERT INTO cases (id, kind, about, amount, currency, email, opened_at) \
             VALUES (gen_random_uuid(), 'orphan', '@everyone', 100, 'eur', 'parent@example.org', now())",
    ] {
        world.execute(statement);
    }
    world.execute(&format!(
        "INSERT INTO activity (at, order_id, category, level, actor, what) VALUES \
             (now() - interval '1 minute', '{id}', 'blast', 'attention', 'test', E'@everyone \\x1b'), \
             (now() - interval '1 minute', '{id}', 'checkout', 'attention', 'stripe', E'no: @everyone \\x1b')",
        id = order.id
    ));
    tell(&world);
    call(&world);
    let bodies = receiver.bodies();
    assert_eq!(bodies.len(), 7, "{bodies:#?}");
    for body in bodies {
        let words = body.replace("\"allowed_mentions\"", "");
        for foreign in [
            "@", "\u{1b}", "\\u001b", "everyone", "channel", "CUP", "parent", "450 ", "535 ",
        ] {
            assert!(!words.contains(foreign), "{foreign} in {body}");
        }
    }
    let text = last_mail(&world);
    assert!(
        !text.contains('\u{1b}') && !text.contains("parent@"),
        "{text}"
    );
}

#[test]
fn a_place_that_is_away_is_told_later_and_asked_once_meanwhile() {
    let (world, receiver) = both_ways();
    receiver.set(Manner::Away);
    world.execute("UPDATE sweeps SET silent_since = now()");
    tell(&world);
    orphan(&world);
    tell(&world);
    call(&world);
    call(&world);
    let tries = world.texts(
        "SELECT attempts::text AS text FROM alert_messages WHERE channel = 'url' ORDER BY id",
    );
    assert_eq!(tries, ["0", "1"], "the other one waits with it");
    the_wait_is_over(&world);
    call(&world);
    let wait = "SELECT (max(not_before) > clock_timestamp() + interval '8 seconds')::text AS text \
         FROM alert_messages WHERE channel = 'url'";
    assert_eq!(world.text(wait), "true", "the second wait is longer");
    receiver.set(Manner::Answer(204));
    the_wait_is_over(&world);
    call(&world);
    let told = receiver.told();
    assert!(told[0].starts_with("begins case:"), "{told:?}");
    assert_eq!(told[1..], ["begins silent_webhook"]);
    assert_eq!(waiting(&world), 0);
}

#[test]
fn an_end_is_told_after_its_beginning() {
    let (world, receiver) = both_ways();
    receiver.set(Manner::Answer(500));
    world.execute("UPDATE sweeps SET silent_since = now()");
    tell(&world);
    call(&world);
    world.execute("UPDATE sweeps SET silent_since = NULL");
    super::work_for(&world, Duration::minutes(2));
    receiver.set(Manner::Answer(200));
    receiver.forget();
    call(&world);
    assert_eq!(receiver.told(), [""; 0], "the beginning waits still");
    the_wait_is_over(&world);
    call(&world);
    assert_eq!(
        receiver.told(),
        ["begins silent_webhook", "over silent_webhook"]
    );
}

#[test]
fn what_a_place_refuses_is_not_told_for_ever() {
    for (manner, left) in [
        (Manner::Answer(410), 0),
        (Manner::Answer(400), 0),
        (Manner::Redirect("http://127.0.0.1:1/".to_owned()), 0),
        (Manner::Answer(500), 1),
        (Manner::Answer(429), 1),
    ] {
        let (world, receiver) = both_ways();
        receiver.set(manner.clone());
        orphan(&world);
        tell(&world);
        for _ in 0..6 {
            call(&world);
            the_wait_is_over(&world);
        }
        assert_eq!(waiting(&world), left, "{manner:?}");
        let calls = receiver.bodies().len();
        assert_eq!(calls, if left == 0 { 3 } else { 6 }, "{manner:?}");
        world.pass(Duration::hours(49));
        call(&world);
        assert_eq!(waiting(&world), 0, "{manner:?}: two days are enough");
    }
}

#[test]
fn a_place_that_is_slow_or_endless_holds_nothing_up() {
    let (world, receiver) = both_ways();
    receiver.set(Manner::Endless);
    orphan(&world);
    tell(&world);
    let begun = Instant::now();
    call(&world);
    assert_eq!(waiting(&world), 0, "the status counts");
    receiver.set(Manner::Slow(std::time::Duration::from_secs(60)));
    orphan(&world);
    tell(&world);
    call(&world);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    assert_eq!(waiting(&world), 1);
}

#[test]
fn a_process_that_dies_between_the_row_and_the_post_leaves_it_to_another() {
    let (world, receiver) = both_ways();
    receiver.set(Manner::Slow(std::time::Duration::from_secs(60)));
    orphan(&world);
    tell(&world);
    let worker = Process::work(world.settings());
    let begun = Instant::now();
    while receiver.bodies().is_empty() {
        assert!(begun.elapsed().as_secs() < 30, "no post");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    worker.kill();
    receiver.set(Manner::Answer(200));
    receiver.forget();
    call(&world);
    assert_eq!(receiver.told(), [""; 0], "its lease runs");
    the_wait_is_over(&world);
    call(&world);
    assert_eq!(receiver.told().len(), 1);
    call(&world);
    assert_eq!(receiver.told().len(), 1);
}

#[test]
fn the_address_is_a_secret() {
    let receiver = Receiver::start();
    receiver.set(Manner::Answer(500));
    let world = World::with(&[("ALERT_URL", receiver.url.as_str())]);
    world.execute("UPDATE sweeps SET silent_since = now()");
    let worker = Process::work(world.settings());
    let begun = Instant::now();
    let said = loop {
        let log = worker.log();
        if let Some(line) = log.iter().find(|line| line.contains("ALERT_URL")) {
            break line.clone();
        }
        assert!(begun.elapsed().as_secs() < 30, "{log:#?}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert!(
        said.contains("ALERT_URL does not take an alert: it answered with 500"),
        "{said}"
    );
    assert!(!worker.log().iter().any(|line| line.contains("s3cret")));
    for wrong in ["http://hooks.club.example/s3cret", "s3cret"] {
        let (code, _, error) = world.command_with(&[("ALERT_URL", wrong)], &["work"]);
        assert_ne!(code, 0);
        assert!(
            error.contains("ALERT_URL is wrong: it must be an https address"),
            "{error}"
        );
        assert!(!error.contains("s3cret"), "{error}");
    }
}
