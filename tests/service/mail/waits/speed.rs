//! A server that says that mail comes too fast.

use super::{families, refuse, refuse_only, states, to};
use crate::{mailbox::Stage, support::World};

const TOO_MUCH: &str = "4.7.1 Error: too much mail from 127.0.0.1";

fn rate(world: &World) -> String {
    world.text("SELECT coalesce(round((rate * 60)::numeric, 1)::text, '-') AS text FROM pace WHERE name = 'mails'")
}

#[test]
fn said_of_two_domains_it_slows_all_mail_to_what_was_taken() {
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "1")]);
    families(&world, 12);
    refuse_only(&world, Some("parent"), Stage::Recipient, 250, "2.1.5 ok");
    world.mailbox().set_rules(Vec::new());
    for n in 13..=20 {
        to(
            &world,
            &format!("CUP-{n}"),
            &format!("late{n}@late{n}.example"),
        );
    }
    refuse_only(&world, Some("late"), Stage::Recipient, 450, TOO_MUCH);
    world.carry();
    assert_eq!(states(&world), ["queued 8", "sent 12"]);
    assert_eq!(
        world.count("outbox WHERE attempts > 0 AND state = 'queued'"),
        2,
        "then all slow down"
    );
    assert_eq!(rate(&world), "10.8");
    let hold: f64 = world
        .text("SELECT extract(epoch FROM next_at - clock_timestamp())::text AS text FROM pace WHERE name = 'mails'")
        .parse()
        .unwrap();
    assert!((30.0..67.0).contains(&hold), "{hold}");
}

#[test]
fn said_of_one_domain_its_own_mails_wait_and_nothing_else() {
    let world = World::with_mailbox(&[]);
    for n in 1..=4 {
        to(
            &world,
            &format!("CUP-{n}"),
            &format!("parent{n}@grey.example"),
        );
    }
    refuse(&world, Stage::Recipient, 450, TOO_MUCH);
    world.carry();
    assert_eq!(rate(&world), "-");
    assert_eq!(
        world.count("outbox WHERE attempts = 1 AND state = 'queued'"),
        4
    );
}
