//! What begins is told: money first and at once, the rest gathered.

use chrono::Duration;
use serde_json::json;

use super::{both_ways, by_mail, call, last_mail, orphan, subjects, tell, tomorrow_at};
use crate::{
    mailbox::{Action, Rule, Stage},
    support::World,
};

/// So many families' mails come back.
fn bounces(world: &World, count: usize) {
    for number in 0..count {
        let email = json!({ "email": format!("gone{number}@example.org") });
        world.queue_link(&world.order_with(&format!("GONE-{number}"), email));
    }
    // Each is refused in words of its own: the same words in a row would be about us.
    let gone = |number| Rule {
        stage: Stage::Recipient,
        recipient: Some(format!("gone{number}@")),
        action: Action::Reply(550, format!("closed: {}", word(number))),
        times: None,
    };
    world.mailbox().set_rules((0..count).map(gone).collect());
    world.carry();
    assert_eq!(world.count("outbox WHERE state = 'bounced'"), count);
    world.pass(Duration::seconds(6));
}

fn word(number: usize) -> String {
    let letter = |digit: char| char::from(b'a' + digit as u8 - b'0');
    number.to_string().chars().map(letter).collect()
}

#[test]
fn two_hundred_bounces_hold_up_no_wrong_payment() {
    let (world, receiver) = both_ways();
    bounces(&world, 200);
    assert!(tell(&world));
    assert_eq!(subjects(&world), ["200 mails came back"]);
    orphan(&world);
    world.pass(Duration::seconds(2));
    assert!(tell(&world), "it is told at once");
    assert_eq!(subjects(&world)[1..], ["a payment belongs to no order"]);
    call(&world);
    let told = receiver.told();
    assert!(told[0].starts_with("begins case:"), "{told:?}");
    assert_eq!(told[1..], ["begins bounces:link"]);
}

#[test]
fn what_comes_with_money_is_in_the_same_mail_below_it() {
    let world = by_mail();
    bounces(&world, 3);
    orphan(&world);
    world.execute("INSERT INTO outbox_pause (reason, until) VALUES ('535', now())");
    assert!(tell(&world));
    let text = last_mail(&world);
    let place = |part: &str| {
        text.find(part)
            .unwrap_or_else(|| panic!("no {part} in {text}"))
    };
    assert!(place("Money (1)") < place("Mail (2)"));
    assert!(
        place("a payment belongs to no order. See «freshmint cases list»")
            < place("3 mails came back")
    );
    assert_eq!(
        subjects(&world),
        ["a payment belongs to no order, and 2 more"]
    );
}

#[test]
fn what_is_no_money_is_gathered_for_ten_minutes() {
    let world = by_mail();
    world.execute("UPDATE sweeps SET silent_since = now()");
    assert!(tell(&world));
    bounces(&world, 2);
    assert!(!tell(&world));
    world.pass(Duration::minutes(11));
    assert!(tell(&world));
    assert_eq!(
        subjects(&world),
        ["Stripe's webhooks do not reach us", "2 mails came back"]
    );
}

#[test]
fn what_came_back_of_a_mailing_is_one_line_with_its_name_and_number() {
    let world = by_mail();
    let order = world.order("CUP-1");
    world.execute(
        "INSERT INTO blasts (id, name, subject, body, selection, state, author, created_at, started_at) \
         VALUES ('00000000-0000-7000-8000-000000000005', 'Cup', 's', 'b', '{}', 'sending', 'test', now(), now())",
    );
    world.execute(
        "INSERT INTO outbox (id, kind, blast_id, address, address_hash, subject, body, message_id, state, last_error, created_at) \
         SELECT gen_random_uuid(), 'blast', '00000000-0000-7000-8000-000000000005', 'p@example.org', \
             '\\x00000000000000000000000000000002', 's', 'b', n || '@', 'bounced', '550', now() FROM generate_series(1, 40) n",
    );
    // Two lines a mail, as of a family.
    world.execute(&format!(
        "INSERT INTO activity (at, order_id, category, level, actor, what, detail) \
         SELECT now() - interval '3 days', '{}', 'mail', 'attention', 'outbox', 'mail came back: blast', \
             jsonb_build_object('mail', id) FROM outbox, generate_series(1, 2) ORDER BY id",
        order.id
    ));
    assert!(tell(&world));
    let text = last_mail(&world);
    assert!(
        text.contains("40 mails came back, order CUP-1, mailing Cup. GET"),
        "{text}"
    );
    // It was down for three days: the end is told in the same breath.
    assert!(text.contains("This is over:"), "{text}");
    world.pass(Duration::minutes(30));
    assert!(!tell(&world));
}

#[test]
fn what_began_while_nobody_looked_is_told_however_old_it_is() {
    let world = by_mail();
    orphan(&world);
    world.execute("UPDATE cases SET opened_at = now() - interval '40 days'");
    world.pass(Duration::days(3));
    assert!(tell(&world));
    assert!(subjects(&world)[0].contains("a payment belongs to no order"));
}

#[test]
fn every_kind_of_trouble_begins() {
    let (world, receiver) = both_ways();
    let order = world.order("CUP-1");
    for statement in [
        "INSERT INTO stripe_events (id, type, body, received_at, state, last_error) \
             VALUES ('evt_1', 'checkout.session.completed', '{}', now(), 'failed', 'x')",
        "UPDATE sweeps SET silent_since = now()",
        "INSERT INTO disputes (id, payment_intent, amount, currency, status, heard_at, closed_at) \
             VALUES ('dp_1', 'pi_1', 4500, 'eur', 'lost', now(), now())",
        "INSERT INTO cases (id, kind, about, amount, currency, opened_at) \
             VALUES (gen_random_uuid(), 'dispute', 'dp_1', 4500, 'eur', now())",
        "ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check",
        "INSERT INTO outbox (id, kind, address, address_hash, subject, body, message_id, created_at, not_before) \
             VALUES (gen_random_uuid(), 'invoice', 'p@example.org', '\\x00000000000000000000000000000002', 's', 'b', \
                 'newer', now(), now() - interval '2 hours')",
        "UPDATE orders SET debit_failed_at = now()",
        "INSERT INTO outbox (id, kind, address, address_hash, subject, body, message_id, state, claim_id, last_error, created_at) \
             SELECT gen_random_uuid(), 'link', 'p@example.org', '\\x00000000000000000000000000000002', 's', 'b', \
                 state, state, gen_random_uuid(), 'x', now() FROM unnest(ARRAY['unknown', 'failed']) state",
        "INSERT INTO activity (at, category, level, actor, what) \
             VALUES (now() - interval '1 minute', 'blast', 'attention', 'test', 'a mailing stopped')",
        // What no version writes holds nothing up.
        "INSERT INTO activity (at, category, level, actor, what, detail) \
             VALUES (now() - interval '1 minute', 'mail', 'attention', 'test', 'odd', '{\"mail\": \"no id\", \"version\": \"x\"}')",
    ] {
        world.execute(statement);
    }
    assert!(tell(&world));
    call(&world);
    let mut kinds: Vec<String> = receiver
        .told()
        .iter()
        .map(|told| told.split(':').next().unwrap().to_owned())
        .collect();
    kinds[..3].sort_unstable();
    assert_eq!(
        kinds[..3],
        ["begins case", "begins debit", "begins lost_dispute"]
    );
    kinds[3..].sort_unstable();
    assert_eq!(
        kinds[3..],
        [
            "begins entry",
            "begins failed_event",
            "begins failed_mail",
            "begins newer_mail",
            "begins silent_webhook",
            "begins unknown_mail"
        ]
    );
    let text = last_mail(&world);
    for part in [
        "checkout.session.completed (evt_1)",
        &format!("a bank debit did not arrive, order {}", order.reference),
        "a mailing stopped",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}

#[test]
fn mails_that_nobody_takes_are_told_when_somebody_has_watched_for_a_while() {
    let world = by_mail();
    world.queue_link(&world.order("CUP-1"));
    world.execute("UPDATE outbox SET not_before = now() - interval '20 minutes'");
    world.execute("UPDATE pace SET next_at = now() - interval '20 minutes'");
    // At noon: no digest comes between.
    tomorrow_at(&world, 12);
    assert!(!tell(&world), "the worker was down, and begins now");
    for _ in 0..4 {
        world.pass(Duration::minutes(4));
        tell(&world);
    }
    assert_eq!(subjects(&world), ["a mail is due and is not taken"]);
}

#[test]
fn work_that_is_not_done_is_told_when_somebody_has_watched_for_hours() {
    let world = by_mail();
    world.execute("UPDATE chores SET due_at = now() - interval '3 hours' WHERE name = 'prune'");
    tomorrow_at(&world, 12);
    assert!(!tell(&world), "the worker was down, and begins now");
    for _ in 0..32 {
        world.pass(Duration::minutes(4));
        tell(&world);
    }
    let late = "work that is done now and then has not been done for hours";
    assert_eq!(subjects(&world), [late]);
    assert!(last_mail(&world).contains(&format!("{late}: prune. The worker")));
}

#[test]
fn what_the_settings_allow_is_no_alert_and_that_nothing_gets_through_is_one_of_its_own() {
    let (world, receiver) = both_ways();
    world.execute(
        "INSERT INTO outbox_pause (reason, cause, until) VALUES ('20 an hour', 'allowance', now())",
    );
    assert!(!tell(&world));
    world.execute("DELETE FROM outbox_pause");
    world.queue_link(&world.order("CUP-1"));
    world.execute("UPDATE outbox SET attempts = 3, last_error = '451 4.7.1 Service unavailable'");
    world.execute(
        "UPDATE mail_flow SET failing_at = now(), failing_since = now() - interval '2 hours'",
    );
    assert!(tell(&world));
    call(&world);
    assert_eq!(receiver.told(), ["begins pause:nothing_gets_through"]);
    assert!(
        last_mail(&world).contains("451 4.7.1"),
        "{}",
        last_mail(&world)
    );
}
