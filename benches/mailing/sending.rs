//! While it sends: what somebody looks at, and what a payer waits for.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use freshmint::{
    db::Lane,
    outbox::{Courier, Round},
    token::{self, Role},
};
use freshmint_benches::{
    Bench, Line,
    browser::Browser,
    world::{BROWSER, World},
};
use freshmint_fakes::mailbox::Mailbox;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// What is asked for again and again.
const LOOKS: [&str; 3] = ["its counts", "a page of its recipients", "a click"];
/// What is to be left of the speed that each has when nothing is sent.
const LEFT: f64 = 0.5;

/// How long each look took, every time.
type Took = [Vec<Duration>; 3];

pub fn measure(bench: &mut Bench, world: &World, mailbox: &Mailbox, id: Uuid, recipients: usize) {
    let shop = Browser::new(&world.service, ("Authorization", token(world)));
    let payer = Browser::new(&world.service, ("User-Agent", BROWSER.to_owned()));
    let click = world.orders("clicked", 1).remove(0).path;
    let once = || {
        [
            shop.once(&format!("/api/v1/blasts/{id}")),
            shop.once(&format!("/api/v1/blasts/{id}/recipients")),
            payer.once(&click),
        ]
    };
    once();
    let (sent, busy) = while_sending(world, mailbox, recipients, once);
    bench.add(Line::rate("mails sent, looked at all the while", sent));
    let mut quiet = Took::default();
    for _ in 0..busy[0].len().clamp(20, 200) {
        keep(&mut quiet, once());
    }
    for ((look, busy), quiet) in LOOKS.iter().zip(busy).zip(quiet) {
        let (busy, quiet) = (Spread::of(busy), Spread::of(quiet));
        let named = |when: &str| format!("{look}, {when}");
        bench.add(Line::time(named("all sent"), quiet.p50).took(quiet.p50, quiet.p99));
        let line = Line::time(named("while it sends"), busy.p50).took(busy.p50, busy.p99);
        let ratio = quiet.p50.as_secs_f64() / busy.p50.as_secs_f64();
        bench.add(line.of("all sent", ratio).goal_ratio(LEFT));
    }
}

fn token(world: &World) -> String {
    let issued = world.app.db.patient().transaction_blocking(|connection| {
        token::issue(connection, "bench", Role::Operator, &world.doing())
    });
    let (secret, _) = issued.expect("the database answers").expect("a new name");
    format!("Bearer {}", secret.expose())
}

/// Sends all of it, as a worker does it, and looks meanwhile; tells how many mails went out a second.
fn while_sending(
    world: &World,
    mailbox: &Mailbox,
    recipients: usize,
    once: impl Fn() -> [Duration; 3],
) -> (f64, Took) {
    let is_sent = AtomicBool::new(false);
    let mut took = Took::default();
    let begun = Instant::now();
    let seconds = thread::scope(|scope| {
        let sending = scope.spawn(|| {
            Runtime::new()
                .expect("threads")
                .block_on(send(world, mailbox, recipients));
            is_sent.store(true, Ordering::Relaxed);
            begun.elapsed().as_secs_f64()
        });
        while !is_sent.load(Ordering::Relaxed) {
            keep(&mut took, once());
        }
        sending.join().expect("it sends")
    });
    (recipients as f64 / seconds, took)
}

async fn send(world: &World, mailbox: &Mailbox, recipients: usize) {
    let mut courier = Courier::new(world.app.on(Lane::Worker));
    while mailbox.received() < recipients {
        match courier.round().await.expect("the database answers") {
            Round::Busy => {}
            Round::Wait(pause) => tokio::time::sleep(pause).await,
            Round::Idle => break,
        }
    }
    courier.stop().await.expect("the database answers");
    assert_eq!(mailbox.received(), recipients, "each has got its mail");
}

fn keep(took: &mut Took, one: [Duration; 3]) {
    for (all, one) in took.iter_mut().zip(one) {
        all.push(one);
    }
}

struct Spread {
    p50: Duration,
    p99: Duration,
}

impl Spread {
    fn of(mut took: Vec<Duration>) -> Self {
        took.sort_unstable();
        Self {
            p50: took[took.len() / 2],
            p99: took[took.len() * 99 / 100],
        }
    }
}
