//! The shop is told what needs somebody: by cause, by rank, once, and when it is over.

mod begins;
mod database;
mod digest;
mod once;
mod outside;
mod over;

use chrono::{Duration, NaiveTime};
use freshmint::{alert, app::App};
use serde_json::json;

use crate::support::{Receiver, World, browser::runtime};

const TREASURER: (&str, &str) = ("ALERT_EMAIL", "treasurer@rovers.example.org");

/// A shop that is told by mail.
fn by_mail() -> World {
    let world = World::with_mailbox(&[TREASURER]);
    // A worker has been there before anything happens.
    tell(&world);
    world
}

/// A shop that is told by mail and by post.
fn both_ways() -> (World, Receiver) {
    let receiver = Receiver::start();
    let world = World::with_mailbox(&[TREASURER, ("ALERT_URL", &receiver.url)]);
    tell(&world);
    (world, receiver)
}

/// Lets the worker look; whether it queued a mail.
pub fn tell(world: &World) -> bool {
    look(&world.app)
}

fn look(app: &App) -> bool {
    let told = runtime().block_on(alert::work_off(app));
    told.expect("the database answers")
}

/// Lets the worker post what there is.
fn call(world: &World) {
    while runtime()
        .block_on(alert::call_out(&world.app))
        .expect("the database answers")
    {}
}

/// As if the wait before the next post were over, and every lease.
fn the_wait_is_over(world: &World) {
    world.execute("UPDATE alert_messages SET not_before = to_timestamp(0), claimed_until = NULL");
}

/// Money that belongs to no order comes in.
fn orphan(world: &World) {
    let price =
        json!({ "currency": "eur", "unit_amount": 3000, "product_data": { "name": "Scarf" } });
    let session = world.stripe.open_foreign_session(json!({
        "mode": "payment",
        "success_url": "https://shop.example.org/thanks",
        "line_items": [{ "quantity": 1, "price_data": price }],
        "metadata": { "freshmint_session": "no uuid" },
    }));
    let session = session.unwrap()["id"].as_str().unwrap().to_owned();
    world.stripe.pay(&session).unwrap();
    world.deliver();
}

/// A person has decided about every case.
fn resolve_cases(world: &World) {
    world.execute(
        "UPDATE cases SET resolved_at = now(), resolved_how = 'accept', resolved_by = 'test' \
         WHERE resolved_at IS NULL",
    );
}

/// What a worker does while this time passes.
fn work_for(world: &World, time: Duration) {
    for _ in 0..6 {
        world.pass(time / 6);
        tell(world);
    }
}

/// The subjects of the mails to the shop that were queued so far.
fn subjects(world: &World) -> Vec<String> {
    let subjects =
        world.texts("SELECT subject AS text FROM outbox WHERE kind = 'alert' ORDER BY id");
    let shop = "Rovers Youth FC: ";
    subjects
        .iter()
        .map(|subject| subject.trim_start_matches(shop).to_owned())
        .collect()
}

/// The last mail to the shop.
fn last_mail(world: &World) -> String {
    world.text("SELECT body AS text FROM outbox WHERE kind = 'alert' ORDER BY id DESC LIMIT 1")
}

/// It is this hour of the next day, in UTC.
fn tomorrow_at(world: &World, hour: u32) {
    let tomorrow = world.now().date_naive().succ_opt().unwrap();
    let then = NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    world.pass(tomorrow.and_time(then).and_utc() - world.now());
}
