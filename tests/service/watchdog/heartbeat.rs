//! The heartbeat: heard while all goes on, and only then.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use freshmint::{
    config::Secret,
    heartbeat,
    outside::Outside,
    serve::{self, Parts, Stop},
};

use super::{hold, let_go};
use crate::{
    mail::accident::wait_until,
    support::{Process, World, cluster::Database, monitor::Monitor},
};

/// What is a minute outside of tests: loops look every two seconds.
const MINUTE: Duration = Duration::from_secs(5);

/// A worker in this process, with a heartbeat of a shorter minute.
struct Worker {
    stop: Stop,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    fn start(world: &World, monitor: &Monitor) -> Self {
        let (app, stop, stopped) = (world.app.clone(), Stop::new(), Arc::default());
        let place = Outside::new("HEARTBEAT_URL", &Secret::new(&monitor.url));
        let mut watched = app.clone();
        watched.heartbeat = Some(place.expect("an address"));
        let until: Arc<AtomicBool> = Arc::clone(&stopped);
        heartbeat::start(&watched, MINUTE, move || until.load(Ordering::SeqCst));
        let parts = Parts {
            web: None,
            worker: true,
        };
        let until = stop.clone();
        let thread = std::thread::spawn(move || {
            let ended = actix_web::rt::System::new().block_on(serve::run(app, parts, until));
            ended.expect("it works");
        });
        Self {
            stop,
            stopped,
            thread: Some(thread),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.stop();
        self.stopped.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn is_heard_again(monitor: &Monitor, when: &str) {
    let before = monitor.asked();
    wait_until(when, || monitor.asked() > before);
}

/// It may be heard for a minute yet, then no more.
fn falls_silent(monitor: &Monitor, when: &str) {
    std::thread::sleep(MINUTE + Duration::from_secs(5));
    let before = monitor.asked();
    std::thread::sleep(MINUTE + Duration::from_secs(2));
    assert_eq!(monitor.asked(), before, "{when}");
}

#[test]
fn a_heart_beats_while_the_loops_turn_and_the_database_answers() {
    let database = Database::on_a_server_of_its_own();
    // What a mail server says, or that it is away, is no fault of ours.
    let changed = [
        ("SMTP_URL", "smtp://127.0.0.1:9"),
        ("MAIL_FROM", "a@example.org"),
    ];
    let world = World::on(database, &changed);
    world.queue_link(&world.order("CUP-1"));
    let monitor = Monitor::start();
    let worker = Worker::start(&world, &monitor);
    is_heard_again(&monitor, "all is well");
    is_heard_again(&monitor, "all is still well");

    for table in ["pace", "stripe_events"] {
        let held = hold(&world, table);
        falls_silent(&monitor, table);
        let_go(held);
        is_heard_again(&monitor, table);
    }

    world.database.stop();
    falls_silent(&monitor, "without a database");
    world.database.start_again();
    is_heard_again(&monitor, "the database is back");
    drop(worker);
}

#[test]
fn the_service_asks_the_monitor_soon_after_its_start_and_never_without_a_worker() {
    let (monitor, unasked) = (Monitor::start(), Monitor::start());
    let world = World::with_mailbox(&[("HEARTBEAT_URL", &monitor.url)]);
    let working = world.process();
    let mut settings = world.settings().clone();
    settings.insert("HEARTBEAT_URL".to_owned(), unasked.url.clone());
    let web_only = Process::serve(&settings, &["--no-worker"]);
    wait_until("the monitor is asked", || monitor.asked() > 0);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!((monitor.asked(), unasked.asked()), (1, 0));
    for log in [working.log(), web_only.log()] {
        assert!(!log.concat().contains("key-of-it"), "{log:?}");
    }
}

#[test]
fn a_wrong_address_is_refused_at_the_start_and_not_told() {
    let world = World::new();
    let wrong = [("HEARTBEAT_URL", "http://monitor.example.org/key-of-it")];
    let (code, _, said) = world.command_with(&wrong, &["work"]);
    assert_eq!(code, 2);
    assert!(said.contains("HEARTBEAT_URL is wrong"), "{said}");
    assert!(!said.contains("key-of-it"), "{said}");
}
