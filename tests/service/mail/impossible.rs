//! Rows that cannot be, written past the code: never sent, never skipped in silence, and no other mail's
//! trouble.

use chrono::Duration;
use freshmint::token::Role;
use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};
use reqwest::Method;
use serde_json::json;

use super::reminder::decisions;
use crate::support::{Order, World};

/// What spoils a link's mail; `{mail}` is its id.
const FLAWS: [&str; 12] = [
    "UPDATE outbox SET address = NULL WHERE id = '{mail}'",
    "UPDATE outbox SET address_hash = '\\x01' WHERE id = '{mail}'",
    "UPDATE outbox SET subject = NULL WHERE id = '{mail}'",
    "UPDATE outbox SET body = NULL WHERE id = '{mail}'",
    "UPDATE outbox SET attempts = 2147483647 WHERE id = '{mail}'",
    "UPDATE outbox SET attempts = -1 WHERE id = '{mail}'",
    "UPDATE outbox SET kind = 'blast' WHERE id = '{mail}'",
    "UPDATE outbox SET kind = 'reminder', subject = NULL, body = NULL WHERE id = '{mail}'",
    "DELETE FROM outbox_orders WHERE mail_id = '{mail}'",
    "UPDATE orders SET locale = '?' WHERE id = (SELECT order_id FROM outbox_orders WHERE mail_id = '{mail}')",
    "UPDATE orders SET currency = 'qqq' WHERE id = (SELECT order_id FROM outbox_orders WHERE mail_id = '{mail}')",
    "INSERT INTO outbox_orders SELECT mail_id, other.id, about.kind, NULL, 1, 1 \
     FROM outbox_orders about, orders other WHERE mail_id = '{mail}' AND other.id <> order_id LIMIT 1",
];

/// A shop whose database refuses nothing.
fn shop() -> World {
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "16")]);
    world.execute(
        "ALTER TABLE outbox DROP CONSTRAINT outbox_address_hash_check, \
             DROP CONSTRAINT pending_has_its_content, DROP CONSTRAINT a_blast_has_its_blast",
    );
    world
}

fn order(world: &World, number: usize) -> Order {
    let fields = json!({ "email": format!("parent-{number}@example.org") });
    world.order_with(&format!("CUP-{number}"), fields)
}

fn spoil(world: &World, flaw: &str, mail: impl std::fmt::Display) {
    let spoilt = world.execute(&flaw.replace("{mail}", &mail.to_string()));
    assert_eq!(spoilt, 1, "{flaw}");
}

/// Lines that need somebody.
fn entries(world: &World) -> Vec<String> {
    world.texts("SELECT what AS text FROM activity WHERE level = 'attention' ORDER BY id")
}

fn reminder_of(world: &World, order: &Order) -> String {
    world.text(&format!(
        "SELECT mail_id::text AS text FROM outbox_orders WHERE order_id = '{}' AND kind = 'reminder'",
        order.id
    ))
}

#[test]
fn ends_with_the_reason_once_and_the_others_of_its_claim_go_out() {
    for flaw in FLAWS {
        let world = shop();
        let orders = [0, 1, 2].map(|number| order(&world, number));
        let mails = orders.each_ref().map(|order| world.queue_link(order));
        spoil(&world, flaw, mails[1]);
        let arrived = world.carry();
        let arrived: Vec<_> = arrived.iter().flat_map(|mail| mail.to.clone()).collect();
        assert!(!arrived.contains(&"parent-1@example.org".to_owned()));
        assert_eq!(arrived.len(), 2, "{flaw}: {arrived:?}");
        assert_eq!(world.mail_states(), ["sent", "failed", "sent"], "{flaw}");
        let why = world.text("SELECT last_error AS text FROM outbox WHERE state = 'failed'");
        assert!(why.len() > 20 && !why.contains("parent-1"), "{flaw}: {why}");
        let told = entries(&world);
        assert!(
            !told.is_empty()
                && told
                    .iter()
                    .all(|line| line.starts_with("a mail cannot be sent")),
            "{flaw}: {told:?}"
        );
        assert_eq!(world.carry(), []);
        assert_eq!(entries(&world), told, "{flaw}: told once");
    }
}

#[test]
fn takes_no_turn_a_second_time() {
    let world = shop();
    let mail = world.queue_link(&order(&world, 0));
    spoil(&world, FLAWS[2], mail);
    world.carry();
    let turn = "SELECT next_at::text AS text FROM pace WHERE name = 'mails'";
    let before = world.text(turn);
    world.carry();
    assert_eq!(world.text(turn), before);
}

#[test]
fn whatever_is_among_them_every_good_one_arrives_once_and_every_other_ends() {
    let config = Config {
        cases: 6,
        max_shrink_iters: 20,
        failure_persistence: None,
        ..Config::default()
    };
    let run = TestRunner::new(config).run(&vec(0..FLAWS.len() + 8, 1..=24), |flaws| {
        mixed(&flaws);
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}

/// A number beyond the flaws is a good mail.
fn mixed(flaws: &[usize]) {
    let world = shop();
    let mails: Vec<_> = (0..flaws.len())
        .map(|number| world.queue_link(&order(&world, number)))
        .collect();
    // A second order for one that must be about one alone.
    world.order("OTHER");
    let mut good = Vec::new();
    for (number, (flaw, mail)) in flaws.iter().zip(&mails).enumerate() {
        match FLAWS.get(*flaw) {
            Some(flaw) => spoil(&world, flaw, mail),
            None => good.push(format!("parent-{number}@example.org")),
        }
    }
    let mut arrived: Vec<String> = world.carry().into_iter().flat_map(|mail| mail.to).collect();
    arrived.sort();
    good.sort();
    assert_eq!(arrived, good, "{flaws:?}");
    assert_eq!(world.count("outbox WHERE state = 'sent'"), good.len());
    assert_eq!(
        world.count("outbox WHERE state = 'failed'"),
        flaws.len() - good.len()
    );
}

#[test]
fn a_reminder_that_nobody_decided_on_is_not_sent() {
    let world = shop();
    let (spoilt, good) = (order(&world, 0), order(&world, 1));
    world.click_through(&spoilt);
    world.abandon(&good);
    let mail = reminder_of(&world, &spoilt);
    world.execute(&format!(
        "DELETE FROM reminder_decisions WHERE mail_id = '{mail}'"
    ));
    world.pass(Duration::hours(1));
    let arrived = world.carry();
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].to, ["parent-1@example.org"]);
    assert_eq!(
        world.text(&format!(
            "SELECT state || ': ' || last_error AS text FROM outbox WHERE id = '{mail}'"
        )),
        "failed: no decision stands behind this reminder"
    );
    assert_eq!(
        entries(&world),
        ["a mail cannot be sent, since its row cannot be: reminder"]
    );
    assert_eq!(world.carry(), []);
    assert_eq!(entries(&world).len(), 1);
}

#[test]
fn a_reminder_that_was_decided_against_is_not_sent() {
    let world = shop();
    world.abandon(&order(&world, 0));
    world.execute("UPDATE reminder_decisions SET decision = 'skipped', reason = 'no_email'");
    world.pass(Duration::hours(1));
    assert_eq!(world.carry(), []);
    assert_eq!(world.mail_states(), ["failed"]);
    assert_eq!(decisions(&world), ["skipped no_email"]);
}

#[test]
fn the_decision_of_such_a_reminder_ends_and_the_order_may_have_another() {
    for flaw in [FLAWS[0], FLAWS[1], FLAWS[4], FLAWS[9]] {
        let world = shop();
        let order = order(&world, 0);
        world.abandon(&order);
        spoil(&world, flaw, reminder_of(&world, &order));
        world.pass(Duration::hours(1));
        assert_eq!(world.carry(), [], "{flaw}");
        let path = format!("/reminders?order_id={}", order.id);
        let answer = world.api(Role::Viewer, Method::GET, &path, None).json();
        let decision = &answer["data"][0];
        assert_eq!(
            (
                &decision["decision"],
                &decision["reason"],
                &decision["mail_state"]
            ),
            (&json!("skipped"), &json!("no_email"), &json!("failed")),
            "{flaw}"
        );
        world.execute("UPDATE orders SET locale = 'en'");
        world.abandon(&order);
        world.pass(Duration::hours(1));
        assert_eq!(world.carry().len(), 1, "{flaw}");
        assert_eq!(decisions(&world), ["skipped no_email", "sent"], "{flaw}");
    }
}

#[test]
fn a_reminder_whose_order_is_gone_ends_too() {
    let world = shop();
    let order = order(&world, 0);
    world.abandon(&order);
    spoil(&world, FLAWS[8], reminder_of(&world, &order));
    world.pass(Duration::hours(1));
    assert_eq!(world.carry(), []);
    assert_eq!(world.mail_states(), ["failed"]);
    assert_eq!(decisions(&world), ["skipped no_email"]);
    assert_eq!(entries(&world).len(), 1);
}
