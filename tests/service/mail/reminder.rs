//! The one reminder: once, after the delay, and only where it makes sense.

use chrono::Duration;
use serde_json::json;

use super::accident::a_person_says_again;
use crate::{
    mailbox::{Action, Rule, Stage},
    support::World,
};

pub fn decisions(world: &World) -> Vec<String> {
    world.texts("SELECT decision || coalesce(' ' || reason, '') AS text FROM reminder_decisions ORDER BY id")
}

fn an_hour(world: &World) {
    world.pass(Duration::hours(1));
}

#[test]
fn comes_an_hour_after_the_checkout_expired_and_not_before() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world.abandon(&order);
    assert_eq!(decisions(&world), ["scheduled"]);
    world.pass(Duration::minutes(58));
    assert_eq!(world.carry(), []);
    world.pass(Duration::minutes(2));
    let mails = world.carry();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["parent@example.org"]);
    assert_eq!(decisions(&world), ["sent"]);
    assert_eq!(
        world.count("reminder_decisions WHERE sent_at IS NOT NULL"),
        1
    );
}

#[test]
fn comes_once_however_often_the_link_is_opened_and_left_again() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    for _ in 0..5 {
        world.abandon(&order);
        an_hour(&world);
        world.carry();
    }
    assert_eq!(world.mailbox().mails().len(), 1);
    assert_eq!(
        decisions(&world),
        [
            "sent",
            "skipped already_reminded",
            "skipped already_reminded",
            "skipped already_reminded",
            "skipped already_reminded"
        ]
    );
}

#[test]
fn comes_once_when_the_event_comes_five_times() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world.abandon(&order);
    for _ in 0..4 {
        world.execute("UPDATE stripe_events SET state = 'pending', not_before = to_timestamp(0)");
        world.work_off();
    }
    an_hour(&world);
    assert_eq!(world.carry().len(), 1);
    assert_eq!(decisions(&world), ["sent"]);
}

#[test]
fn never_comes_after_a_payment() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world.abandon(&order);
    world
        .stripe
        .pay(&world.click_through(&order))
        .expect("paid");
    world.deliver();
    an_hour(&world);
    assert_eq!(world.carry(), []);
    assert_eq!(decisions(&world), ["skipped paid"]);
}

#[test]
fn waits_while_somebody_is_at_the_checkout_again() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world.abandon(&order);
    world.click_through(&order);
    an_hour(&world);
    assert_eq!(world.carry(), []);
    assert_eq!(decisions(&world), ["skipped superseded"]);
    // That one is left, too: its own expiry decides again.
    world.pass(Duration::hours(24));
    world.deliver();
    an_hour(&world);
    assert_eq!(world.carry().len(), 1);
    assert_eq!(decisions(&world), ["skipped superseded", "sent"]);
}

#[test]
fn never_follows_a_session_that_we_replaced_or_closed() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world.click_through(&order);
    world.pass(Duration::hours(13));
    world.click_through(&order);
    world.deliver();
    assert_eq!(decisions(&world), ["skipped superseded"]);
    let path = format!("/orders/{}/cancel", order.id);
    let cancelled = world.api(
        freshmint::token::Role::Operator,
        reqwest::Method::POST,
        &path,
        None,
    );
    assert_eq!(cancelled.status, 200);
    world.deliver();
    an_hour(&world);
    assert_eq!(world.carry(), []);
    assert_eq!(
        decisions(&world),
        ["skipped superseded", "skipped superseded"]
    );
}

#[test]
fn does_not_mail_the_past_when_the_service_is_switched_on() {
    let world = World::with_mailbox(&[]);
    let old = world.order_with("CUP-1", json!({ "email": "old@example.org" }));
    world.click_through(&old);
    world.pass(Duration::days(4));
    let young = world.order("CUP-2");
    world.abandon(&young);
    an_hour(&world);
    let mails = world.carry();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["parent@example.org"]);
    let mut decisions = decisions(&world);
    decisions.sort();
    assert_eq!(decisions, ["sent", "skipped too_old"]);
}

#[test]
fn is_too_old_when_the_mail_server_was_away_for_days() {
    let world = World::with_mailbox(&[]);
    world.abandon(&world.order("CUP-1"));
    world.pass(Duration::hours(49));
    assert_eq!(world.carry(), []);
    assert_eq!(decisions(&world), ["skipped too_old"]);
}

#[test]
fn a_session_closed_in_the_dashboard_counts_from_then_and_not_from_its_own_end() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world
        .stripe
        .expire(&world.click_through(&order))
        .expect("closed");
    world.deliver();
    an_hour(&world);
    assert_eq!(world.carry().len(), 1);
}

#[test]
fn is_for_nobody_who_does_not_want_it() {
    let world = World::with_mailbox(&[]);
    let silent = world.order_with("CUP-1", json!({ "remind": false }));
    let nobody = world.order_with("CUP-2", json!({ "email": null }));
    world.click_through(&silent);
    world.abandon(&nobody);
    let order = world.order("CUP-3");
    world.click_through(&order);
    world.execute("UPDATE settings SET reminders_enabled = false");
    world.pass(Duration::hours(25));
    world.deliver();
    an_hour(&world);
    assert_eq!(world.carry(), []);
    let mut why = decisions(&world);
    why.sort();
    assert_eq!(
        why,
        [
            "skipped no_email",
            "skipped reminder_disabled",
            "skipped reminder_disabled"
        ]
    );
}

#[test]
fn stops_when_reminders_are_switched_off_within_the_delay() {
    let world = World::with_mailbox(&[]);
    world.abandon(&world.order("CUP-1"));
    world.execute("UPDATE settings SET reminders_enabled = false");
    an_hour(&world);
    assert_eq!(world.carry(), []);
    assert_eq!(decisions(&world), ["skipped reminder_disabled"]);
}

#[test]
fn stops_when_somebody_unsubscribes_within_the_delay() {
    let world = World::with_mailbox(&[]);
    world.abandon(&world.order("CUP-1"));
    world.execute("INSERT INTO suppressions (address_hash, reason, since) SELECT address_hash, 'unsubscribed', now() FROM outbox");
    an_hour(&world);
    assert_eq!(world.carry(), []);
    assert_eq!(decisions(&world), ["skipped suppressed"]);
}

#[test]
fn two_orders_of_one_family_are_reminded_of_each() {
    let world = World::with_mailbox(&[]);
    let (one, two) = (world.order("CUP-1"), world.order("CUP-2"));
    world.click_through(&one);
    world.abandon(&two);
    an_hour(&world);
    assert_eq!(world.carry().len(), 2);
}

#[test]
fn its_link_leads_to_a_fresh_checkout() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    let first = world.abandon(&order);
    an_hour(&world);
    let mail = world.carry().pop().expect("a mail");
    let link = mail
        .links()
        .into_iter()
        .find(|link| link.contains("/pay/"))
        .expect("a link");
    let path = link.strip_prefix("http://127.0.0.1:61199").expect("ours");
    let answer = world.get(path);
    assert_eq!(answer.status, 303);
    assert!(!answer.location().contains(&first));
}

#[test]
fn the_checkout_says_that_one_may_follow_and_only_then() {
    let world = World::with_mailbox(&[]);
    let notice = |session: &str| {
        world.stripe.session(session).expect("it is there")["custom_text"]["submit"]["message"]
            .as_str()
            .map(str::to_owned)
    };
    let first = world.order("CUP-1");
    let with = notice(&world.abandon(&first)).expect("a notice");
    assert!(with.contains("one reminder"), "{with}");
    an_hour(&world);
    assert_eq!(world.carry().len(), 1);
    assert_eq!(notice(&world.click_through(&first)), None, "it was the one");
    assert_eq!(
        notice(&world.click_through(&world.order_with("CUP-2", json!({ "remind": false })))),
        None
    );
    world.execute("UPDATE settings SET notice_text = 'Only once.'");
    assert_eq!(
        notice(&world.click_through(&world.order("CUP-3"))).as_deref(),
        Some("Only once.")
    );
    world.execute("UPDATE settings SET reminders_enabled = false");
    assert_eq!(notice(&world.click_through(&world.order("CUP-4"))), None);
}

#[test]
fn the_same_reminder_claimed_by_two_replicas_whose_clocks_differ_is_one_mail() {
    let world = World::with_mailbox(&[]);
    world.abandon(&world.order("CUP-1"));
    an_hour(&world);
    let ahead = world.courier_ahead_by(Duration::seconds(90));
    let behind = world.courier_ahead_by(Duration::seconds(-90));
    world.carry_with(vec![ahead, behind]);
    assert_eq!(world.mailbox().mails().len(), 1);
}

#[test]
fn one_that_a_server_may_have_was_the_one_even_when_its_retry_is_not_sent() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world.abandon(&order);
    an_hour(&world);
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Message,
        recipient: None,
        action: Action::Drop,
        times: Some(1),
    }]);
    assert_eq!(world.carry().len(), 1);
    assert_eq!(world.mail_states(), ["unknown"]);
    // A person says: again; but somebody is at the checkout now, so it is not sent.
    a_person_says_again(&world);
    world.click_through(&order);
    assert_eq!(world.carry(), []);
    assert_eq!(world.mail_states(), ["cancelled"]);
    world.pass(Duration::hours(25));
    world.deliver();
    an_hour(&world);
    assert_eq!(world.carry(), []);
    assert_eq!(decisions(&world), ["sent", "skipped already_reminded"]);
}
