//! A mailing to thousands: its orders imported, looked at, approved, started.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

use freshmint::{
    blast::{self, Asked},
    db::DbError,
};
use freshmint_benches::{Bench, Line};
use serde_json::json;
use uuid::Uuid;

use crate::world::World;

/// What is to be reached, with twenty thousand.
const IMPORT: f64 = 3_000.0;
const START: f64 = 2_000.0;

/// Takes a spreadsheet of so many in, and sends each its link.
pub fn measure(bench: &mut Bench, world: &World, recipients: usize) {
    let name = |what: &str| format!("{recipients} recipients: {what}");
    let entries = world.file(recipients);
    let took = timed(|| world.import(&entries)).1;
    bench.add(Line::time(name("import"), took).goal_at_most(IMPORT));
    let reference = &entries[0].order.reference;
    let id = created(world, reference.as_str());
    let (preview, took) = timed(|| done(world, blast::preview(&world.app, id)));
    assert_eq!(preview.recipients, recipients);
    bench.add(Line::time(name("preview"), took));
    let (app, doing) = (&world.app, world.doing());
    let seen = blast::Seen::from(preview.content_hash.as_str());
    let (_, took) = timed(|| done(world, blast::approve(app, id, &seen, &doing)));
    bench.add(Line::time(name("approval"), took));
    let (_, took) = timed(|| done(world, blast::start(app, id, &doing)));
    bench.add(Line::time(name("start"), took).goal_at_most(START));
}

fn created(world: &World, reference: &str) -> Uuid {
    let (import, _) = reference.rsplit_once('-').expect("a number behind it");
    let draft: blast::Draft = serde_json::from_value(json!({
        "name": "bench",
        "subject": "The fee for {{ name }}",
        "body": "Hello {{ name }},\n\nplease pay {{ amount }} for {{ reference }}: {{ pay_url }}\n\nThank you",
        "filter": { "metadata": { "import": import } },
    }))
    .expect("a mailing's fields");
    let content = blast::Content::try_from(draft).unwrap_or_else(|why| panic!("{why:?}"));
    let doing = world.doing();
    let created = (world.app.db)
        .transaction_blocking(|connection| blast::create(connection, &content, &doing));
    match created {
        Ok(Asked::Done(blast)) => blast.id,
        other => panic!("{other:?}"),
    }
}

fn done<T: Debug>(world: &World, asked: impl Future<Output = Result<Asked<T>, DbError>>) -> T {
    match world.wait(asked) {
        Asked::Done(done) => done,
        other => panic!("{other:?}"),
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    (work(), begun.elapsed())
}
