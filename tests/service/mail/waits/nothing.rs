//! Nothing gets through, whatever the codes are.

use freshmint::{outbox, token::Role};
use reqwest::Method;
use serde_json::json;

use super::{families, next_step, refuse, to};
use crate::{
    mail::refused::the_wait_is_over,
    mailbox::Stage,
    support::{World, browser::runtime},
};

/// What real servers said for two days without a word to anybody.
const LATER: [(Stage, u16, &str); 2] = [
    (
        Stage::Message,
        451,
        "4.7.1 Service unavailable - try again later",
    ),
    (
        Stage::Recipient,
        450,
        "4.9.9 <parent1@family1.example>: not today",
    ),
];

/// The same, in words that say plainly whose fault it is.
const LATER_AND_OURS: [(u16, &str, &str); 3] = [
    (
        454,
        "4.7.1 <parent1@family1.example>: Relay access denied",
        "relaying",
    ),
    (
        450,
        "4.1.8 <treasurer@rovers.example.org>: Sender address rejected: Domain not found",
        "sender",
    ),
    (
        450,
        "4.7.1 <rovers.example.org>: Helo command rejected: Host not found",
        "set_up",
    ),
];

#[test]
fn what_is_plainly_ours_is_told_at_once_and_tried_one_by_one_until_it_is_gone() {
    for (code, text, cause) in LATER_AND_OURS {
        let world = World::with_mailbox(&[("MAIL_RETRY_SECONDS", "30")]);
        families(&world, 12);
        refuse(&world, Stage::Recipient, code, text);
        for _ in 0..3 {
            world.carry();
            the_wait_is_over(&world);
        }
        assert_eq!(super::cause(&world), cause, "{text}");
        assert_eq!(super::states(&world), ["queued 12"], "{text}");
        assert!(world.count("outbox WHERE attempts > 0") < 12, "{text}");
        assert_eq!(
            world.count("activity WHERE level = 'attention'"),
            1,
            "{text}"
        );
        let sentence = waiting(&world).expect("it is told").sentence;
        assert!(!sentence.contains('@'), "{sentence}");
        world.mailbox().set_rules(Vec::new());
        assert_eq!(world.carry().len(), 12, "{text}");
        assert_eq!(waiting(&world), None);
    }
}

fn waiting(world: &World) -> Option<outbox::Waiting> {
    let (db, mailer, now) = (&world.app.db, &world.app.mailer, world.now());
    let waiting = db.run_blocking(|connection| outbox::waiting(connection, Some(mailer), now));
    waiting.expect("the database answers")
}

fn pass(world: &World, time: &str) {
    world.execute(&format!(
        "UPDATE mail_flow SET failing_since = failing_since - interval '{time}'"
    ));
}

#[test]
fn three_mails_to_two_domains_in_ten_minutes_are_told_with_the_commonest_error() {
    for (stage, code, text) in LATER {
        let world = World::with_mailbox(&[]);
        families(&world, 3);
        refuse(&world, stage, code, text);
        world.carry();
        assert_eq!(waiting(&world), None, "{text}: not at once");
        pass(&world, "11 minutes");
        let waiting = waiting(&world).expect("it is told");
        assert_eq!(waiting.cause, outbox::Why::NothingGetsThrough);
        assert!(
            waiting.sentence.contains(&format!("{code} 4.")),
            "{}",
            waiting.sentence
        );
        assert!(!waiting.sentence.contains('@'), "{}", waiting.sentence);
        assert_eq!(next_step(&world, "FAM-1"), waiting.sentence);
        world.mailbox().set_rules(Vec::new());
        the_wait_is_over(&world);
        assert_eq!(world.carry().len(), 3);
        assert_eq!(super::states(&world), ["sent 3"]);
    }
}

#[test]
fn one_domain_alone_may_be_its_servers_own_trouble_for_an_hour() {
    let world = World::with_mailbox(&[]);
    for n in 1..=3 {
        to(
            &world,
            &format!("CUP-{n}"),
            &format!("parent{n}@busy.example"),
        );
    }
    refuse(&world, Stage::Recipient, 451, "4.3.0 later");
    world.carry();
    pass(&world, "59 minutes");
    assert_eq!(waiting(&world), None);
    pass(&world, "2 minutes");
    assert!(waiting(&world).is_some());
    // A mail to ourselves is no proof; one to a family is.
    world.mailbox().set_rules(Vec::new());
    to(&world, "CUP-8", "coach@rovers.example.org");
    world.carry();
    assert!(waiting(&world).is_some());
    families(&world, 1);
    world.carry();
    assert_eq!(waiting(&world), None);
}

#[test]
fn what_failed_long_ago_says_nothing_of_today() {
    let world = World::with_mailbox(&[]);
    families(&world, 1);
    refuse(&world, Stage::Recipient, 451, "4.3.0 later");
    world.carry();
    world.execute("UPDATE mail_flow SET failing_since = now() - interval '9 days', failing_at = now() - interval '9 days'");
    assert_eq!(waiting(&world), None);
    the_wait_is_over(&world);
    world.carry();
    assert_eq!(waiting(&world), None, "it begins anew");
}

#[test]
fn a_mailing_says_the_same_sentence_as_its_orders() {
    let world = World::with_mailbox(&[("SMTP_URL", "smtp://127.0.0.1:9")]);
    world.order("CUP-1");
    let id = started(&world);
    world.carry();
    let sentence = waiting(&world).expect("the server is away").sentence;
    assert!(
        sentence.contains("the mail server cannot be reached"),
        "{sentence}"
    );
    let shown = world
        .api(Role::Viewer, Method::GET, &format!("/blasts/{id}"), None)
        .json();
    assert_eq!(shown["waiting"]["sentence"], json!(sentence));
    assert_eq!(shown["waiting"]["cause"], "connection");
    assert_eq!(next_step(&world, "CUP-1"), sentence);
    let (code, out, said) = world.command(&["blast", "status", &id]);
    assert_eq!(code, 0, "{said}");
    assert!(out.contains(&format!("waiting    {sentence}")), "{out}");
}

fn started(world: &World) -> String {
    let post = |path: &str, body| {
        let answer = world.api(Role::Admin, Method::POST, path, Some(body));
        assert!(answer.status < 300, "{answer:?}");
        answer.json()
    };
    let blast = post(
        "/blasts",
        json!({ "name": "Cup", "subject": "Fee", "body": "{{ pay_url }} {{ unsubscribe_url }}", "filter": {} }),
    );
    let id = blast["id"].as_str().expect("an id").to_owned();
    let seen = post(&format!("/blasts/{id}/preview"), json!({}));
    post(
        &format!("/blasts/{id}/approve"),
        json!({ "content_hash": seen["content_hash"] }),
    );
    // A pre-flight would not let it go: the server goes away after it.
    let doing = freshmint::activity::Doing {
        actor: "a test".to_owned(),
        at: world.now(),
        note: None,
    };
    let start = freshmint::blast::start(&world.app, id.parse().expect("an id"), &doing);
    runtime().block_on(start).expect("the database answers");
    id
}

#[test]
fn how_long_the_oldest_mail_has_been_due_is_a_figure() {
    let world = World::with_mailbox(&[]);
    families(&world, 2);
    let seconds = |world: &World| {
        let (db, now) = (&world.app.db, world.now());
        let oldest = db.run_blocking(|connection| outbox::oldest_due(connection, now));
        oldest.expect("the database answers")
    };
    world.pass(chrono::Duration::seconds(100));
    refuse(&world, Stage::Recipient, 451, "4.3.0 later");
    world.carry();
    assert!(
        (100.0..130.0).contains(&seconds(&world)),
        "{}",
        seconds(&world)
    );
    world.mailbox().set_rules(Vec::new());
    the_wait_is_over(&world);
    world.carry();
    assert_eq!(seconds(&world), 0.0);
    assert!(
        world
            .get("/metrics")
            .body
            .contains("freshmint_outbox_oldest_due_seconds 0")
    );
}
