//! A mail server that keeps us waiting: for how long, whom it holds up, and how we leave it.

use std::time::{Duration, Instant};

use freshmint::outbox::Round;

use super::{
    accident::wait_until,
    refused::{now, rows, the_wait_is_over},
};
use crate::{
    mailbox::{Action, Rule, Stage},
    support::{
        Process, World,
        browser::runtime,
        scripted::{Does, Moment, Scripted},
    },
};

/// A shop whose mail goes to a server of the test's script.
pub fn shop(server: &Scripted, changed: &[(&str, &str)]) -> World {
    let mut settings = vec![
        ("SMTP_URL", server.url.as_str()),
        ("MAIL_FROM", "treasurer@rovers.example.org"),
        ("MAIL_PER_SECOND", "1000"),
        ("MAIL_RETRY_SECONDS", "1"),
    ];
    settings.extend(changed);
    World::with(&settings)
}

fn to(world: &World, reference: &str, email: &str) -> uuid::Uuid {
    world.queue_link(&world.order_with(reference, serde_json::json!({ "email": email })))
}

fn state(world: &World, id: uuid::Uuid) -> String {
    let row = format!("SELECT state AS text FROM outbox WHERE id = '{id}'");
    world.text(&row)
}

/// Only mails to these hang, for ever.
fn hangs(stage: Stage, recipient: &str) -> Rule {
    Rule {
        stage,
        recipient: Some(recipient.to_owned()),
        action: Action::Hang,
        times: None,
    }
}

#[test]
fn mails_that_hang_hold_up_no_other_while_a_connection_is_left() {
    for stage in [Stage::Message, Stage::Recipient] {
        let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "4")]);
        world.mailbox().set_rules(vec![hangs(stage, "slow")]);
        for number in 0..3 {
            to(
                &world,
                &format!("SLOW-{number}"),
                &format!("slow{number}@example.org"),
            );
        }
        let worker = Process::work(world.settings());
        wait_until("the slow ones are in hand", || {
            world.count("outbox WHERE state = 'sending'") == 3
        });
        let fine = to(&world, "FINE", "fine@example.org");
        let queued = Instant::now();
        wait_until("the next one has arrived", || state(&world, fine) == "sent");
        let took = queued.elapsed();
        assert!(took < Duration::from_secs(15), "{stage:?}: {took:?}");
        worker.kill();
    }
}

#[test]
fn silence_at_rset_is_within_the_mails_own_time() {
    let world = World::with_mailbox(&[("MAIL_LEASE_SECONDS", "1")]);
    world.queue_link(&world.order("CUP-1"));
    world.mailbox().set_rules(vec![
        now(Action::Reply(554, "5.7.1 spam".to_owned()), Stage::Message),
        now(Action::Hang, Stage::Reset),
    ]);
    let worker = Process::work(world.settings());
    wait_until("it came back", || {
        rows(&world) == ["bounced 1 554 5.7.1 spam"]
    });
    let unknown = "activity WHERE what LIKE 'nobody can know%'";
    assert_eq!(world.count(unknown), 0);
    worker.kill();
}

#[test]
fn a_message_that_the_server_does_not_read_is_given_up_within_half_the_lease() {
    let server = Scripted::start();
    let world = shop(&server, &[("MAIL_LEASE_SECONDS", "8")]);
    let order = world.order("CUP-1");
    world.queue_link(&order);
    // More than the sockets on both sides take.
    world.execute(
        "UPDATE outbox SET kind = 'test', body = repeat(repeat('x', 70) || E'\\n', 170000)",
    );
    server.to(
        "parent@example.org",
        Moment::Data,
        Does::SaysMore(Duration::from_secs(60), Vec::new()),
        1,
    );
    let mut courier = world.courier();
    let started = Instant::now();
    while rows(&world)[0].starts_with("queued 0") || world.mail_states() == ["sending"] {
        runtime()
            .block_on(courier.round())
            .expect("the database answers");
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{:?}",
            world.mail_states()
        );
    }
    assert_eq!(world.mail_states(), ["queued"]);
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "{:?}",
        started.elapsed()
    );
}

/// Carries until nothing is due, with connections that stay.
fn carry(world: &World) -> freshmint::outbox::Courier {
    let mut courier = world.courier();
    go_on(&mut courier);
    courier
}

fn go_on(courier: &mut freshmint::outbox::Courier) {
    while runtime()
        .block_on(courier.round())
        .expect("the database answers")
        == Round::Busy
    {}
}

#[test]
fn what_a_server_says_late_is_no_word_about_the_next_mail() {
    for (moment, late) in [
        (Moment::Dot, b"554 5.7.1 no, it is spam\r\n".as_slice()),
        (Moment::Dot, b"250 2.0.0 once more\r\n"),
        (Moment::Reset, b"550 5.1.1 no such user\r\n"),
    ] {
        let server = Scripted::start();
        let world = shop(&server, &[("MAIL_CONNECTIONS", "1")]);
        let first = to(&world, "FIRST", "first@example.org");
        if moment == Moment::Reset {
            let busy = Does::Says(b"452 4.2.2 full\r\n".to_vec());
            server.to("first@example.org", Moment::Recipient, busy, 1);
        }
        server.once(
            moment,
            Does::SaysMore(Duration::from_millis(100), late.to_vec()),
        );
        let mut courier = carry(&world);
        std::thread::sleep(Duration::from_millis(300));
        let second = to(&world, "SECOND", "second@example.org");
        go_on(&mut courier);
        assert_eq!(
            state(&world, second),
            "sent",
            "{moment:?} {}",
            late.escape_ascii()
        );
        assert_eq!(server.taken("second@example.org"), 1);
        assert_eq!(world.count("outbox_pause"), 0);
        the_wait_is_over(&world);
        go_on(&mut courier);
        assert_eq!(state(&world, first), "sent");
        assert_eq!(server.taken("first@example.org"), 1);
    }
}

#[test]
fn a_refusal_that_comes_while_the_next_mail_begins_is_asked_again_on_a_fresh_connection() {
    let server = Scripted::start();
    let world = shop(&server, &[("MAIL_CONNECTIONS", "1")]);
    to(&world, "FIRST", "first@example.org");
    let mut courier = carry(&world);
    to(&world, "SECOND", "second@example.org");
    server.once(
        Moment::Sender,
        Does::Says(b"550 5.7.1 the mail before this one\r\n".to_vec()),
    );
    go_on(&mut courier);
    assert_eq!(world.mail_states(), ["sent", "sent"]);
    assert_eq!(world.count("outbox_pause"), 0);
}

#[test]
fn one_connection_that_hangs_holds_up_none_that_stand() {
    let server = Scripted::start();
    let world = shop(&server, &[("MAIL_CONNECTIONS", "4")]);
    for number in 0..8 {
        to(
            &world,
            &format!("CUP-{number}"),
            &format!("a{number}@example.org"),
        );
    }
    server.once(Moment::Greeting, Does::Sleeps);
    server.once(Moment::Login, Does::Drips(Duration::from_secs(1)));
    let started = Instant::now();
    carry(&world);
    assert_eq!(world.count("outbox WHERE state = 'sent'"), 8);
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_refused_log_in_is_told_though_the_server_is_silent_then() {
    for (moment, said) in [
        (Moment::Login, b"535 5.7.8 wrong password\r\n".as_slice()),
        (Moment::Hello, b"554 5.7.1 go away\r\n"),
    ] {
        let server = Scripted::start();
        let world = shop(&server, &[("MAIL_CONNECTIONS", "1")]);
        world.queue_link(&world.order("CUP-1"));
        server.once(moment, Does::Says(said.to_vec()));
        server.once(Moment::Quit, Does::Sleeps);
        let started = Instant::now();
        carry(&world);
        assert!(started.elapsed() < Duration::from_secs(9), "{moment:?}");
        let reason = world.text("SELECT reason AS text FROM outbox_pause");
        let code = String::from_utf8_lossy(&said[..3]);
        assert!(reason.contains(&*code), "{reason}");
    }
}

// -- a worker that is asked to stop --

/// Seconds from SIGTERM to the end, when the server hangs so.
fn stopped(world: &World, in_hand: impl FnMut() -> bool) -> Duration {
    let worker = Process::work(world.settings());
    wait_until("it hangs", in_hand);
    // A moment later it waits for the answer.
    std::thread::sleep(Duration::from_millis(200));
    let (code, took) = worker.terminate();
    assert_eq!(code, Some(0));
    took
}

#[test]
fn a_stop_takes_seconds_where_nothing_waits_for_the_answer_to_a_dot() {
    for (moment, word) in [
        (Moment::Greeting, None),
        (Moment::Hello, Some("EHLO")),
        (Moment::Login, Some("AUTH")),
        (Moment::Sender, Some("MAIL")),
        (Moment::Recipient, Some("RCPT")),
        (Moment::Data, Some("DATA")),
        (Moment::Reset, Some("RSET")),
        (Moment::Quit, Some("DATA")),
    ] {
        let server = Scripted::start();
        let world = shop(&server, &[]);
        world.queue_link(&world.order("CUP-1"));
        if moment == Moment::Reset {
            let spam = Does::Says(b"554 5.7.1 spam\r\n".to_vec());
            server.to("parent@example.org", Moment::Dot, spam, 1);
        }
        server.once(moment, Does::Sleeps);
        let took = stopped(&world, || match word {
            Some(word) => server.words().iter().any(|said| said == word),
            None => server.left() == 0,
        });
        assert!(took < Duration::from_secs(9), "{moment:?}: {took:?}");
        let state = match moment {
            Moment::Reset => "bounced",
            Moment::Quit => "sent",
            _ => "queued",
        };
        assert_eq!(world.mail_states(), [state], "{moment:?}");
        // What was given back is no try of the mail.
        let tries = usize::from(matches!(moment, Moment::Reset | Moment::Quit));
        assert_eq!(
            world.count("outbox WHERE attempts = 1"),
            tries,
            "{moment:?}"
        );
    }
}

#[test]
fn a_stop_waits_for_the_answer_to_a_dot() {
    let server = Scripted::start();
    let world = shop(&server, &[]);
    world.queue_link(&world.order("CUP-1"));
    server.once(Moment::Dot, Does::Late(Duration::from_secs(7)));
    stopped(&world, || server.taken("parent@example.org") == 1);
    assert_eq!(world.mail_states(), ["sent"]);
}

#[test]
fn a_stop_takes_seconds_while_the_database_is_locked() {
    for table in ["pace", "stripe_events"] {
        let world = World::with_mailbox(&[]);
        world.queue_link(&world.order("CUP-1"));
        let mut connection = world.database.connect();
        let lock = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        diesel::connection::SimpleConnection::batch_execute(&mut connection, &lock).unwrap();
        let waiting =
            "pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        let took = stopped(&world, || world.count(waiting) > 0);
        assert!(took < Duration::from_secs(9), "{table}: {took:?}");
    }
}
