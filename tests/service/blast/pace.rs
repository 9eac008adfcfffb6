//! When mails are due: one after the other.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::{SENT, done, families, set_mail, started, written};
use crate::support::World;

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
