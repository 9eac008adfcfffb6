//! Pauses by what a server says, and how they end.

use super::{cause, families, recipients, refuse, states, to};
use crate::{
    mail::refused::the_wait_is_over,
    mailbox::{Action, Rule, Stage},
    support::World,
};

#[test]
fn one_mail_tries_and_what_was_in_hand_before_does_not_end_the_pause() {
    let world = World::with_mailbox(&[]);
    families(&world, 4);
    // One of four in hand is refused as ours; the others are taken later.
    let rule = |stage, recipient: &str, action| Rule {
        stage,
        recipient: Some(recipient.to_owned()),
        action,
        times: None,
    };
    world.mailbox().set_rules(vec![
        rule(
            Stage::Recipient,
            "parent1@",
            Action::Reply(530, "5.7.0 log in first".to_owned()),
        ),
        rule(
            Stage::Message,
            "parent",
            Action::Wait(std::time::Duration::from_millis(300)),
        ),
    ]);
    assert_eq!(world.carry().len(), 3);
    assert_eq!(
        (states(&world), cause(&world)),
        (
            vec!["queued 1".to_owned(), "sent 3".to_owned()],
            "log_in".to_owned()
        )
    );
}

#[test]
fn a_shop_whose_people_are_all_its_own_is_not_paused_for_ever() {
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "1")]);
    for n in 1..=3 {
        to(
            &world,
            &format!("CUP-{n}"),
            &format!("parent{n}@rovers.example.org"),
        );
    }
    refuse(&world, Stage::Sender, 550, "5.7.1 not from you");
    world.carry();
    assert_eq!(cause(&world), "sender");
    assert_eq!(world.count("activity_open"), 1);
    world.mailbox().set_rules(Vec::new());
    the_wait_is_over(&world);
    assert_eq!(world.carry().len(), 3);
    assert_eq!(world.count("outbox_pause"), 0);
    assert_eq!(
        world.count("activity WHERE what = 'mail goes out again'"),
        1
    );
    assert_eq!(world.count("activity_open"), 0, "it closes with its cause");
}

#[test]
fn while_others_wait_a_mail_to_ourselves_proves_nothing() {
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "1")]);
    let family = families(&world, 1);
    to(&world, "CUP-9", "coach@rovers.example.org");
    refuse(&world, Stage::Sender, 550, "5.7.1 not from you");
    world.carry();
    world.mailbox().set_rules(Vec::new());
    // The family's mail is not due for a while.
    the_wait_is_over(&world);
    world.execute(&format!(
        "UPDATE outbox SET not_before = now() + interval '1 hour' WHERE id = '{}'",
        family[0]
    ));
    world.carry();
    assert_eq!(recipients(&world), ["coach@rovers.example.org"]);
    assert_eq!(cause(&world), "sender");
}

#[test]
fn a_server_that_is_away_meanwhile_makes_a_pause_longer_and_no_other() {
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "1")]);
    families(&world, 3);
    refuse(&world, Stage::Recipient, 554, "5.0.1 no");
    world.carry();
    the_wait_is_over(&world);
    refuse(&world, Stage::Connect, 554, "5.7.1 go away");
    assert_eq!(world.carry(), []);
    assert_eq!(cause(&world), "streak");
    assert_eq!(
        world.count("activity WHERE what = 'no mail can be sent, all of it waits'"),
        1
    );
}
