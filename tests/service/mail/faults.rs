//! Refusals that were taken for the families' fault: nobody bounces, nobody is suppressed, all mail waits.

use super::refused::the_wait_is_over;
use crate::{
    mailbox::{Action, Rule, Stage},
    support::World,
};

fn always(stage: Stage, code: u16, text: &str) -> Rule {
    Rule {
        stage,
        recipient: None,
        action: Action::Reply(code, text.to_owned()),
        times: None,
    }
}

/// Twelve families, each of another domain.
fn twelve() -> World {
    let world = World::with_mailbox(&[]);
    for number in 0..12 {
        let email = format!("parent@school{number}.example.org");
        let fields = serde_json::json!({ "email": email });
        world.queue_link(&world.order_with(&format!("CUP-{number}"), fields));
    }
    world
}

#[test]
fn what_is_ours_or_a_limit_bounces_nobody_and_pauses() {
    let sender = "<club@club.example>: Sender address rejected";
    for (stage, code, text) in [
        (
            Stage::Recipient,
            553,
            &*format!("5.7.1 {sender}: not owned by user club"),
        ),
        (
            Stage::Recipient,
            550,
            &*format!("5.1.0 {sender}: User unknown in virtual mailbox table"),
        ),
        (
            Stage::Recipient,
            554,
            "5.7.1 <parent@example.org>: Relay access denied",
        ),
        (
            Stage::Message,
            550,
            "5.7.60 SMTP; Client does not have permissions to send as this sender",
        ),
        (
            Stage::Message,
            550,
            "5.4.5 Daily user sending limit exceeded",
        ),
        (
            Stage::Message,
            550,
            "5.1.90 Your message can't be sent because you've reached your daily limit",
        ),
    ] {
        let world = twelve();
        world.mailbox().set_rules(vec![always(stage, code, text)]);
        assert_eq!(world.carry(), [], "{text}");
        let untouched = "outbox WHERE state = 'queued' AND attempts = 0";
        assert_eq!(world.count(untouched), 12, "{text}");
        assert_eq!(world.count("suppressions"), 0, "{text}");
        let reason = world.text("SELECT reason AS text FROM outbox_pause");
        // Without the addresses in it.
        let said = text.rsplit(": ").next().unwrap();
        assert!(reason.contains(said) && !reason.contains('@'), "{reason}");
        world.mailbox().set_rules(Vec::new());
        the_wait_is_over(&world);
        assert_eq!(world.carry().len(), 12, "{text}");
    }
}

#[test]
fn what_passes_bounces_and_suppresses_nobody() {
    for (stage, code, text) in [
        (
            Stage::Recipient,
            454,
            "4.7.1 <parent@example.org>: Relay access denied",
        ),
        (
            Stage::Message,
            451,
            "4.7.1 Service unavailable - try again later",
        ),
        (
            Stage::Recipient,
            450,
            "4.1.8 <club@club.example>: Sender address rejected: Domain not found",
        ),
        (
            Stage::Recipient,
            450,
            "4.7.1 <localhost>: Helo command rejected: Host not found",
        ),
        (
            Stage::Recipient,
            450,
            "4.7.1 Error: too much mail from 192.0.2.1",
        ),
        (Stage::Sender, 421, "4.7.0 Try again later"),
        (Stage::Recipient, 450, "5.1.1 no such user"),
    ] {
        let world = twelve();
        world.mailbox().set_rules(vec![always(stage, code, text)]);
        assert_eq!(world.carry(), [], "{text}");
        assert_eq!(world.count("outbox WHERE state = 'queued'"), 12, "{text}");
        assert_eq!(world.count("suppressions"), 0, "{text}");
    }
}

#[test]
fn who_does_not_exist_is_told_by_a_code_and_by_nothing_else() {
    let world = World::with_mailbox(&[]);
    let said = [
        ("gone", "5.1.1 <gone@a.example.org>: User unknown", true),
        ("marked", "no mailbox here by that name (#5.1.1)", true),
        ("words", "No such user here", false),
        ("other", "#5.1.0 Address rejected", false),
    ];
    let rules = said.iter().map(|(name, text, _)| {
        let email = format!("{name}@{name}.example.org");
        world.queue_link(&world.order_with(name, serde_json::json!({ "email": email })));
        Rule {
            recipient: Some(format!("{name}@")),
            ..always(Stage::Recipient, 550, text)
        }
    });
    let rules = rules.collect();
    world.mailbox().set_rules(rules);
    world.queue_link(&world.order("CUP-1"));
    assert_eq!(world.carry().len(), 1);
    assert_eq!(world.count("outbox WHERE state = 'bounced'"), 4);
    assert_eq!(
        world.texts("SELECT address AS text FROM suppressions ORDER BY address"),
        ["gone@gone.example.org", "marked@marked.example.org"]
    );
}
