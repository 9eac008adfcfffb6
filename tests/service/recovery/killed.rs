//! Workers that die while carts are decided on and written about.

use std::{collections::HashMap, time::Duration};

use serde_json::json;

use super::{left, opened};
use crate::{
    simulator::{Call, Fault, Order},
    support::{World, process::Process},
};

const PEOPLE: usize = 30;

#[test]
fn two_replicas_that_are_killed_again_and_again_write_to_nobody_twice_and_forget_nobody() {
    let world =
        World::with_mailbox(&[("REMINDER_DELAY_SECONDS", "1"), ("MAIL_LEASE_SECONDS", "1")]);
    world.execute("UPDATE settings SET recovery_enabled = true");
    for number in 0..PEOPLE * 2 {
        let session = opened(&world, Some(&format!("person-{}@example.org", number / 2)));
        world.stripe.expire(&session).expect("it is open");
    }
    // Slow enough that a kill finds carts that are being read, and mails in hand.
    let slow = Fault::Latency(Duration::from_millis(30));
    world.stripe.inject(Call::LineItems, slow, 100_000);
    let told = world.stripe.deliver_all(Order::AsHappened);
    assert!(told.is_ok_and(|statuses| statuses.iter().all(|status| *status == 200)));
    let mut workers: Vec<Process> = (0..2).map(|_| Process::work(world.settings())).collect();
    let mut kills = 0;
    while world.count("stripe_events WHERE state = 'pending'") > 0
        || world.count("outbox WHERE state IN ('queued', 'sending')") > 0
    {
        assert!(kills < 200, "it takes too long");
        // Each lives a little longer than the one before: a busy machine starts them slowly.
        std::thread::sleep(Duration::from_millis(90 + 41 * (kills % 5) + 10 * kills));
        workers.remove(0).kill();
        kills += 1;
        // What it held is another's at once, also what a living one still holds.
        world.execute("UPDATE stripe_events SET claimed_until = NULL, not_before = to_timestamp(0) WHERE state = 'pending'");
        workers.push(Process::work(world.settings()));
    }
    drop(workers);
    assert!(kills >= 3, "too quick to tell");
    assert_eq!(world.count("reminder_decisions"), PEOPLE * 2);
    assert_eq!(world.count("orders"), PEOPLE);
    let states = world.mail_states();
    assert_eq!(states.len(), PEOPLE);
    assert!(
        states
            .iter()
            .all(|state| state == "sent" || state == "unknown"),
        "{states:?}"
    );
    let mut mails: HashMap<String, usize> = HashMap::new();
    for to in world.mailbox().mails().into_iter().flat_map(|mail| mail.to) {
        *mails.entry(to).or_default() += 1;
    }
    assert!(mails.values().all(|count| *count == 1), "{mails:?}");
    let sent = states.iter().filter(|state| *state == "sent").count();
    assert!(sent > 0 && mails.len() >= sent, "{states:?}");
    // Told once more, nothing follows.
    let event = world.stripe.events().pop().expect("an expiry");
    let mut twin = event.clone();
    twin["id"] = json!("evt_twin");
    crate::webhook::post_signed(&world, &twin.to_string());
    left(&world, Some("person-0@example.org"));
    assert_eq!(world.count("outbox"), PEOPLE);
}
