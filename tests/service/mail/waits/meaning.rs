//! What a refusal means for its address, and when that is written.

use reqwest::Method;

use super::{families, one_by_one, refuse_only, retry, states, to};
use crate::{mail::refused::an_hour_shows_it, mailbox::Stage, support::World};

const GONE: &str = "5.1.1 no such user";

fn suppressed(world: &World) -> Vec<String> {
    world.texts(
        "SELECT coalesce(address, '-') || ' ' || reason AS text FROM suppressions ORDER BY 1",
    )
}

/// One mail that came back since there is no such address.
fn came_back() -> World {
    let world = one_by_one();
    to(&world, "CUP-1", "gone@family.example");
    refuse_only(&world, Some("gone@"), Stage::Recipient, 550, GONE);
    world.carry();
    assert_eq!(states(&world), ["bounced 1"]);
    assert!(suppressed(&world).is_empty());
    world
}

#[test]
fn it_is_written_when_a_later_mail_has_been_accepted() {
    let world = came_back();
    to(&world, "CUP-2", "coach@rovers.example.org");
    world.carry();
    assert!(
        suppressed(&world).is_empty(),
        "our own server takes everything"
    );
    families(&world, 1);
    world.carry();
    assert_eq!(suppressed(&world), ["gone@family.example no_such_address"]);
}

#[test]
fn it_is_written_after_an_hour_without_a_streak() {
    let world = came_back();
    world.carry();
    assert!(suppressed(&world).is_empty());
    an_hour_shows_it(&world);
    assert_eq!(suppressed(&world), ["gone@family.example no_such_address"]);
}

#[test]
fn an_unsubscribe_made_meanwhile_is_kept() {
    let world = came_back();
    let mail = world.text("SELECT encode(address_hash, 'hex') AS text FROM outbox");
    world.execute(&format!(
        "INSERT INTO suppressions (address_hash, address, reason, since) \
         VALUES ('\\x{mail}', 'gone@family.example', 'unsubscribed', now())"
    ));
    an_hour_shows_it(&world);
    assert_eq!(suppressed(&world), ["gone@family.example unsubscribed"]);
}

#[test]
fn what_a_person_sends_again_meanwhile_means_nothing_yet() {
    let world = came_back();
    retry(&world, &world.text("SELECT id::text AS text FROM outbox"));
    world.mailbox().set_rules(Vec::new());
    assert_eq!(world.carry().len(), 1);
    an_hour_shows_it(&world);
    assert!(suppressed(&world).is_empty());
}

#[test]
fn dropped_meanwhile_the_address_is_gone_all_the_same() {
    let world = came_back();
    let mail = world.text("SELECT id::text AS text FROM outbox");
    let answer = super::act(&world, &format!("/outbox/{mail}/drop"));
    assert_eq!(answer.status, 200);
    an_hour_shows_it(&world);
    assert_eq!(suppressed(&world), ["gone@family.example no_such_address"]);
    assert_eq!(states(&world), ["cancelled 1"]);
}

#[test]
fn erased_meanwhile_no_address_comes_back() {
    let world = came_back();
    let (code, out, said) = world.command(&["erase", "gone@family.example"]);
    assert_eq!(code, 0, "{out}{said}");
    an_hour_shows_it(&world);
    assert!(
        suppressed(&world).iter().all(|row| !row.contains('@')),
        "{:?}",
        suppressed(&world)
    );
}

#[test]
fn nobody_of_a_streak_is_suppressed_and_who_unsubscribed_in_it_gets_nothing() {
    let world = one_by_one();
    families(&world, 12);
    refuse_only(&world, Some("parent"), Stage::Recipient, 550, GONE);
    world.carry();
    assert_eq!(states(&world), ["queued 12"]);
    let link = world.text("SELECT body AS text FROM outbox ORDER BY id LIMIT 1");
    let token = link
        .split("/unsubscribe/")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .expect("a link to unsubscribe");
    let answer = world.ask(Method::POST, &format!("/unsubscribe/{token}"), &[]);
    assert_eq!(answer.status, 200, "{answer:?}");
    world.mailbox().set_rules(Vec::new());
    super::super::refused::the_wait_is_over(&world);
    assert_eq!(world.carry().len(), 11);
    assert_eq!(suppressed(&world), ["parent1@family1.example unsubscribed"]);
}
