//! Reminders that no server takes for two days, or that come back and are asked for again.

use chrono::Duration;
use freshmint::{retention, token::Role};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    accident::a_person_says_again,
    refused::{an_hour_shows_it, the_wait_is_over},
    reminder::decisions,
};
use crate::{
    mailbox::{Action, Rule, Stage},
    support::{Answer, Order, World, browser::runtime},
};

fn refuse(world: &World, code: u16, text: &str) {
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Recipient,
        recipient: None,
        action: Action::Reply(code, text.to_owned()),
        times: None,
    }]);
}

/// The tries of what waits have lasted for two days, and end.
fn is_given_up(world: &World) {
    refuse(world, 450, "4.2.0 busy");
    assert_eq!(world.carry(), []);
    the_wait_is_over(world);
    world.execute(
        "UPDATE outbox SET queued_at = clock_timestamp() - interval '49 hours' WHERE state = 'queued'",
    );
    assert_eq!(world.carry(), []);
    world.mailbox().set_rules(Vec::new());
}

fn a_reminder_is_due(world: &World, order: &Order) -> String {
    world.abandon(order);
    world.pass(Duration::hours(1));
    world.text("SELECT id::text AS text FROM outbox WHERE state = 'queued'")
}

fn act(world: &World, mail: &str, what: &str) -> Answer {
    let path = format!("/outbox/{mail}/{what}");
    world.api(Role::Operator, Method::POST, &path, None)
}

fn newest(world: &World) -> Value {
    let answer = world.api(Role::Viewer, Method::GET, "/reminders", None);
    answer.json()["data"][0].clone()
}

fn figures(world: &World) -> Value {
    let answer = world.api(Role::Viewer, Method::GET, "/stats/recovery?days=30", None);
    answer.json()
}

#[test]
fn a_reminder_that_is_given_up_is_scheduled_no_longer_and_leaves_room_for_another() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    a_reminder_is_due(&world, &order);
    is_given_up(&world);
    let decision = newest(&world);
    assert_eq!(
        (
            &decision["decision"],
            &decision["reason"],
            &decision["mail_state"],
            &decision["sent_at"]
        ),
        (
            &json!("skipped"),
            &json!("too_old"),
            &json!("failed"),
            &json!(null)
        )
    );
    a_reminder_is_due(&world, &order);
    assert_eq!(world.carry().len(), 1);
    assert_eq!(decisions(&world), ["skipped too_old", "sent"]);
}

#[test]
fn asked_for_again_it_goes_out_and_its_decision_says_so() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    let mail = a_reminder_is_due(&world, &order);
    is_given_up(&world);
    assert_eq!(act(&world, &mail, "retry").status, 200);
    assert_eq!(decisions(&world), ["scheduled"]);
    // It is the one again: whoever leaves the checkout once more gets no second.
    world.abandon(&order);
    assert_eq!(decisions(&world), ["scheduled", "skipped already_reminded"]);
    assert_eq!(world.carry().len(), 1);
    assert_eq!(decisions(&world), ["sent", "skipped already_reminded"]);
}

#[test]
fn it_is_not_sent_again_where_another_has_taken_its_place() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    let first = a_reminder_is_due(&world, &order);
    is_given_up(&world);
    a_reminder_is_due(&world, &order);
    for then in ["scheduled", "sent"] {
        let refused = act(&world, &first, "retry");
        assert_eq!(refused.status, 409, "{refused:?}");
        assert_eq!(
            refused.json()["detail"],
            "the order's one reminder is another mail by now"
        );
        assert_eq!(decisions(&world), ["skipped too_old", then]);
        world.carry();
    }
    assert_eq!(world.mailbox().mails().len(), 1);
    assert_eq!(act(&world, &first, "drop").status, 200);
    assert_eq!(
        decisions(&world),
        ["skipped reminder_disabled", "sent"],
        "the other stays the one"
    );
}

#[test]
fn dropped_it_was_the_last_word() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    let mail = a_reminder_is_due(&world, &order);
    is_given_up(&world);
    assert_eq!(act(&world, &mail, "drop").status, 200);
    world.abandon(&order);
    assert_eq!(
        decisions(&world),
        ["skipped reminder_disabled", "skipped already_reminded"]
    );
}

#[test]
fn one_that_a_server_may_have_stays_the_one_when_its_retry_is_given_up() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    a_reminder_is_due(&world, &order);
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Message,
        recipient: None,
        action: Action::Drop,
        times: Some(1),
    }]);
    assert_eq!(world.carry().len(), 1);
    a_person_says_again(&world);
    is_given_up(&world);
    assert_eq!(world.mail_states(), ["failed"]);
    world.abandon(&order);
    assert_eq!(decisions(&world), ["sent", "skipped already_reminded"]);
}

#[test]
fn a_cart_whose_reminder_is_given_up_counts_as_not_delivered() {
    let world = World::with_mailbox(&[]);
    world.execute("UPDATE settings SET recovery_enabled = true");
    a_cart_is_left(&world);
    world.pass(Duration::hours(1));
    assert_eq!(figures(&world)["reminders_scheduled"], 1);
    is_given_up(&world);
    let now = figures(&world);
    assert_eq!(
        (&now["reminders_scheduled"], &now["not_sent"]),
        (&json!(0), &json!({ "not_delivered": 1 }))
    );
    world.pass(Duration::days(31));
    let pruned = runtime().block_on(retention::prune(&world.app, "test"));
    assert_eq!(pruned.expect("the database answers").carts, 1);
    let path = "/stats/recovery?days=60";
    let later = world.api(Role::Viewer, Method::GET, path, None).json();
    assert_eq!(later["not_sent"], now["not_sent"]);
}

/// A checkout of the shop's own site that nobody finished.
fn a_cart_is_left(world: &World) {
    let session = crate::recovery::opened(world, Some("parent@example.org"));
    world.stripe.expire(&session).expect("it is open");
    world.deliver();
}

/// The order's reminder has come back, and a person says: again.
fn came_back_and_is_asked_for_again(world: &World, mail: &str) {
    refuse(world, 552, "5.2.2 mailbox full");
    assert_eq!(world.carry(), []);
    assert_eq!(world.mail_states(), ["bounced"]);
    assert_eq!(
        decisions(world),
        ["scheduled"],
        "nobody knows yet whose fault it is"
    );
    an_hour_shows_it(world);
    assert_eq!(decisions(world), ["sent"]);
    world.mailbox().set_rules(Vec::new());
    assert_eq!(act(world, mail, "retry").status, 200);
    assert_eq!(decisions(world), ["sent"]);
}

#[test]
fn of_one_that_came_back_the_decision_follows_what_its_retry_comes_to() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    let mail = a_reminder_is_due(&world, &order);
    came_back_and_is_asked_for_again(&world, &mail);
    // Somebody is at the checkout now: that one's expiry decides again.
    world.click_through(&order);
    assert_eq!(world.carry(), []);
    assert_eq!(decisions(&world), ["skipped superseded"]);
    world.pass(Duration::hours(25));
    world.deliver();
    assert_eq!(decisions(&world), ["skipped superseded", "scheduled"]);
}

#[test]
fn of_one_that_came_back_and_whose_retry_is_dropped_the_decision_is_skipped() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    let mail = a_reminder_is_due(&world, &order);
    came_back_and_is_asked_for_again(&world, &mail);
    assert_eq!(act(&world, &mail, "drop").status, 200);
    world.abandon(&order);
    assert_eq!(
        decisions(&world),
        ["skipped reminder_disabled", "skipped already_reminded"]
    );
}

#[test]
fn of_one_that_came_back_and_is_dropped_then_the_decision_stays() {
    let world = World::with_mailbox(&[]);
    let mail = a_reminder_is_due(&world, &world.order("CUP-1"));
    refuse(&world, 552, "5.2.2 mailbox full");
    assert_eq!(world.carry(), []);
    assert_eq!(act(&world, &mail, "drop").status, 200);
    assert_eq!(decisions(&world), ["sent"]);
}

#[test]
fn of_one_that_came_back_the_decision_stays_when_its_retry_is_given_up() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    let mail = a_reminder_is_due(&world, &order);
    came_back_and_is_asked_for_again(&world, &mail);
    is_given_up(&world);
    assert_eq!(world.mail_states(), ["failed"]);
    world.abandon(&order);
    assert_eq!(decisions(&world), ["sent", "skipped already_reminded"]);
}

#[test]
fn of_one_that_came_back_the_decision_stays_when_its_person_is_erased_or_recovery_turned_off() {
    for erased in [true, false] {
        let world = World::with_mailbox(&[]);
        let on = json!({ "recovery_enabled": true });
        let set = |body| {
            world
                .api(Role::Admin, Method::PUT, "/settings", Some(body))
                .status
        };
        assert_eq!(set(on), 200);
        if erased {
            a_reminder_is_due(&world, &world.order("CUP-1"));
        } else {
            a_cart_is_left(&world);
            world.pass(Duration::hours(1));
        }
        let mail = world.text("SELECT id::text AS text FROM outbox");
        came_back_and_is_asked_for_again(&world, &mail);
        if erased {
            let (code, out, said) = world.command(&["erase", "parent@example.org"]);
            assert_eq!(code, 0, "{out}{said}");
        } else {
            assert_eq!(set(json!({ "recovery_enabled": false })), 200);
        }
        assert_eq!(world.mail_states(), ["cancelled"]);
        assert_eq!(decisions(&world), ["sent"], "erased: {erased}");
    }
}
