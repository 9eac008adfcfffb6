//! A flood: thousands of expiries wait in the intake, each told several times.

use chrono::Duration;
use freshmint::inbox::{self, NewEvent, Source};
use serde_json::json;

use super::{an_hour, opened, shop};

/// Sessions that expired, people whose sessions they are, and how often each expiry is told.
const FLOOD: (usize, usize, usize) = (2_000, 400, 10);

#[test]
fn of_a_flood_of_expiries_everybody_is_written_to_once() {
    let (sessions, people, times) = FLOOD;
    let world = shop();
    for number in 0..sessions {
        let address = format!("person-{}@example.org", number % people);
        let session = opened(&world, Some(&address));
        world.stripe.expire(&session).expect("it is open");
    }
    let events = world.stripe.events();
    let told = (0..times).flat_map(|time| {
        events.iter().map(move |event| {
            let mut event = event.clone();
            event["id"] = json!(format!("{}_{time}", event["id"].as_str().expect("an id")));
            event.to_string()
        })
    });
    let told: Vec<NewEvent> = told
        .map(|body| NewEvent::of(body.into_bytes(), Source::Webhook, world.now()))
        .collect();
    for some in told.chunks(500) {
        let kept = world
            .app
            .db
            .run_blocking(|connection| inbox::insert(connection, some));
        assert_eq!(kept.expect("the database answers").len(), some.len());
    }
    world.work_off();
    assert_eq!(
        world.count("stripe_events WHERE state IN ('pending', 'failed')"),
        0
    );
    assert_eq!(world.count("reminder_decisions"), sessions);
    assert_eq!(world.count("orders"), people);
    an_hour(&world);
    world.carry_with(vec![world.courier(), world.courier()]);
    let mut written: Vec<String> = world
        .mailbox()
        .mails()
        .into_iter()
        .flat_map(|mail| mail.to)
        .collect();
    let all = written.len();
    written.sort_unstable();
    written.dedup();
    assert_eq!((written.len(), all), (people, people));
    world.pass(Duration::hours(1));
    assert_eq!(world.carry(), []);
}
