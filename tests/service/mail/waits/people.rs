//! What people do while mail waits.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::{
    act, cause, families, one_by_one, recipients, refuse, refuse_only, resume, retry, states, to,
};
use crate::{mailbox::Stage, support::World};

/// Mail has paused, since twelve families were refused.
fn paused() -> (World, Vec<String>) {
    let world = one_by_one();
    let mails = families(&world, 12);
    refuse(&world, Stage::Recipient, 554, "5.0.1 no");
    world.carry();
    assert_eq!(cause(&world), "streak");
    // Nobody tries by the way.
    world.execute("UPDATE outbox_pause SET until = clock_timestamp() + interval '1 hour'");
    (world, mails)
}

#[test]
fn let_go_on_by_a_person_the_same_refusal_bounces_until_a_mail_is_accepted() {
    for by_command in [false, true] {
        let (world, _) = paused();
        if by_command {
            let (code, out, said) = world.command(&["mail", "resume"]);
            assert_eq!(code, 0, "{said}");
            assert!(out.contains("Mail goes on"), "{out}");
        } else {
            assert_eq!(resume(&world), json!({ "resumed": true, "waiting": null }));
        }
        world.carry();
        assert_eq!(states(&world), ["bounced 12"]);
        assert_eq!(world.count("suppressions"), 0);
        // One is accepted; then it is about us again.
        world.mailbox().set_rules(Vec::new());
        to(&world, "CUP-20", "parent20@family20.example");
        assert_eq!(world.carry().len(), 1);
        refuse(&world, Stage::Recipient, 554, "5.0.1 no");
        for n in 21..=23 {
            to(
                &world,
                &format!("CUP-{n}"),
                &format!("parent{n}@family{n}.example"),
            );
        }
        world.carry();
        assert_eq!(cause(&world), "streak");
        assert_eq!(states(&world), ["bounced 12", "queued 3", "sent 1"]);
    }
}

#[test]
fn what_was_refused_by_its_words_bounces_too_once_a_person_says_so() {
    let world = one_by_one();
    families(&world, 3);
    refuse(&world, Stage::Sender, 550, "5.7.1 not from you");
    world.carry();
    assert_eq!(
        (states(&world), cause(&world)),
        (vec!["queued 3".to_owned()], "sender".to_owned())
    );
    resume(&world);
    world.carry();
    assert_eq!(states(&world), ["bounced 3"]);
    assert_eq!(world.count("outbox_pause"), 0);
}

#[test]
fn where_nothing_is_paused_nothing_happens_and_only_operators_may() {
    let world = World::with_mailbox(&[]);
    assert_eq!(resume(&world), json!({ "resumed": false, "waiting": null }));
    assert_eq!(world.count("activity"), 0);
    let answer = world.api(Role::Viewer, Method::POST, "/outbox/resume", None);
    assert_eq!(answer.status, 403);
    let (code, out, _) = world.command(&["mail", "resume"]);
    assert_eq!((code, out.trim()), (0, "Mail was not paused."));
}

#[test]
fn a_retry_goes_before_others_while_mail_is_paused_and_lets_it_go_on_if_it_is_accepted() {
    let (world, mails) = paused();
    retry(&world, &mails[6]);
    let before = world.mailbox().commands().len();
    world.carry();
    let said = world.mailbox().commands().split_off(before);
    assert_eq!(
        said.iter().filter(|verb| *verb == "RCPT").count(),
        1,
        "{said:?}"
    );
    // A person has touched it: it stays as it came back.
    assert_eq!(states(&world), ["bounced 1", "queued 11"]);
    world.mailbox().set_rules(Vec::new());
    retry(&world, &mails[7]);
    assert_eq!(world.carry().len(), 11);
    assert_eq!(recipients(&world)[0], "parent8@family8.example");
    assert_eq!(states(&world), ["bounced 1", "sent 11"]);
}

#[test]
fn what_a_person_has_touched_does_not_go_back_to_the_queue() {
    let world = one_by_one();
    let mails = families(&world, 2);
    refuse(&world, Stage::Recipient, 554, "5.0.1 no");
    world.carry();
    assert_eq!(states(&world), ["bounced 2"]);
    assert_eq!(
        act(&world, &format!("/outbox/{}/drop", mails[0])).status,
        200
    );
    retry(&world, &mails[1]);
    to(&world, "CUP-3", "parent3@family3.example");
    world.carry();
    assert_eq!(cause(&world), "streak");
    assert_eq!(world.mail_states(), ["cancelled", "bounced", "queued"]);
}

#[test]
fn a_retry_ends_no_pause_for_a_quota() {
    let (world, mails) = paused();
    world.execute("UPDATE outbox_pause SET cause = 'quota', streak = NULL");
    world.mailbox().set_rules(Vec::new());
    retry(&world, &mails[0]);
    assert_eq!(world.carry(), []);
    assert_eq!(cause(&world), "quota");
    world.execute("UPDATE outbox_pause SET until = clock_timestamp()");
    assert_eq!(world.carry().len(), 12);
    assert_eq!(recipients(&world)[0], "parent1@family1.example");
}

#[test]
fn an_alert_goes_while_mail_is_paused_and_does_not_let_it_go_on() {
    let (world, _) = paused();
    refuse_only(&world, Some("parent"), Stage::Recipient, 554, "5.0.1 no");
    // As the service queues them.
    to(&world, "CUP-30", "treasurer@rovers.example.org");
    world.execute("UPDATE outbox SET kind = 'alert', not_before = to_timestamp(0) WHERE address LIKE 'treasurer%'");
    assert_eq!(world.carry().len(), 1);
    assert_eq!(cause(&world), "streak");
    assert_eq!(states(&world), ["queued 12", "sent 1"]);
}
