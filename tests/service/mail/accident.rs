//! Workers that die with mails in hand: never two, and nobody silent.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use freshmint::{activity::Doing, outbox::people};

use crate::{
    mailbox::{self, Action, Rule, Stage},
    support::{World, cluster::Database, cutter::Cutter, process::Process},
};

pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(
            started.elapsed() < Duration::from_secs(90),
            "waited in vain: {what}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A person looks at the one mail that nobody knows of, and says: again.
pub fn a_person_says_again(world: &World) {
    let doing = Doing {
        actor: "test".to_owned(),
        at: world.now(),
        note: None,
    };
    let id = world
        .text("SELECT id::text AS text FROM outbox WHERE state = 'unknown'")
        .parse()
        .expect("a mail");
    let asked = world
        .app
        .db
        .run_blocking(|connection| people::retry(connection, id, &doing));
    assert!(matches!(asked, Ok(people::Asked::Done(_))), "{asked:?}");
}

#[test]
fn a_worker_killed_at_any_step_of_a_hand_over_leaves_one_mail_at_most() {
    // Where the server falls silent, and the last word that it has heard by then; whether it keeps
    // the mail, and whether the mail was in hand at all.
    let steps = [
        (Stage::Connect, None, 0, false),
        (Stage::Hello, Some("EHLO"), 0, false),
        (Stage::Sender, Some("MAIL"), 0, true),
        (Stage::Recipient, Some("RCPT"), 0, true),
        (Stage::Data, Some("DATA"), 0, true),
        (Stage::Message, Some("DATA"), 1, true),
    ];
    for (stage, last_word, kept, in_hand) in steps {
        let world = World::with_mailbox(&[("MAIL_LEASE_SECONDS", "1")]);
        world.queue_link(&world.order("CUP-1"));
        world.mailbox().set_rules(vec![Rule {
            stage,
            recipient: None,
            action: Action::Hang,
            times: Some(1),
        }]);
        let worker = Process::work(world.settings());
        wait_until("the server is spoken to", || match last_word {
            Some(word) => world.mailbox().commands().iter().any(|verb| verb == word),
            None => world.mailbox().connections() > 0,
        });
        wait_until("the mail is kept", || world.mailbox().mails().len() == kept);
        worker.kill();
        let others: Vec<usize> = (0..14)
            .map(|_| {
                std::thread::sleep(Duration::from_millis(100));
                world.carry().len()
            })
            .collect();
        let sent_by_others: usize = others.iter().sum();
        if in_hand {
            assert_eq!(
                (world.mail_states(), sent_by_others),
                (vec!["unknown".to_owned()], 0),
                "{stage:?}"
            );
            assert_eq!(world.mailbox().mails().len(), kept);
            a_person_says_again(&world);
            assert_eq!(world.carry().len(), 1, "{stage:?}");
        } else {
            assert_eq!(sent_by_others, 1, "{stage:?}");
        }
        assert_eq!(world.mail_states(), ["sent"], "{stage:?}");
    }
}

#[test]
fn three_replicas_that_are_killed_again_and_again_send_no_mail_twice_and_lose_none() {
    const MAILS: usize = 300;
    let world = World::with_mailbox(&[("MAIL_LEASE_SECONDS", "1")]);
    for number in 0..MAILS {
        world.queue_link(&world.order(&format!("CUP-{number}")));
    }
    // Slow enough that every kill finds mails in hand.
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Message,
        recipient: None,
        action: Action::Wait(Duration::from_millis(15)),
        times: None,
    }]);
    let mut workers: Vec<Process> = (0..3).map(|_| Process::work(world.settings())).collect();
    let mut kills = 0;
    while world.count("outbox WHERE state IN ('queued', 'sending')") > 0 {
        assert!(kills < 400, "it takes too long");
        // Longer and longer: on a busy machine a process takes that long to begin.
        std::thread::sleep(Duration::from_millis(60 + 37 * (kills % 5) + kills));
        workers.remove(0).kill();
        kills += 1;
        workers.push(Process::work(world.settings()));
    }
    drop(workers);
    let mut copies: HashMap<String, usize> = HashMap::new();
    for mail in world.mailbox().mails() {
        *copies
            .entry(mail.header("Message-ID").expect("an id"))
            .or_default() += 1;
    }
    assert!(copies.values().all(|count| *count == 1), "somebody got two");
    let states = world.mail_states();
    assert_eq!(states.len(), MAILS);
    assert!(
        states
            .iter()
            .all(|state| state == "sent" || state == "unknown"),
        "{states:?}"
    );
    let arrived = |id: &str| {
        copies
            .keys()
            .any(|copy| id.contains(copy.as_str()) || copy.contains(id))
    };
    for id in world.texts("SELECT message_id AS text FROM outbox WHERE state = 'sent'") {
        assert!(
            arrived(id.trim_matches(['<', '>'])),
            "{id} is sent and never came"
        );
    }
    let unknown = world.count("outbox WHERE state = 'unknown'");
    assert_eq!(
        world.count("activity WHERE level = 'attention' AND what LIKE 'nobody can know%'"),
        unknown
    );
    assert!(
        kills > 3 && unknown > 0,
        "{kills} kills, {unknown} unknown: nothing was tested"
    );
    eprintln!("{kills} kills, {unknown} of {MAILS} unknown");
}

#[test]
fn a_worker_that_is_asked_to_stop_finishes_what_is_in_hand() {
    let world = World::with_mailbox(&[]);
    for number in 0..12 {
        world.queue_link(&world.order(&format!("CUP-{number}")));
    }
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Message,
        recipient: None,
        action: Action::Wait(Duration::from_millis(500)),
        times: None,
    }]);
    let worker = Process::work(world.settings());
    wait_until("some are in hand", || {
        world.count("outbox WHERE state = 'sending'") > 0
    });
    let (code, took) = worker.terminate();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(
        world.count("outbox WHERE state IN ('sending', 'unknown')"),
        0
    );
    assert_eq!(
        world.mailbox().mails().len(),
        world.count("outbox WHERE state = 'sent'")
    );
}

#[test]
fn what_became_of_a_mail_is_written_down_when_the_database_comes_back() {
    let database = Database::on_a_server_of_its_own();
    let changed = [("MAIL_LEASE_SECONDS", "30")];
    let world = World::with_mailbox_on(database, mailbox::Settings::default(), &changed);
    world.queue_link(&world.order("CUP-1"));
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Message,
        recipient: None,
        action: Action::Wait(Duration::from_millis(700)),
        times: None,
    }]);
    let worker = Process::work(world.settings());
    wait_until("the server has it", || {
        world.count("outbox WHERE state = 'sending'") == 1
    });
    world.database.stop();
    wait_until("it has arrived", || world.mailbox().mails().len() == 1);
    std::thread::sleep(Duration::from_millis(500));
    world.database.start_again();
    wait_until("it is written down", || world.mail_states() == ["sent"]);
    worker.kill();
}

#[test]
fn a_claim_whose_answer_was_lost_is_given_back_and_its_mails_are_sent() {
    let database = Database::new();
    let cutter = Cutter::after_the_commit_of(&database, "SET state = 'sending'");
    let changed = [
        ("DATABASE_URL", cutter.url()),
        ("MAIL_LEASE_SECONDS", "600".to_owned()),
    ];
    let changed: Vec<_> = changed
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let world = World::with_mailbox_on(database, mailbox::Settings::default(), &changed);
    for number in 0..3 {
        world.queue_link(&world.order(&format!("CUP-{number}")));
    }
    assert_eq!(world.carry().len(), 3);
    assert!(cutter.cuts() > 0);
    assert_eq!(
        world.count("outbox WHERE state = 'sent' AND attempts = 1"),
        3
    );
}

#[test]
fn an_outcome_whose_answer_was_lost_is_written_down_once() {
    let database = Database::new();
    let cutter = Cutter::after_the_commit_of(&database, "claim_id = told.claim");
    let world = World::with_mailbox_on(
        database,
        mailbox::Settings::default(),
        &[("DATABASE_URL", &cutter.url())],
    );
    world.queue_link(&world.order("CUP-1"));
    assert_eq!(world.carry().len(), 1);
    assert!(cutter.cuts() > 0);
    assert_eq!(
        world.count("outbox WHERE state = 'sent' AND attempts = 1"),
        1
    );
    assert_eq!(world.count("activity WHERE what LIKE 'mail sent%'"), 1);
}
