//! A mail server that says no, in all its ways.

use std::time::Duration;

use super::accident::wait_until;
use crate::{
    mailbox::{self, Action, Rule, Stage},
    support::{Process, World, cluster::Database},
};

fn no(stage: Stage, code: u16, text: &str) -> Rule {
    Rule {
        stage,
        recipient: None,
        action: Action::Reply(code, text.to_owned()),
        times: None,
    }
}

pub fn now(rule: Action, stage: Stage) -> Rule {
    Rule {
        stage,
        recipient: None,
        action: rule,
        times: Some(1),
    }
}

/// As if the wait before the next try were over.
pub fn the_wait_is_over(world: &World) {
    world.execute("UPDATE outbox SET not_before = clock_timestamp()");
    world.execute("UPDATE outbox_pause SET until = clock_timestamp()");
}

/// As if an hour had passed since the last refusal, and no streak had come of it.
pub fn an_hour_shows_it(world: &World) {
    world.execute("UPDATE outbox SET refused_at = refused_at - interval '61 minutes'");
    world.carry();
}

pub fn rows(world: &World) -> Vec<String> {
    world.texts("SELECT state || ' ' || attempts || coalesce(' ' || last_error, '') AS text FROM outbox ORDER BY id")
}

#[test]
fn a_temporary_refusal_is_tried_again_later_and_longer_each_time() {
    let world = World::with_mailbox(&[("MAIL_RETRY_SECONDS", "30")]);
    world.queue_link(&world.order("CUP-1"));
    world
        .mailbox()
        .set_rules(vec![no(Stage::Recipient, 450, "4.2.0 busy")]);
    let mut waits = Vec::new();
    for _ in 0..4 {
        assert_eq!(world.carry(), []);
        assert_eq!(world.carry(), [], "not before its time");
        let wait: f64 = world.text("SELECT extract(epoch FROM not_before - clock_timestamp())::text AS text FROM outbox").parse().unwrap();
        waits.push((wait / 30.0).round());
        the_wait_is_over(&world);
    }
    assert_eq!(waits, [1.0, 2.0, 4.0, 8.0]);
    assert_eq!(rows(&world), ["queued 4 450 4.2.0 busy"]);
    world.mailbox().set_rules(Vec::new());
    assert_eq!(world.carry().len(), 1);
    assert_eq!(world.mail_states(), ["sent"]);
}

#[test]
fn every_stage_may_refuse_for_a_while() {
    for (stage, code) in [
        (Stage::Sender, 451),
        (Stage::Recipient, 450),
        (Stage::Data, 451),
        (Stage::Message, 452),
    ] {
        let world = World::with_mailbox(&[]);
        world.queue_link(&world.order("CUP-1"));
        world.mailbox().set_rules(vec![now(
            Action::Reply(code, "4.0.0 later".to_owned()),
            stage,
        )]);
        assert_eq!(world.carry(), [], "{code}");
        assert_eq!(world.mail_states(), ["queued"], "{code}");
        the_wait_is_over(&world);
        assert_eq!(world.carry().len(), 1, "{code}");
    }
}

#[test]
fn a_mail_that_nobody_takes_for_two_days_is_given_up() {
    let world = World::with_mailbox(&[]);
    world.queue_link(&world.order("CUP-1"));
    world
        .mailbox()
        .set_rules(vec![no(Stage::Recipient, 450, "4.2.0 busy")]);
    // However long it has waited before: they count from its first try.
    world.execute("UPDATE outbox SET queued_at = clock_timestamp() - interval '49 hours'");
    world.carry();
    assert_eq!(rows(&world), ["queued 1 450 4.2.0 busy"]);
    world.execute("UPDATE outbox SET queued_at = clock_timestamp() - interval '49 hours'");
    the_wait_is_over(&world);
    world.carry();
    assert_eq!(rows(&world), ["failed 2 450 4.2.0 busy"]);
    assert_eq!(
        world.count("activity WHERE level = 'attention' AND category = 'mail'"),
        1
    );
}

#[test]
fn a_refused_recipient_is_a_bounce_and_the_others_get_their_mail() {
    let world = World::with_mailbox(&[]);
    let order = |reference: &str, email: &str| {
        world.order_with(reference, serde_json::json!({ "email": email }))
    };
    world.queue_link(&order("CUP-1", "gone@example.org"));
    world.queue_link(&order("CUP-2", "full@example.org"));
    world.queue_link(&order("CUP-3", "fine@example.org"));
    let only = |recipient: &str, stage, code, text: &str| Rule {
        recipient: Some(recipient.to_owned()),
        ..no(stage, code, text)
    };
    world.mailbox().set_rules(vec![
        only("gone@", Stage::Recipient, 550, "5.1.1 no such user"),
        only("full@", Stage::Message, 552, "5.2.2 mailbox full"),
    ]);
    assert_eq!(world.carry().len(), 1);
    assert_eq!(
        rows(&world),
        [
            "bounced 1 550 5.1.1 no such user",
            "bounced 1 552 5.2.2 mailbox full",
            "sent 1"
        ]
    );
    // Only who does not exist is never written to again. The three are in hand together: the refusal may
    // be written after the accepted one, and an hour shows that it was no fault of ours.
    an_hour_shows_it(&world);
    assert_eq!(
        world.texts("SELECT address AS text FROM suppressions"),
        ["gone@example.org"]
    );
    world
        .queue_link(&world.order_with("CUP-4", serde_json::json!({ "email": "Gone@example.org" })));
    assert_eq!(
        world.mail_states().last().map(String::as_str),
        Some("suppressed")
    );
}

#[test]
fn a_refusal_that_is_ours_keeps_everything_queued_and_is_one_alert() {
    for rule in [
        no(Stage::Sender, 550, "5.7.1 you may not send from here"),
        no(Stage::Sender, 535, "5.7.8 no"),
        no(Stage::Recipient, 530, "5.7.0 log in first"),
        no(Stage::Connect, 554, "5.7.1 go away"),
    ] {
        let world = World::with_mailbox(&[]);
        for number in 0..30 {
            world.queue_link(&world.order(&format!("CUP-{number}")));
        }
        world.mailbox().set_rules(vec![rule.clone()]);
        for _ in 0..3 {
            world.carry();
            the_wait_is_over(&world);
        }
        assert_eq!(
            world.count("outbox WHERE state = 'queued' AND attempts = 0"),
            30,
            "{rule:?}"
        );
        assert_eq!(
            world.count("activity WHERE level = 'attention'"),
            1,
            "{rule:?}"
        );
        assert_eq!(
            world.texts("SELECT tries::text AS text FROM outbox_pause"),
            ["3"],
            "{rule:?}"
        );
        world.mailbox().set_rules(Vec::new());
        the_wait_is_over(&world);
        assert_eq!(world.carry().len(), 30, "{rule:?}");
        assert_eq!(world.count("outbox_pause"), 0);
    }
}

#[test]
fn a_refused_log_in_pauses_and_the_right_one_goes_on() {
    let mailbox = mailbox::Settings {
        login: Some(("club".to_owned(), "p/w: @1".to_owned())),
        ..mailbox::Settings::default()
    };
    let world = World::with_mailbox_on(Database::new(), mailbox, &[]);
    world.queue_link(&world.order("CUP-1"));
    world
        .mailbox()
        .set_rules(vec![no(Stage::Login, 535, "5.7.8 wrong password")]);
    assert_eq!(world.carry(), []);
    let reason = world.text("SELECT reason AS text FROM outbox_pause");
    assert!(
        reason.contains("refused our log-in") && reason.contains("535"),
        "{reason}"
    );
    assert!(!reason.contains("p/w"), "{reason}");
    world.mailbox().set_rules(Vec::new());
    the_wait_is_over(&world);
    assert_eq!(world.carry().len(), 1);
}

#[test]
fn a_server_that_is_away_pauses_and_touches_no_mail() {
    let world = World::with_mailbox(&[("SMTP_URL", "smtp://127.0.0.1:9")]);
    world.queue_link(&world.order("CUP-1"));
    assert_eq!(world.carry(), []);
    assert_eq!(rows(&world), ["queued 0"]);
    assert_eq!(world.count("outbox_pause"), 1);
}

#[test]
fn a_connection_that_ends_before_the_message_is_tried_again() {
    for stage in [
        Stage::Sender,
        Stage::Recipient,
        Stage::Data,
        Stage::Connect,
        Stage::Hello,
    ] {
        let world = World::with_mailbox(&[]);
        world.queue_link(&world.order("CUP-1"));
        world.mailbox().set_rules(vec![now(Action::Drop, stage)]);
        assert_eq!(world.carry(), []);
        assert_eq!(world.mail_states(), ["queued"]);
        the_wait_is_over(&world);
        assert_eq!(world.carry().len(), 1);
    }
}

#[test]
fn a_connection_that_ends_after_the_message_leaves_it_unknown_for_ever() {
    for action in [Action::Drop, Action::DropUnkept] {
        let world = World::with_mailbox(&[]);
        world.queue_link(&world.order("CUP-1"));
        world
            .mailbox()
            .set_rules(vec![now(action.clone(), Stage::Message)]);
        world.carry();
        assert_eq!(world.mail_states(), ["unknown"], "{action:?}");
        the_wait_is_over(&world);
        assert_eq!(world.carry(), []);
        assert_eq!(world.count("activity WHERE level = 'attention'"), 1);
    }
}

#[test]
fn a_slow_server_is_waited_for() {
    let world = World::with_mailbox(&[]);
    for number in 0..4 {
        world.queue_link(&world.order(&format!("CUP-{number}")));
    }
    let slow = |stage| Rule {
        stage,
        recipient: None,
        action: Action::Wait(Duration::from_millis(400)),
        times: None,
    };
    world.mailbox().set_rules(vec![
        slow(Stage::Connect),
        slow(Stage::Sender),
        slow(Stage::Message),
    ]);
    assert_eq!(world.carry().len(), 4);
}

#[test]
fn a_server_that_never_answers_does_not_hold_a_mail_for_ever() {
    let world = World::with_mailbox(&[("MAIL_LEASE_SECONDS", "1")]);
    world.queue_link(&world.order("CUP-1"));
    world
        .mailbox()
        .set_rules(vec![now(Action::Hang, Stage::Recipient)]);
    assert_eq!(world.carry(), []);
    assert_eq!(
        rows(&world),
        ["queued 1 the mail server did not answer in time"]
    );
    the_wait_is_over(&world);
    world
        .mailbox()
        .set_rules(vec![now(Action::Hang, Stage::Message)]);
    world.carry();
    assert_eq!(world.mail_states(), ["unknown"]);
}

#[test]
fn a_slow_one_does_not_hold_up_the_others() {
    let world = World::with_mailbox(&[]);
    for number in 0..40 {
        let email = if number == 0 {
            "slow@example.org"
        } else {
            "parent@example.org"
        };
        world.queue_link(&world.order_with(
            &format!("CUP-{number}"),
            serde_json::json!({ "email": email }),
        ));
    }
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Message,
        recipient: Some("slow@".to_owned()),
        action: Action::Wait(Duration::from_secs(5)),
        times: None,
    }]);
    world.carry();
    let mails = world.mailbox().mails();
    assert_eq!(mails.last().expect("mails").to, ["slow@example.org"]);
    assert_eq!(mails.len(), 40);
}

#[test]
fn a_kept_connection_that_the_server_closed_costs_nothing_but_another() {
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "1")]);
    for number in 0..3 {
        world.queue_link(&world.order(&format!("CUP-{number}")));
    }
    // The second mail on a connection is refused: too many.
    let rule = Rule {
        stage: Stage::Message,
        recipient: None,
        action: Action::Reply(250, "ok".into()),
        times: Some(1),
    };
    world.mailbox().set_rules(vec![rule]);
    world.mailbox().set_rules(vec![
        Rule {
            stage: Stage::Sender,
            recipient: None,
            action: Action::Reply(250, "2.1.0 ok".into()),
            times: Some(1),
        },
        now(
            Action::Reply(421, "4.3.2 too many mails on one connection".into()),
            Stage::Sender,
        ),
    ]);
    assert_eq!(world.carry().len(), 3);
    assert_eq!(world.count("outbox WHERE attempts = 1"), 3);
    assert_eq!(world.mailbox().connections(), 2);
}

#[test]
fn a_mail_in_hand_of_a_cancelled_mailing_is_not_tried_again() {
    let world = World::with_mailbox(&[]);
    world.queue_link(&world.order("CUP-1"));
    world.execute(
        "INSERT INTO blasts (id, name, subject, body, selection, state, author, created_at, started_at) \
         VALUES (gen_random_uuid(), 'Cup', 's', 'b', '{\"filter\":{}}', 'sending', 'test', now(), now())",
    );
    world.execute("UPDATE outbox SET kind = 'blast', blast_id = (SELECT id FROM blasts)");
    world.mailbox().set_rules(vec![
        Rule {
            stage: Stage::Recipient,
            recipient: None,
            action: Action::Wait(Duration::from_millis(300)),
            times: None,
        },
        no(Stage::Recipient, 450, "4.2.0 busy"),
    ]);
    std::thread::scope(|scope| {
        let carrying = scope.spawn(|| world.carry());
        wait_until("it is in hand", || world.mail_states() == ["sending"]);
        world.execute("UPDATE blasts SET state = 'cancelled'");
        assert_eq!(carrying.join().expect("a courier"), []);
    });
    assert_eq!(world.mail_states(), ["cancelled"]);
}

#[test]
fn a_mail_that_hangs_does_not_hold_up_one_that_comes_later() {
    let world = World::with_mailbox(&[]);
    let to = |reference: &str, email: &str| {
        world.order_with(reference, serde_json::json!({ "email": email }))
    };
    world.queue_link(&to("CUP-1", "slow@example.org"));
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Message,
        recipient: Some("slow@".to_owned()),
        action: Action::Hang,
        times: None,
    }]);
    let worker = Process::work(world.settings());
    wait_until("the slow one is in hand", || {
        world.mailbox().mails().len() == 1
    });
    world.queue_link(&to("CUP-2", "fine@example.org"));
    wait_until("the other has arrived", || {
        world.mailbox().mails().len() == 2
    });
    wait_until("that is written down", || {
        world.mail_states() == ["sending", "sent"]
    });
    worker.kill();
}
