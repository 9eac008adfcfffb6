//! Mails that go on while what became of others is written down: none waits for the slowest, none is taken
//! before it can be handed over, and what was read ahead is looked at again.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use serde_json::json;

use super::accident::wait_until;
use crate::{
    mailbox::{Action, Rule, Stage},
    support::{Process, World},
};

fn rule(recipient: &str, action: Action) -> Rule {
    Rule {
        stage: Stage::Message,
        recipient: Some(recipient.to_owned()),
        action,
        times: None,
    }
}

/// A mail to `NAME@example.org`.
fn to(world: &World, name: &str) {
    let fields = json!({ "email": format!("{name}@example.org") });
    world.queue_link(&world.order_with(name, fields));
}

fn state(world: &World, name: &str) -> String {
    world.text(&format!(
        "SELECT state AS text FROM outbox WHERE address = '{name}@example.org'"
    ))
}

#[test]
fn one_slow_hand_over_among_sixteen_holds_up_no_other_outcome() {
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "16"), ("MAIL_LEASE_SECONDS", "600")]);
    to(&world, "slow");
    for number in 0..63 {
        to(&world, &format!("quick{number}"));
    }
    world.mailbox().set_rules(vec![rule("slow@", Action::Hang)]);
    let worker = Process::work(world.settings());
    wait_until("the slow one is in hand", || {
        state(&world, "slow") == "sending"
    });
    let began = Instant::now();
    wait_until("what became of the others is written", || {
        world.count("outbox WHERE state = 'sent'") == 63
    });
    // A round that waits for the slow one, or for the next look, takes seconds each time.
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(state(&world, "slow"), "sending");
    worker.kill();
}

#[test]
fn of_a_worker_that_dies_no_more_are_unknown_than_it_was_handing_over() {
    const CONNECTIONS: usize = 4;
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "4"), ("MAIL_LEASE_SECONDS", "1")]);
    for number in 0..40 {
        to(&world, &format!("first{number}"));
    }
    for number in 0..40 {
        to(&world, &format!("then{number}"));
    }
    // It is in full swing when the server hangs.
    world.mailbox().set_rules(vec![rule("then", Action::Hang)]);
    let worker = Process::work(world.settings());
    wait_until("each connection has one", || {
        world.mailbox().mails().len() == 40 + CONNECTIONS
            && world.count("outbox WHERE state = 'sent'") == 40
    });
    worker.kill();
    assert_eq!(world.count("outbox WHERE state = 'sending'"), CONNECTIONS);
    let held = "outbox WHERE state = 'queued' AND (claim_id IS NOT NULL OR attempts > 0)";
    assert_eq!(world.count(held), 0, "what is not begun is held by nobody");
    world.mailbox().set_rules(Vec::new());
    std::thread::sleep(Duration::from_millis(1_200));
    assert_eq!(world.carry().len(), 40 - CONNECTIONS);
    assert_eq!(world.count("outbox WHERE state = 'unknown'"), CONNECTIONS);
    assert_eq!(
        world.count("outbox WHERE state = 'sent' AND attempts = 1"),
        80 - CONNECTIONS
    );
    let counted = world.text("SELECT sum(mails)::text AS text FROM mail_ledger");
    assert_eq!(counted, "80", "each was counted once");
}

#[test]
fn two_replicas_share_the_queue_and_each_mail_goes_once() {
    const MAILS: usize = 300;
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "8")]);
    for number in 0..MAILS {
        to(&world, &format!("parent{number}"));
    }
    let pause = Duration::from_millis(10);
    world
        .mailbox()
        .set_rules(vec![rule("parent", Action::Wait(pause))]);
    let mails = world.carry_with(vec![world.courier(), world.courier()]);
    let recipients: HashSet<String> = mails.iter().flat_map(|mail| mail.to.clone()).collect();
    assert_eq!((mails.len(), recipients.len()), (MAILS, MAILS));
    assert_eq!(
        world.count("outbox WHERE state = 'sent' AND attempts = 1"),
        MAILS
    );
    assert_eq!(
        world.count("activity WHERE what = 'mail sent: link'"),
        MAILS
    );
    assert!(world.mailbox().connections() > 8, "one replica did it all");
}

#[test]
fn what_was_refused_before_another_was_accepted_is_written_before_it() {
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "2")]);
    to(&world, "gone");
    to(&world, "fine");
    // It is refused at once, and its connection waits for the next mail only after the other one's yes.
    let told = |stage, recipient: Option<&str>, action| Rule {
        stage,
        recipient: recipient.map(str::to_owned),
        action,
        times: None,
    };
    let no = Action::Reply(550, "5.1.1 no such user".to_owned());
    let later = |millis| Action::Wait(Duration::from_millis(millis));
    world.mailbox().set_rules(vec![
        told(Stage::Recipient, Some("gone@"), no),
        told(Stage::Message, Some("fine@"), later(500)),
        told(Stage::Reset, None, later(1_500)),
    ]);
    assert_eq!(world.carry().len(), 1);
    assert_eq!(world.mail_states(), ["bounced", "sent"]);
    assert_eq!(
        world.texts("SELECT address AS text FROM suppressions"),
        ["gone@example.org"],
        "a later mail was accepted"
    );
}

/// A payment that names these orders lies in the inbox, and is not worked on.
fn payment_pending(world: &World, id: &str, references: &str) {
    world.execute(&format!(
        "INSERT INTO stripe_events (id, type, body, received_at, not_before, named, order_names, address_hashes) \
         VALUES ('{id}', 'checkout.session.completed', '{{}}', now(), now() + interval '1 hour', 'these', \
             '{{{references}}}', '{{}}')"
    ));
}

fn change_after_reading(world: &World) {
    let names = [
        "slow1", "slow2", "slow3", "stopped", "paid", "heard", "fine",
    ];
    names.iter().for_each(|name| to(world, name));
    let pause = Duration::from_millis(300);
    world
        .mailbox()
        .set_rules(vec![rule("slow", Action::Wait(pause))]);
    let worker = Process::work(world.settings());
    wait_until("the slow ones are in hand", || {
        world.count("outbox WHERE state = 'sending'") == 3
    });
    payment_pending(world, "evt_heard", "heard");
    world.execute(
        "INSERT INTO suppressions (address_hash, reason, since) \
         SELECT address_hash, 'unsubscribed', now() FROM outbox WHERE address = 'stopped@example.org'",
    );
    world.execute("UPDATE orders SET cancelled_at = now() WHERE reference = 'paid'");
    wait_until("all others have ended", || {
        world.count("outbox WHERE state IN ('queued', 'sending')") == 1
    });
    worker.kill();
    let states = names.map(|name| state(world, name));
    assert_eq!(
        states,
        [
            "sent",
            "sent",
            "sent",
            "suppressed",
            "cancelled",
            "queued",
            "sent"
        ]
    );
    let why = world.text("SELECT last_error AS text FROM outbox WHERE state = 'queued'");
    assert!(
        why.starts_with("it waits: Stripe has told of a payment"),
        "{why}"
    );
}

#[test]
fn what_changes_after_a_mail_was_read_ahead_is_seen_before_it_goes() {
    change_after_reading(&World::with_mailbox(&[("MAIL_CONNECTIONS", "3")]));
}

#[test]
fn so_it_is_while_payments_of_others_lie_in_the_inbox() {
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "3")]);
    payment_pending(&world, "evt_other", "somebody-else");
    change_after_reading(&world);
}

#[test]
fn mail_goes_on_beside_the_payments_of_some() {
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "4")]);
    for number in 0..60 {
        to(&world, &format!("parent{number}"));
    }
    payment_pending(
        &world,
        "evt_some",
        "parent0,parent7,parent8,parent31,parent59",
    );
    let mails = world.carry();
    assert_eq!(mails.len(), 55);
    let held =
        "SELECT split_part(address, '@', 1) AS text FROM outbox WHERE state = 'queued' ORDER BY 1";
    let held = world.texts(held);
    assert_eq!(
        held,
        ["parent0", "parent31", "parent59", "parent7", "parent8"]
    );
    world.execute("DELETE FROM stripe_events");
    world.execute("UPDATE outbox SET not_before = to_timestamp(0)");
    assert_eq!(world.carry().len(), 5);
}
