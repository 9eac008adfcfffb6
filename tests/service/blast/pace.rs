//! When mails are due: one after the other.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::{SENT, done, families, set_mail, started, state, written};
use crate::{
    mail::accident::wait_until,
    support::{Process, World},
};

/// Seconds from `since` until each queued mail is due.
fn due(world: &World, since: DateTime<Utc>) -> Vec<f64> {
    let due = world.texts(&format!(
        "SELECT round(extract(epoch FROM due_at - '{since}'::timestamptz), 1)::text AS text \
         FROM outbox WHERE kind = 'blast' AND state = 'queued' ORDER BY id"
    ));
    due.iter().map(|seconds| seconds.parse().unwrap()).collect()
}

fn start_of(blast: &serde_json::Value) -> DateTime<Utc> {
    blast["started_at"].as_str().unwrap().parse().unwrap()
}

#[test]
fn mails_are_due_at_the_pace_that_was_asked_for() {
    let world = World::new();
    families(&world, 4);
    let id = written(&world, json!({ "filter": {}, "per_second": 0.5 }));
    let blast = started(&world, &id);
    assert_eq!(due(&world, start_of(&blast)), [0.0, 2.0, 4.0, 6.0]);
}

#[test]
fn without_one_they_are_due_at_the_pace_of_the_mail_and_never_faster() {
    let world = World::with(&[("MAIL_PER_SECOND", "5")]);
    families(&world, 3);
    for pace in [json!(null), json!(1000)] {
        let id = written(&world, json!({ "filter": {}, "per_second": pace }));
        let blast = started(&world, &id);
        assert_eq!(due(&world, start_of(&blast)), [0.0, 0.2, 0.4]);
        done(&world, &id, "cancel");
    }
}

#[test]
fn a_pace_that_takes_for_ever_is_no_error() {
    let world = World::new();
    families(&world, 2);
    let id = written(
        &world,
        json!({ "filter": {}, "per_second": 1e-300, "send_at": "9999-12-31T23:59:59Z" }),
    );
    started(&world, &id);
    assert_eq!(done(&world, &id, "pause")["state"], "paused");
    assert_eq!(done(&world, &id, "resume")["state"], "sending");
}

#[test]
fn they_wait_for_the_time_that_was_said_and_their_tries_begin_then() {
    let world = World::new();
    families(&world, 2);
    let at = world.now() + Duration::days(3);
    let id = written(
        &world,
        json!({ "filter": {}, "per_second": 1, "send_at": at }),
    );
    let blast = started(&world, &id);
    assert_eq!(blast["state"], "sending");
    assert_eq!(due(&world, at), [0.0, 1.0]);
    assert_eq!(
        world.count("outbox WHERE queued_at > now() + interval '71 hours'"),
        2
    );
    // Still so after a pause that ends before the time.
    done(&world, &id, "pause");
    done(&world, &id, "resume");
    assert_eq!(due(&world, at), [0.0, 1.0]);
}

#[test]
fn a_time_that_has_passed_is_now() {
    let world = World::new();
    families(&world, 1);
    let id = written(
        &world,
        json!({ "filter": {}, "send_at": "2020-01-01T00:00:00Z" }),
    );
    let blast = started(&world, &id);
    assert_eq!(due(&world, start_of(&blast)), [0.0]);
}

#[test]
fn after_a_pause_the_rest_is_spread_anew_from_now() {
    let world = World::new();
    families(&world, 4);
    let id = written(&world, json!({ "filter": {}, "per_second": 1 }));
    started(&world, &id);
    set_mail(&world, "CUP-1", SENT);
    done(&world, &id, "pause");
    world.pass(Duration::hours(80));
    let now = world.now();
    done(&world, &id, "resume");
    let due = due(&world, now);
    assert!((0.0..1.0).contains(&due[0]), "{due:?}");
    assert_eq!(due.len(), 3);
    assert!((due[2] - due[0] - 2.0).abs() < 0.05, "{due:?}");
}

#[test]
fn who_is_not_written_to_takes_no_turn() {
    let world = World::new();
    families(&world, 3);
    super::unsubscribed(&world, "parent1@example.org");
    let id = written(&world, json!({ "filter": {}, "per_second": 1 }));
    let blast = started(&world, &id);
    assert_eq!(due(&world, start_of(&blast)), [0.0, 1.0]);
}

/// When the mailbox got each of so many mails of these mailings, by their subjects.
fn arrivals(world: &World, subjects: &[&str], mails: usize) -> Vec<DateTime<Utc>> {
    let got = || {
        let mails = world.mailbox().mails().into_iter();
        let of_them = mails.filter(|mail| {
            let subject = mail.header("Subject").unwrap_or_default();
            subjects.contains(&subject.as_str())
        });
        let mut at: Vec<DateTime<Utc>> = of_them.map(|mail| mail.received_at).collect();
        at.sort();
        at
    };
    let begun = std::time::Instant::now();
    while got().len() < mails {
        assert!(begun.elapsed().as_secs() < 60, "{} of {mails}", got().len());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    got()
}

/// No mail may be there before its turn, however late others are.
#[track_caller]
fn none_is_early(arrivals: &[DateTime<Utc>], begun: DateTime<Utc>, per_second: i64) {
    for (turn, at) in (0..).zip(arrivals) {
        let earliest = begun + Duration::milliseconds(turn * 1_000 / per_second);
        assert!(*at >= earliest, "mail {turn} came at {at}, due {earliest}");
    }
}

#[test]
fn three_replicas_together_keep_the_mailing_s_pace_and_that_of_all_mail() {
    let world = World::with_mailbox(&[("MAIL_PER_SECOND", "20")]);
    let orders = families(&world, 30);
    let mailing = |name: &str, per_second: f64, exclude: &[String]| {
        let fields = json!({ "name": name, "subject": name, "filter": {}, "exclude": exclude, "per_second": per_second });
        let id = written(&world, fields);
        super::approved(&world, &id);
        id
    };
    let workers: Vec<Process> = (0..3).map(|_| Process::work(world.settings())).collect();
    // Before they carry anything they begin, which would hide a pace that is too fast.
    world.queue_link(&orders[0]);
    wait_until("they carry", || world.mailbox().received() == 1);
    let half: Vec<String> = (16..=30).map(|n| format!("CUP-{n}")).collect();
    let slow = mailing("slow", 5.0, &half);
    let begun = start_of(&done(&world, &slow, "start"));
    none_is_early(&arrivals(&world, &["slow"], 15), begun, 5);
    assert_eq!(state(&world, &slow), "done");
    // Two that go at once share what all mail may take.
    let both = [mailing("one", 20.0, &[]), mailing("two", 20.0, &[])];
    let begun = both.map(|id| start_of(&done(&world, &id, "start")))[0];
    none_is_early(&arrivals(&world, &["one", "two"], 60), begun, 20);
    assert_eq!(world.mailbox().mails().len(), 1 + 15 + 60, "each once");
    drop(workers);
}
