//! A worker that is stopped in the middle of a mail and goes on long after its lease.

use std::time::Duration;

use super::accident::{a_person_says_again, wait_until};
use crate::{
    mailbox::{Action, Rule, Stage},
    support::{World, process::Process},
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

#[test]
fn a_late_yes_turns_unknown_into_sent() {
    let world = World::with_mailbox(&[("MAIL_LEASE_SECONDS", "1")]);
    world.queue_link(&world.order("CUP-1"));
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Message,
        recipient: None,
        action: Action::Wait(Duration::from_millis(1_600)),
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
    wait_until("the server has answered", || {
        world.mail_states() == ["sent"]
    });
    assert_eq!(world.mailbox().mails().len(), 1);
    worker.kill();
}

#[test]
fn a_late_yes_changes_nothing_once_a_person_has_decided() {
    let world = World::with_mailbox(&[("MAIL_LEASE_SECONDS", "1")]);
    world.queue_link(&world.order("CUP-1"));
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Message,
        recipient: None,
        action: Action::Wait(Duration::from_millis(1_600)),
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
    world.execute("UPDATE outbox SET state = 'cancelled', claim_id = NULL");
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(world.mail_states(), ["cancelled"]);
    worker.kill();
}
