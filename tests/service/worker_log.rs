//! What the worker logs when the database is no help: whether it is away or says no.

use std::time::{Duration, Instant};

use crate::support::{World, cluster::Database, process::Process};

/// The pause between two looks, the time after which a database counts as away, and a busy machine.
const AT_MOST: Duration = Duration::from_secs(30);

/// The first line of the log that is new and holds `part`.
fn logged(worker: &Process, from: usize, part: &str) -> String {
    let asked = Instant::now();
    while asked.elapsed() < AT_MOST {
        let log = worker.log();
        if let Some(line) = log[from..].iter().find(|line| line.contains(part)) {
            return line.clone();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no «{part}» in {:#?}", &worker.log()[from..]);
}

#[test]
fn a_refused_statement_and_a_database_that_is_away_are_two_sentences() {
    let world = World::on(Database::on_a_server_of_its_own(), &[]);
    world.execute("ALTER TABLE stripe_events RENAME TO elsewhere");
    let worker = Process::work(world.settings());
    let refused = logged(&worker, 0, "stripe_events");
    for part in ["ERROR", "inbox", "the database refused: "] {
        assert!(refused.contains(part), "{refused}");
    }

    world.execute("ALTER TABLE elsewhere RENAME TO stripe_events");
    let seen = worker.log().len();
    world.database.stop();
    let away = logged(&worker, seen, "the database cannot be reached");
    assert!(away.contains("WARN"), "{away}");
    let log = worker.log();
    let confused = log.iter().find(|line| line.contains("no database"));
    assert_eq!(confused, None);
    world.database.start_again();
}
