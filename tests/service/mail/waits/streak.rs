//! One refusal after the other: it is about us, whatever its words are.

use super::{cause, families, one_by_one, recipients, refuse, refuse_only, states, to};
use crate::{
    mail::{accident::wait_until, refused::the_wait_is_over},
    mailbox::{Action, Rule, Stage},
    support::World,
};

/// What servers said of a sender, each to a mailing of twelve, and words that nobody has thought of.
const OURS: [(Stage, u16, &str); 9] = [
    (
        Stage::Recipient,
        553,
        "5.7.1 <club@rovers.example.org>: Sender address rejected: not owned by user club",
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
        Stage::Recipient,
        550,
        "5.1.0 <club@rovers.example.org>: Sender address rejected: User unknown in virtual mailbox table",
    ),
    (
        Stage::Message,
        550,
        "5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
    ),
    (Stage::Recipient, 550, "5.1.1 no such user here"),
    (
        Stage::Recipient,
        554,
        "wir mögen heute niemanden, Vorgang 4711",
    ),
    (Stage::Data, 554, "9.9.9 42"),
];

#[test]
fn of_a_mailing_to_twelve_nobody_bounces_and_all_get_their_mail_once_the_cause_is_gone() {
    for (stage, code, text) in OURS {
        let world = World::with_mailbox(&[("MAIL_RETRY_SECONDS", "30")]);
        families(&world, 12);
        refuse(&world, stage, code, text);
        for _ in 0..3 {
            assert_eq!(world.carry(), [], "{text}");
            the_wait_is_over(&world);
        }
        assert_eq!(states(&world), ["queued 12"], "{text}");
        assert_eq!(world.count("outbox_pause"), 1, "{text}");
        let tries: usize = world
            .text("SELECT tries::text AS text FROM outbox_pause")
            .parse()
            .unwrap();
        assert_eq!(tries, 3, "{text}");
        world.mailbox().set_rules(Vec::new());
        assert_eq!(world.carry().len(), 12, "{text}");
        assert_eq!(states(&world), ["sent 12"], "{text}");
        assert_eq!(world.count("suppressions"), 0, "{text}");
        assert_eq!(world.count("outbox_pause"), 0, "{text}");
    }
}

#[test]
fn all_replicas_see_one_streak() {
    let world = World::with_mailbox(&[("MAIL_RETRY_SECONDS", "30")]);
    families(&world, 12);
    refuse(&world, Stage::Recipient, 554, "5.0.1 no");
    world.carry_with(vec![world.courier(), world.courier(), world.courier()]);
    assert_eq!(states(&world), ["queued 12"]);
    assert_eq!(cause(&world), "streak");
    // Those in hand when it was seen go back, too; then one tries at a time.
    the_wait_is_over(&world);
    let before = tries(&world);
    world.carry_with(vec![world.courier(), world.courier(), world.courier()]);
    assert_eq!(tries(&world) - before, 1);
    assert_eq!(states(&world), ["queued 12"]);
}

#[test]
fn one_that_looked_before_another_tried_does_not_try_too() {
    let world = World::with_mailbox(&[("MAIL_RETRY_SECONDS", "30")]);
    families(&world, 12);
    refuse(&world, Stage::Recipient, 554, "5.0.1 no");
    world.carry();
    the_wait_is_over(&world);
    // It has seen that one may try, and is slow to connect.
    let slow = Rule {
        stage: Stage::Connect,
        recipient: None,
        action: Action::Wait(std::time::Duration::from_secs(2)),
        times: Some(1),
    };
    let no = Rule {
        stage: Stage::Recipient,
        recipient: None,
        action: Action::Reply(554, "5.0.1 no".to_owned()),
        times: None,
    };
    world.mailbox().set_rules(vec![slow, no]);
    let (before, connections) = (tries(&world), world.mailbox().connections());
    std::thread::scope(|scope| {
        scope.spawn(|| world.carry());
        wait_until("it connects", || {
            world.mailbox().connections() > connections
        });
        world.carry();
    });
    assert_eq!(tries(&world) - before, 1);
    assert_eq!(states(&world), ["queued 12"]);
}

/// How often the server was asked about a recipient.
fn tries(world: &World) -> usize {
    let commands = world.mailbox().commands();
    commands.iter().filter(|verb| *verb == "RCPT").count()
}

#[test]
fn two_of_three_refused_bounce_and_nothing_waits() {
    let world = one_by_one();
    families(&world, 5);
    refuse_only(&world, Some("parent2@"), Stage::Recipient, 554, "5.0.1 no");
    assert_eq!(world.carry().len(), 4);
    assert_eq!(states(&world), ["bounced 1", "sent 4"]);
    assert_eq!(world.count("outbox_pause"), 0);
}

#[test]
fn one_family_that_is_refused_three_times_is_no_streak() {
    let world = one_by_one();
    for n in 1..=4 {
        to(&world, &format!("CUP-{n}"), "full@example.org");
    }
    refuse(&world, Stage::Recipient, 552, "5.2.2 mailbox full");
    world.carry();
    assert_eq!(states(&world), ["bounced 4"]);
    assert_eq!(world.count("outbox_pause"), 0);
}

#[test]
fn after_the_pause_one_mail_to_another_domain_tries_and_the_streaks_mails_bounce_if_it_is_taken() {
    let world = one_by_one();
    for n in 1..=4 {
        to(
            &world,
            &format!("CUP-{n}"),
            &format!("parent{n}@dead.example"),
        );
    }
    for n in 5..=7 {
        to(
            &world,
            &format!("CUP-{n}"),
            &format!("parent{n}@alive.example"),
        );
    }
    refuse_only(
        &world,
        Some("@dead.example"),
        Stage::Recipient,
        550,
        "5.4.4 no route",
    );
    assert_eq!(world.carry(), []);
    assert_eq!(
        (states(&world), cause(&world)),
        (vec!["queued 7".to_owned()], "streak".to_owned())
    );
    the_wait_is_over(&world);
    world.carry();
    assert_eq!(
        recipients(&world)[0],
        "parent5@alive.example",
        "not one of the dead domain"
    );
    assert_eq!(states(&world), ["bounced 4", "sent 3"]);
    assert_eq!(world.count("outbox_pause"), 0);
    assert_eq!(
        world.count("activity WHERE what = 'no mail can be sent, all of it waits'"),
        1
    );
}

#[test]
fn refused_the_same_way_the_pause_goes_on_and_is_longer() {
    let world = World::with_mailbox(&[("MAIL_RETRY_SECONDS", "30")]);
    families(&world, 12);
    refuse(&world, Stage::Recipient, 554, "5.0.1 no");
    let mut waits = Vec::new();
    for _ in 0..4 {
        world.carry();
        let wait: f64 = world
            .text("SELECT extract(epoch FROM until - clock_timestamp())::text AS text FROM outbox_pause")
            .parse()
            .unwrap();
        waits.push((wait / 30.0).round());
        the_wait_is_over(&world);
    }
    assert_eq!(waits, [1.0, 2.0, 4.0, 8.0]);
    assert_eq!(states(&world), ["queued 12"]);
}

#[test]
fn what_goes_to_ourselves_neither_ends_a_streak_nor_lets_mail_go_on() {
    let world = one_by_one();
    families(&world, 2);
    to(&world, "CUP-8", "coach@rovers.example.org");
    to(&world, "CUP-9", "parent9@family9.example");
    refuse_only(&world, Some("@family"), Stage::Recipient, 554, "5.0.1 no");
    world.carry();
    assert_eq!(states(&world), ["queued 3", "sent 1"]);
    to(&world, "CUP-10", "coach@rovers.example.org");
    for _ in 0..2 {
        the_wait_is_over(&world);
        world.carry();
        assert_eq!(cause(&world), "streak");
    }
    assert_eq!(recipients(&world), ["coach@rovers.example.org"]);
}

#[test]
fn who_has_an_address_at_our_own_domain_waits_like_all_others_and_is_not_suppressed() {
    for (code, text, families_of_it) in [
        (550, "spam", 9),
        (550, "5.7.1 rejected by policy", 9),
        (550, "5.1.1 no such user", 10),
    ] {
        let world = one_by_one();
        let ours = |number: usize| {
            let email = format!("board{number}@rovers.example.org");
            to(&world, &format!("BOARD-{number}"), &email)
        };
        // First of all, among the others, and last.
        ours(0);
        families(&world, 2);
        ours(1);
        for number in 0..families_of_it {
            to(
                &world,
                &format!("MORE-{number}"),
                &format!("more{number}@example.net"),
            );
        }
        ours(2);
        refuse(&world, Stage::Recipient, code, text);
        world.carry();
        let all = families_of_it + 5;
        assert_eq!(states(&world), [format!("queued {all}")], "{text}");
        world.mailbox().set_rules(Vec::new());
        the_wait_is_over(&world);
        assert_eq!(world.carry().len(), all, "{text}");
        assert_eq!(world.count("suppressions"), 0, "{text}");
    }
}

#[test]
fn an_alert_that_is_refused_like_all_mail_is_tried_until_it_gets_through() {
    for text in ["spam", "5.1.1 no such user"] {
        // The pause does not end meanwhile, and no other mail tries.
        let world = World::with_mailbox(&[
            ("ALERT_EMAIL", "treasurer@gym.example"),
            ("MAIL_RETRY_SECONDS", "60"),
        ]);
        families(&world, 12);
        refuse(&world, Stage::Recipient, 550, text);
        world.carry();
        assert_eq!(world.count("outbox_pause"), 1, "{text}");
        assert!(crate::alerts::tell(&world), "{text}");
        world.carry();
        let alert = "outbox WHERE kind = 'alert' AND state = 'queued' \
            AND not_before > clock_timestamp() + interval '30 seconds'";
        assert_eq!(world.count(alert), 1, "{text}");
        world.mailbox().set_rules(Vec::new());
        world.execute("UPDATE outbox SET not_before = 'epoch' WHERE kind = 'alert'");
        assert_eq!(world.carry().len(), 1, "it passes the pause: {text}");
        assert_eq!(world.count("suppressions"), 0, "{text}");
    }
}
