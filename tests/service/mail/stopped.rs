//! A worker that is stopped in the middle of a mail and goes on long after its lease.

use std::time::Duration;

use freshmint::mail::smtp::{Connection, HandOver, Lease};

use super::accident::{a_person_says_again, wait_until};
use crate::{
    mailbox::{Action, Rule, Stage},
    support::{World, browser::runtime, process::Process},
};

/// Stops a worker while the server takes its time at `stage`; when it goes on, a person has had the
/// mail sent by another.
fn stopped_at(stage: Stage, word: &str) -> World {
    let world = World::with_mailbox(&[("MAIL_LEASE_SECONDS", "2")]);
    world.queue_link(&world.order("CUP-1"));
    world.mailbox().set_rules(vec![Rule {
        stage,
        recipient: None,
        action: Action::Wait(Duration::from_millis(600)),
        times: Some(1),
    }]);
    let worker = Process::work(world.settings());
    wait_until("the server is spoken to", || {
        world.mailbox().commands().iter().any(|verb| verb == word)
    });
    worker.signal("STOP");
    wait_until("its lease is over", || {
        world.carry();
        world.mail_states() == ["unknown"]
    });
    a_person_says_again(&world);
    world.carry();
    assert_eq!(world.mail_states(), ["sent"]);
    worker.signal("CONT");
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(world.mail_states(), ["sent"]);
    worker.kill();
    world
}

#[test]
fn before_the_message_it_sends_nothing_more() {
    for (stage, word) in [
        (Stage::Sender, "MAIL"),
        (Stage::Recipient, "RCPT"),
        (Stage::Data, "DATA"),
    ] {
        let world = stopped_at(stage, word);
        assert_eq!(world.mailbox().mails().len(), 1, "{stage:?}");
    }
}

/// A worker whose mail is `unknown`, and will be taken by the server after all.
fn answered_after_the_lease() -> (World, Process) {
    let world = World::with_mailbox(&[("MAIL_LEASE_SECONDS", "2")]);
    world.queue_link(&world.order("CUP-1"));
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Message,
        recipient: None,
        action: Action::Wait(Duration::from_millis(3_500)),
        times: Some(1),
    }]);
    let worker = Process::work(world.settings());
    wait_until("the worker has it", || {
        world.count("outbox WHERE state = 'sending'") == 1
    });
    wait_until("its lease is over", || {
        world.carry();
        world.mail_states() == ["unknown"]
    });
    (world, worker)
}

#[test]
fn a_late_yes_turns_unknown_into_sent() {
    let (world, worker) = answered_after_the_lease();
    assert_eq!(world.count("activity_open"), 1, "nobody knows");
    wait_until("the server has answered", || {
        world.mail_states() == ["sent"]
    });
    assert_eq!(world.count("activity_open"), 0, "it is known now");
    assert_eq!(world.count("activity WHERE what = 'mail sent: link'"), 1);
    assert_eq!(world.mailbox().mails().len(), 1);
    worker.kill();
}

#[test]
fn a_late_yes_changes_nothing_once_a_person_has_decided() {
    let (world, worker) = answered_after_the_lease();
    // A person said: again, and another worker has it in hand.
    let another = "UPDATE outbox SET state = 'sending', claim_id = gen_random_uuid(), \
        claimed_until = clock_timestamp() + interval '1 hour'";
    world.execute(another);
    wait_until("the first one has heard its yes", || {
        world.mailbox().mails().len() == 1
    });
    let (code, _) = worker.terminate();
    assert_eq!(code, Some(0));
    assert_eq!(world.mail_states(), ["sending"]);
}

#[test]
fn once_the_lease_is_over_not_a_byte_is_written() {
    let world = World::with_mailbox(&[]);
    let (server, from) = world.app.mailer.server.clone().expect("a mail server");
    let to = "parent@example.org".parse().expect("an address");
    let handed = runtime().block_on(async {
        let mut connection = Connection::open(&server, "example.org")
            .await
            .expect("a connection");
        let over = Lease::starting_now(Duration::ZERO);
        connection
            .hand_over(&from.email, &to, b"Subject: x\r\n\r\nx\r\n", over)
            .await
    });
    assert!(matches!(handed, HandOver::BrokenOff(_)), "{handed:?}");
    assert_eq!(world.mailbox().commands(), ["EHLO"]);
}
