//! The shop is told of what needs a person.

use chrono::Duration;
use freshmint::alert;

use crate::{
    mailbox::{Action, Rule, Stage},
    support::{World, browser::runtime},
};

fn tell(world: &World) -> bool {
    runtime()
        .block_on(alert::work_off(&world.app))
        .expect("the database answers")
}

fn shop() -> World {
    World::with_mailbox(&[("ALERT_EMAIL", "treasurer@rovers.example.org")])
}

/// A mail of which nobody knows.
fn lose_a_mail(world: &World, reference: &str) {
    world.queue_link(&world.order(reference));
    let lost = Rule {
        stage: Stage::Message,
        recipient: Some("parent@".to_owned()),
        action: Action::Drop,
        times: Some(1),
    };
    world.mailbox().set_rules(vec![lost]);
    world.carry();
}

#[test]
fn what_needs_somebody_is_mailed_at_once_and_what_follows_is_gathered() {
    let world = shop();
    assert!(!tell(&world), "nothing has happened");
    lose_a_mail(&world, "CUP-1");
    world.pass(Duration::seconds(6));
    assert!(tell(&world));
    let mails = world.carry();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["treasurer@rovers.example.org"]);
    let text = mails[0].text();
    assert!(
        text.contains("nobody can know whether a mail was sent") && text.contains("order CUP-1"),
        "{text}"
    );
    assert!(!text.contains("parent@"), "{text}");

    for reference in ["CUP-2", "CUP-3"] {
        lose_a_mail(&world, reference);
    }
    world.pass(Duration::minutes(5));
    assert!(!tell(&world), "ten minutes are not over");
    world.pass(Duration::minutes(6));
    assert!(tell(&world));
    let mails = world.carry();
    assert_eq!(mails.len(), 1);
    assert_eq!(
        mails[0].subject(),
        "Rovers Youth FC: 2 things need somebody"
    );
    world.pass(Duration::hours(1));
    assert!(!tell(&world), "each is told once");
}

#[test]
fn what_is_open_when_somebody_switches_it_on_is_one_mail() {
    let world = shop();
    for reference in ["CUP-1", "CUP-2", "CUP-3"] {
        lose_a_mail(&world, reference);
    }
    world.pass(Duration::days(2));
    assert!(tell(&world));
    let mails = world.carry();
    assert_eq!(mails.len(), 1);
    let text = mails[0].text();
    assert_eq!(text.matches("nobody can know").count(), 3, "{text}");
}

#[test]
fn nobody_is_told_where_nobody_is_named() {
    let world = World::with_mailbox(&[]);
    lose_a_mail(&world, "CUP-1");
    world.pass(Duration::minutes(1));
    assert!(!tell(&world));
}

#[test]
fn what_becomes_of_an_alert_is_no_reason_for_another() {
    let world = shop();
    lose_a_mail(&world, "CUP-1");
    world.pass(Duration::seconds(6));
    assert!(tell(&world));
    let gone = Rule {
        stage: Stage::Recipient,
        recipient: None,
        action: Action::Reply(550, "5.1.1 gone".to_owned()),
        times: None,
    };
    world.mailbox().set_rules(vec![gone]);
    assert_eq!(world.carry(), []);
    assert_eq!(
        world.count("outbox WHERE kind = 'alert' AND state = 'bounced'"),
        1
    );
    world.pass(Duration::hours(1));
    assert!(!tell(&world));
}
