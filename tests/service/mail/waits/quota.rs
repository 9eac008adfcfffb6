//! What may be sent in an hour and in a day.

use freshmint::token::Role;
use reqwest::Method;

use super::{cause, families, next_step, refuse, resume, states, to};
use crate::{mail::refused::the_wait_is_over, mailbox::Stage, support::World};

fn as_long_ago(world: &World, time: &str) {
    world.execute(&format!(
        "UPDATE mail_ledger SET at = at - interval '{time}'"
    ));
    world.execute(&format!(
        "UPDATE outbox_pause SET until = until - interval '{time}'"
    ));
}

#[test]
fn what_is_over_waits_until_it_is_allowed_and_nobody_sends_it_sooner() {
    for (name, just_before, then) in [
        ("MAIL_PER_HOUR", "59 minutes", "2 minutes 30 seconds"),
        (
            "MAIL_PER_DAY",
            "23 hours 59 minutes",
            "2 minutes 30 seconds",
        ),
    ] {
        let world = World::with_mailbox(&[(name, "5")]);
        families(&world, 8);
        world.carry_with(vec![world.courier(), world.courier()]);
        assert_eq!(states(&world), ["queued 3", "sent 5"], "{name}");
        assert_eq!(cause(&world), "allowance");
        let said = next_step(&world, "FAM-8");
        assert!(
            said.contains(&format!("{name}=5 is used up. It goes on by itself at 2")),
            "{said}"
        );
        // Nobody is told of what goes on by itself, and nobody can hurry it.
        assert_eq!(world.count("activity WHERE level = 'attention'"), 0);
        assert_eq!(resume(&world)["resumed"], false);
        as_long_ago(&world, just_before);
        assert_eq!(world.carry(), [], "{name}");
        as_long_ago(&world, then);
        assert_eq!(world.carry().len(), 3, "{name}");
        assert_eq!(world.count("outbox_pause"), 0);
    }
}

#[test]
fn alerts_do_not_wait_and_count() {
    let world = World::with_mailbox(&[("MAIL_PER_HOUR", "2")]);
    families(&world, 3);
    world.carry();
    to(&world, "CUP-9", "treasurer@rovers.example.org");
    world.execute("UPDATE outbox SET kind = 'alert', not_before = to_timestamp(0) WHERE address LIKE 'treasurer%'");
    assert_eq!(world.carry().len(), 1);
    assert_eq!(states(&world), ["queued 1", "sent 3"]);
    assert_eq!(
        world.text("SELECT sum(mails)::text AS text FROM mail_ledger"),
        "3"
    );
}

#[test]
fn only_what_was_never_begun_is_given_back() {
    for (stage, counted) in [
        (Stage::Sender, "0"),
        (Stage::Recipient, "0"),
        (Stage::Data, "0"),
        (Stage::Message, "1"),
    ] {
        let world = World::with_mailbox(&[]);
        families(&world, 1);
        refuse(&world, stage, 451, "4.3.0 later");
        world.carry();
        let sum = world.text("SELECT sum(mails)::text AS text FROM mail_ledger");
        assert_eq!(sum, counted, "{stage:?}");
    }
}

#[test]
fn a_quota_of_the_provider_is_waited_for_and_said_and_takes_nothing_of_the_48_hours() {
    let world = World::with_mailbox(&[]);
    families(&world, 3);
    refuse(&world, Stage::Recipient, 451, "4.3.0 later");
    world.carry();
    the_wait_is_over(&world);
    refuse(
        &world,
        Stage::Message,
        550,
        "5.4.5 Daily user sending limit exceeded",
    );
    let mut waits = Vec::new();
    for _ in 0..3 {
        world.carry();
        if cause(&world) != "quota" {
            return assert_eq!(states(&world), ["queued 3"]);
        }
        let wait: f64 = world
            .text("SELECT extract(epoch FROM until - clock_timestamp())::text AS text FROM outbox_pause")
            .parse()
            .unwrap();
        waits.push((wait / 3_600.0).round());
        let said = next_step(&world, "FAM-1");
        assert!(
            said.contains("what the mail provider allows is used up")
                && said.contains("It waits until 2"),
            "{said}"
        );
        the_wait_is_over(&world);
    }
    assert_eq!(waits, [1.0, 2.0, 4.0]);
    // Three days of it are no try of any mail.
    world.execute("UPDATE outbox_pause SET since = since - interval '72 hours'");
    world.execute("UPDATE outbox SET queued_at = queued_at - interval '72 hours'");
    refuse(&world, Stage::Recipient, 451, "4.3.0 later");
    the_wait_is_over(&world);
    world.carry();
    assert_eq!(states(&world), ["queued 3"]);
    world.mailbox().set_rules(Vec::new());
    the_wait_is_over(&world);
    assert_eq!(world.carry().len(), 3);
}

#[test]
fn a_quota_of_the_day_is_over_when_the_day_is() {
    let world = World::with_mailbox(&[("MAIL_PER_DAY", "100")]);
    families(&world, 1);
    assert_eq!(world.carry().len(), 1);
    world.execute("UPDATE mail_ledger SET at = at - interval '4 hours'");
    to(&world, "CUP-2", "parent2@family2.example");
    refuse(
        &world,
        Stage::Message,
        550,
        "5.4.5 Daily user sending limit exceeded",
    );
    world.carry();
    assert_eq!(cause(&world), "quota");
    let wait: f64 = world
        .text(
            "SELECT extract(epoch FROM until - clock_timestamp())::text AS text FROM outbox_pause",
        )
        .parse()
        .unwrap();
    assert_eq!((wait / 3_600.0).round(), 20.0);
}

#[test]
fn the_48_hours_stand_still_while_mail_is_paused_and_pass_otherwise() {
    for (paused, expected) in [(true, "queued 1"), (false, "failed 1")] {
        let world = World::with_mailbox(&[]);
        families(&world, 1);
        refuse(&world, Stage::Recipient, 451, "4.3.0 later");
        world.carry();
        if paused {
            world.execute("INSERT INTO outbox_pause (reason, until, since) VALUES ('x', now(), now() - interval '50 hours')");
        }
        world.execute("UPDATE outbox SET queued_at = queued_at - interval '50 hours'");
        resume(&world);
        the_wait_is_over(&world);
        world.carry();
        assert_eq!(states(&world), [expected]);
    }
}

#[test]
fn a_wrong_setting_is_named() {
    let world = World::with_mailbox(&[]);
    for name in ["MAIL_PER_HOUR", "MAIL_PER_DAY"] {
        let (code, _, said) = world.command_with(&[(name, "0")], &["mail", "resume"]);
        assert_ne!(code, 0);
        assert!(
            said.to_lowercase()
                .contains(&name.to_lowercase().replace('_', "-"))
                || said.contains(name),
            "{said}"
        );
    }
    let answer = world.api(Role::Viewer, Method::GET, "/outbox", None);
    assert_eq!(answer.status, 200);
}
