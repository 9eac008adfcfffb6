//! A few mails go first; the rest is held until they have gone well.

use chrono::Duration;
use freshmint::{blast, outbox};
use serde_json::{Value, json};

use super::{done, mails, set_mail, show, started, state, written};
use crate::{
    mailbox::{Action, Rule, Stage},
    support::{World, runtime},
};

/// Lets mailings decide, as a worker does every two seconds.
pub(super) fn look(world: &World) {
    while runtime()
        .block_on(blast::work_off(&world.app))
        .expect("the database answers")
    {}
}

/// A shop whose first waves are judged at once.
pub(super) fn shop() -> World {
    World::with_mailbox(&[("FIRST_WAVE_WAIT_SECONDS", "0")])
}

/// `CUP-1`, `CUP-2` … on three domains in turn.
pub(super) fn families(world: &World, count: usize) {
    for n in 1..=count {
        let domain = ["a.example", "b.example", "c.example"][n % 3];
        super::family(world, &format!("CUP-{n}"), &format!("parent{n}@{domain}"));
    }
}

/// A mailing to all of which so many go first.
pub(super) fn with_wave(world: &World, mails: u32) -> String {
    let id = written(
        world,
        json!({ "filter": { "status": "open" }, "first_wave": mails }),
    );
    started(world, &id);
    id
}

/// What the server says to the mails of some families.
pub(super) fn replies(world: &World, families: &[usize], code: u16, words: &str) {
    let rule = |n: &usize| Rule {
        stage: Stage::Recipient,
        recipient: Some(format!("parent{n}@")),
        // Each in words of its own: the same words in a row would be about us.
        action: Action::Reply(code, format!("{words} {}", letters(*n))),
        times: None,
    };
    world
        .mailbox()
        .set_rules(families.iter().map(rule).collect());
}

fn letters(n: usize) -> String {
    let letter = |digit: char| char::from(b'a' + digit as u8 - b'0');
    n.to_string().chars().map(letter).collect()
}

pub(super) fn counts(world: &World, id: &str) -> Value {
    show(world, id)["counts"].clone()
}

#[test]
fn ten_go_first_and_the_rest_waits_ten_minutes_for_them() {
    let world = World::with_mailbox(&[]);
    families(&world, 12);
    let id = written(&world, json!({ "filter": {}, "first_wave": null }));
    let blast = started(&world, &id);
    assert_eq!(
        (&blast["first_wave"], &blast["wave"]),
        (&10.into(), &"first".into())
    );
    assert_eq!(world.carry().len(), 10);
    look(&world);
    assert_eq!(world.carry().len(), 0);
    assert_eq!(show(&world, &id)["wave"], "first");
    world.execute("UPDATE blasts SET wave_over_at = wave_over_at - interval '10 minutes'");
    look(&world);
    assert_eq!(show(&world, &id)["wave"], "rest");
    assert_eq!(world.carry().len(), 2);
    assert_eq!(state(&world, &id), "done");
    assert_eq!(world.mailbox().mails().len(), 12);
}

#[test]
fn neither_a_time_nor_a_resume_nor_a_person_s_retry_lets_the_rest_go() {
    let world = World::with_mailbox(&[]);
    // Most are at one provider, those of the others come last.
    for n in 1..=9 {
        let domain = match n {
            8 => "b.example",
            9 => "c.example",
            _ => "a.example",
        };
        super::family(&world, &format!("CUP-{n}"), &format!("parent{n}@{domain}"));
    }
    let id = with_wave(&world, 3);
    let domains = world.texts(
        "SELECT DISTINCT split_part(address, '@', 2) AS text FROM outbox WHERE wave = 'first'",
    );
    assert_eq!(domains.len(), 3, "one of each domain");
    world.execute("UPDATE outbox SET due_at = NULL, not_before = to_timestamp(0)");
    assert_eq!(world.carry().len(), 3);
    done(&world, &id, "pause");
    assert!(
        show(&world, &id)["paused_because"]
            .as_str()
            .unwrap()
            .contains("paused it")
    );
    done(&world, &id, "resume");
    assert_eq!(show(&world, &id)["paused_because"], Value::Null);
    let held = world.text("SELECT id::text AS text FROM outbox WHERE wave = 'rest' LIMIT 1");
    let path = format!("/outbox/{held}/retry");
    assert_eq!(super::post(&world, &path, json!({})).status, 200);
    world.pass(Duration::hours(30));
    look(&world);
    assert_eq!(world.carry().len(), 0);
    let now = world.now();
    let oldest = (world.app.db).run_blocking(|connection| outbox::oldest_due(connection, now));
    assert_eq!(oldest.unwrap(), 0.0, "what is held is not late");
    assert_eq!(counts(&world, &id)["queued"], 6);
}

#[test]
fn where_nothing_would_be_held_there_is_no_wave() {
    let world = shop();
    families(&world, 3);
    let id = with_wave(&world, 3);
    assert_eq!(show(&world, &id)["wave"], "rest");
    assert_eq!(world.carry().len(), 3);
    let draft = written(&world, json!({ "filter": {} }));
    assert_eq!(show(&world, &draft)["wave"], Value::Null);
}

#[test]
fn one_bad_address_among_three_hundred_is_that_family_s() {
    let world = shop();
    families(&world, 300);
    replies(&world, &[2], 550, "5.1.1 no such user");
    let id = with_wave(&world, 10);
    assert_eq!(world.carry().len(), 9);
    look(&world);
    assert_eq!(world.carry().len(), 290);
    let counts = counts(&world, &id);
    assert_eq!(
        (&counts["sent"], &counts["bounced"]),
        (&299.into(), &1.into())
    );
    assert_eq!(state(&world, &id), "done");
}

#[test]
fn two_bad_addresses_among_the_first_hold_the_rest_until_a_person_has_looked() {
    let world = shop();
    families(&world, 20);
    let id = with_wave(&world, 6);
    let first = first_wave(&world);
    replies(&world, &first[..2], 550, "5.2.1 disabled");
    assert_eq!(world.carry().len(), 4);
    look(&world);
    let blast = show(&world, &id);
    assert_eq!(
        (&blast["state"], &blast["wave"]),
        (&"paused".into(), &"first".into())
    );
    let because = blast["paused_because"].as_str().unwrap();
    assert!(
        because.starts_with("2 of the first 6 mails came back"),
        "{because}"
    );
    look(&world);
    assert_eq!(world.carry().len(), 0);
    assert_eq!(world.count("activity_open JOIN activity ON id = activity_id WHERE what LIKE 'mailing stopped itself%'"), 1);
    let blast = done(&world, &id, "resume");
    assert_eq!(
        (&blast["state"], &blast["wave"]),
        (&"sending".into(), &"rest".into())
    );
    assert_eq!(blast["paused_because"], Value::Null);
    assert_eq!(world.count("activity_open JOIN activity ON id = activity_id WHERE what LIKE 'mailing stopped itself%'"), 0);
    look(&world);
    assert_eq!(world.carry().len(), 14);
    assert_eq!(state(&world, &id), "done");
}

/// The numbers of the families whose mails go first.
fn first_wave(world: &World) -> Vec<usize> {
    let numbers = world.texts(
        "SELECT substring(reference FROM 5) AS text FROM outbox mail \
         JOIN outbox_orders about ON about.mail_id = mail.id JOIN orders ON orders.id = about.order_id \
         WHERE wave = 'first' ORDER BY mail.due_at, mail.id",
    );
    numbers
        .iter()
        .map(|number| number.parse().unwrap())
        .collect()
}

#[test]
fn a_family_that_never_gets_through_holds_the_others_for_an_hour_and_no_longer() {
    let world = shop();
    families(&world, 30);
    let id = with_wave(&world, 6);
    let late = first_wave(&world)[1];
    replies(&world, &[late], 451, "4.7.1 greylisted");
    assert_eq!(world.carry().len(), 5);
    look(&world);
    assert_eq!(world.carry().len(), 0, "it may get through yet");
    // An hour of tries, of which half an hour all mail was paused: that does not count.
    world.execute(
        "UPDATE outbox SET queued_at = queued_at - interval '61 minutes' WHERE state = 'queued'",
    );
    world.execute("UPDATE mail_flow SET stood_still = stood_still + 1800");
    look(&world);
    assert_eq!(show(&world, &id)["wave"], "first");
    world.execute("UPDATE mail_flow SET stood_still = stood_still - 1800");
    look(&world);
    assert_eq!(show(&world, &id)["wave"], "rest");
    assert_eq!(world.carry().len(), 24);
    let counts = counts(&world, &id);
    assert_eq!(
        (&counts["sent"], &counts["queued"]),
        (&29.into(), &1.into())
    );
    // Its own tries go on where they were.
    assert_eq!(
        world.count("outbox WHERE state = 'queued' AND queued_at < now() - interval '1 hour'"),
        1
    );
}

#[test]
fn another_try_of_a_family_that_never_gets_through_begins_no_new_wait() {
    let world = World::with_mailbox(&[]);
    families(&world, 30);
    let id = with_wave(&world, 6);
    let late = first_wave(&world)[1];
    replies(&world, &[late], 451, "4.7.1 greylisted");
    assert_eq!(world.carry().len(), 5);
    world.execute(
        "UPDATE outbox SET queued_at = queued_at - interval '61 minutes' WHERE state = 'queued'",
    );
    look(&world);
    assert_eq!(world.count("blasts WHERE wave_over_at IS NOT NULL"), 1);
    world.execute("UPDATE blasts SET wave_over_at = wave_over_at - interval '10 minutes'");
    let in_hand = "attempts = 7, state = 'sending', claim_id = gen_random_uuid(), \
                   claimed_until = now() + interval '1 minute'";
    set_mail(&world, &format!("CUP-{late}"), in_hand);
    look(&world);
    assert_eq!(show(&world, &id)["wave"], "rest");
}

#[test]
fn a_wave_of_which_nobody_knows_or_that_nobody_takes_stops() {
    for (set, said) in [
        (
            "state = 'unknown', claim_id = gen_random_uuid(), last_error = 'lost'",
            "can know whether 1 of the first 3",
        ),
        (
            "state = 'failed', last_error = 'given up'",
            "Only 1 of the first 3 mails",
        ),
    ] {
        let world = shop();
        families(&world, 5);
        let id = with_wave(&world, 3);
        let first = first_wave(&world);
        set_mail(&world, &format!("CUP-{}", first[0]), super::SENT);
        set_mail(&world, &format!("CUP-{}", first[1]), set);
        look(&world);
        assert_eq!(state(&world, &id), "sending", "one is without an outcome");
        let last = match set.contains("unknown") {
            true => super::SENT,
            false => set,
        };
        set_mail(&world, &format!("CUP-{}", first[2]), last);
        look(&world);
        let because = show(&world, &id)["paused_because"].to_string();
        assert!(because.contains(said), "{because}");
    }
}

#[test]
fn paused_by_a_person_within_the_wave_it_goes_on_with_its_wave() {
    let world = shop();
    families(&world, 8);
    let id = with_wave(&world, 4);
    let first = first_wave(&world);
    set_mail(&world, &format!("CUP-{}", first[0]), super::SENT);
    done(&world, &id, "pause");
    look(&world);
    assert_eq!(world.carry().len(), 0);
    done(&world, &id, "resume");
    look(&world);
    assert_eq!(show(&world, &id)["wave"], "first");
    assert_eq!(world.carry().len(), 3);
    look(&world);
    assert_eq!(world.carry().len(), 4);
    assert_eq!(
        mails(&world)
            .iter()
            .filter(|mail| mail.ends_with("sent"))
            .count(),
        8
    );
}

#[test]
fn the_rest_goes_at_the_mailing_s_pace_and_not_before_its_time() {
    let world = shop();
    families(&world, 6);
    let at = world.now() + Duration::hours(3);
    let id = written(
        &world,
        json!({ "filter": {}, "first_wave": 2, "per_second": 0.5, "send_at": at }),
    );
    started(&world, &id);
    look(&world);
    assert_eq!(world.carry().len(), 0);
    assert_eq!(show(&world, &id)["wave"], "first");
    world.pass(Duration::hours(3) + Duration::seconds(3));
    assert_eq!(world.carry().len(), 2);
    let now = world.now();
    look(&world);
    let due = world.texts(&format!(
        "SELECT round(extract(epoch FROM due_at - '{now}'::timestamptz))::text AS text \
         FROM outbox WHERE state = 'queued' ORDER BY due_at"
    ));
    assert_eq!(due, ["0", "2", "4", "6"]);
}

#[test]
fn a_mailing_that_waits_for_a_quota_says_until_when() {
    let world = World::with_mailbox(&[("FIRST_WAVE_WAIT_SECONDS", "0"), ("MAIL_PER_HOUR", "3")]);
    families(&world, 9);
    let id = with_wave(&world, 5);
    assert_eq!(world.carry().len(), 3);
    look(&world);
    let blast = show(&world, &id);
    assert_eq!(
        (&blast["state"], &blast["wave"]),
        (&"sending".into(), &"first".into())
    );
    assert_eq!(blast["waiting"]["cause"], "allowance", "{blast}");
    assert!(blast["waiting"]["until"].is_string(), "{blast}");
    assert!(
        blast["waiting"]["sentence"]
            .as_str()
            .unwrap()
            .contains("goes on by itself at")
    );
}
