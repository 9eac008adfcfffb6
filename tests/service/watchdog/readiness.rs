//! `/readyz` and `/metrics` of a process that works, and of one that does not.

use std::time::{Duration, Instant};

use crate::{
    mail::accident::wait_until,
    support::{Process, World, monitor::Monitor},
};

fn asked(process: &Process, path: &str) -> (u16, String) {
    let answer = World::anybody_gets(&format!("{}{path}", process.url));
    (answer.status, answer.body)
}

/// The value of a metric's line.
fn value(process: &Process, name: &str) -> Option<i64> {
    let (_, text) = asked(process, "/metrics");
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")));
    line.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

fn turned(process: &Process, which: &str) -> Option<i64> {
    let name = format!("freshmint_worker_last_turn_timestamp_seconds{{loop=\"{which}\"}}");
    value(process, &name)
}

const LOOPS: [&str; 12] = [
    "alert_calls",
    "events",
    "mails",
    "alerts",
    "full_sweep",
    "sweep",
    "prune",
    "names",
    "bounces",
    "figures",
    "news",
    "mailings",
];

#[test]
fn every_loop_says_when_it_last_turned_and_goes_on_saying_so() {
    let world = World::with_mailbox(&[]);
    let process = world.process();
    for which in LOOPS {
        wait_until(which, || turned(&process, which).is_some());
        let age = world.now().timestamp() - turned(&process, which).unwrap();
        assert!((0..40).contains(&age), "{which}: {age}");
    }
    let first = turned(&process, "mails");
    wait_until("it turns again", || turned(&process, "mails") > first);
}

#[test]
fn the_age_of_the_oldest_event_grows_while_nobody_works_on_it() {
    let world = World::new();
    let process = world.process();
    let name = "freshmint_inbox_oldest_pending_seconds";
    wait_until("it was looked", || value(&process, name) == Some(0));
    // Events are claimed no more, and looked at all the same.
    world.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$");
    world.execute("CREATE TRIGGER refuse BEFORE UPDATE ON stripe_events FOR EACH ROW EXECUTE FUNCTION refuse()");
    world.execute(
        "INSERT INTO stripe_events (id, type, body, received_at) \
         VALUES ('evt_1', 'price.created', '{}', now() - interval '1 hour')",
    );
    wait_until("its age is seen", || value(&process, name) >= Some(3_600));
    let seen = value(&process, name);
    wait_until("it grows", || value(&process, name) > seen);
    // One that waits for its next try is not to be worked on.
    world.execute("DROP TRIGGER refuse ON stripe_events");
    wait_until("it is worked on", || value(&process, name) == Some(0));
}

#[test]
fn a_process_whose_loop_stands_still_for_a_minute_is_not_ready_and_names_it() {
    let monitor = Monitor::start();
    let world = World::with_mailbox(&[("ALERT_URL", &monitor.url)]);
    let process = world.process();
    let web_only = Process::serve(world.settings(), &["--no-worker"]);
    wait_until("it works", || {
        LOOPS.iter().all(|which| turned(&process, which).is_some())
    });
    assert_eq!(asked(&process, "/readyz"), (200, "ok\n".to_owned()));
    // Whatever the loop asks is refused: a fault of ours.
    world.execute("ALTER TABLE pace RENAME rate TO elsewhere");
    let since = Instant::now();
    let not_ready = || asked(&process, "/readyz").0 == 503;
    while !not_ready() {
        assert!(since.elapsed() < Duration::from_secs(90));
        std::thread::sleep(Duration::from_millis(500));
    }
    assert!(
        since.elapsed() > Duration::from_secs(50),
        "{:?}",
        since.elapsed()
    );
    let (_, why) = asked(&process, "/readyz");
    assert!(
        why.starts_with("the worker stands still at mails: "),
        "{why}"
    );
    assert_eq!(asked(&process, "/healthz").0, 200);
    assert_eq!(asked(&web_only, "/readyz").0, 200);
    assert_eq!(turned(&web_only, "mails"), None);
    // That is told by a way which does not stand.
    let told = |state: &str| {
        let posts = monitor.posts().into_iter();
        posts
            .filter(|it| it.contains("\"worker\"") && it.contains(state))
            .count()
    };
    wait_until("it is told", || told("\"begins\"") == 1);
    world.execute("ALTER TABLE pace RENAME elsewhere TO rate");
    wait_until("it goes on", || asked(&process, "/readyz").0 == 200);
    // Half a minute later: a moment is no end.
    std::thread::sleep(Duration::from_secs(25));
    wait_until("that is told", || told("\"over\"") == 1);
    assert_eq!(told("\"begins\""), 1);
}
