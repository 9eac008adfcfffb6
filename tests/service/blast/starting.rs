//! A start queues every mail once, however often and from wherever it is asked for.

use std::thread;

use freshmint::token::{self, Role};
use serde_json::json;

use super::{approved, done, families, mails, show, started, to_all, written};
use crate::support::{
    World,
    browser::{client, runtime, send},
};

#[test]
fn a_second_start_answers_as_the_first_and_does_nothing() {
    let world = World::new();
    families(&world, 3);
    let id = to_all(&world);
    let first = started(&world, &id);
    world.pass(chrono::Duration::hours(1));
    let second = done(&world, &id, "start");
    assert_eq!(first, second);
    assert_eq!(mails(&world).len(), 3);
    done(&world, &id, "pause");
    assert_eq!(done(&world, &id, "start")["state"], "paused", "as it is");
}

#[test]
fn starts_on_several_replicas_at_once_make_one_mail_per_order() {
    let mut world = World::new();
    families(&world, 20);
    world.add_replica();
    let id = to_all(&world);
    approved(&world, &id);
    let token = world.app.db.run_blocking(|connection| {
        token::add(connection, "two hands", Role::Operator, world.now())
    });
    let token = token.unwrap();
    let starts: Vec<_> = (0..6)
        .map(|n| {
            let url = format!("{}/api/v1/blasts/{id}/start", world.replica(n % 2));
            let request = client().post(url).bearer_auth(token.expose());
            thread::spawn(move || runtime().block_on(send(request)).status)
        })
        .collect();
    for start in starts {
        assert_eq!(start.join().unwrap(), 200);
    }
    assert_eq!(mails(&world).len(), 20);
    assert_eq!(
        world.count("activity WHERE what LIKE 'mailing started%'"),
        1
    );
}

#[test]
fn two_mailings_may_be_about_one_order() {
    let world = World::new();
    families(&world, 1);
    for _ in 0..2 {
        started(&world, &to_all(&world));
    }
    assert_eq!(mails(&world).len(), 2);
}

#[test]
fn nothing_is_kept_of_a_start_that_fails_half_way() {
    let world = World::new();
    families(&world, 3);
    let id = to_all(&world);
    approved(&world, &id);
    world.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$",
    );
    world.execute(
        "CREATE TRIGGER refuse BEFORE UPDATE ON blasts FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    assert_eq!(super::act(&world, &id, "start").status, 500);
    assert_eq!(
        (world.count("outbox"), world.count("outbox_orders")),
        (0, 0)
    );
    world.execute("DROP TRIGGER refuse ON blasts");
    assert_eq!(done(&world, &id, "start")["counts"]["total"], 3);
}

#[test]
fn a_start_sets_what_was_said_of_reminders() {
    for (said, before, after) in [
        (json!(false), true, "false"),
        (json!(true), false, "true"),
        (json!(null), false, "false"),
    ] {
        let world = World::new();
        world.order_with("CUP-1", json!({ "remind": before }));
        let id = written(&world, json!({ "references": ["CUP-1"], "remind": said }));
        started(&world, &id);
        assert_eq!(world.text("SELECT remind::text AS text FROM orders"), after);
        assert_eq!(mails(&world), ["CUP-1 queued"]);
        assert_eq!(show(&world, &id)["state"], "sending");
    }
}
