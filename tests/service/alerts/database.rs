//! A database that is away is told past the database.

use chrono::Duration;
use freshmint::alert::{
    away::{DATABASE, Memory, WORKER, database_is_away},
    heir::Heir,
};

use crate::support::{Receiver, World, browser::runtime, cluster::Database};

#[test]
fn a_database_that_is_away_is_told_when_it_goes_and_when_it_is_back() {
    let receiver = Receiver::start();
    let world = World::on(
        Database::on_a_server_of_its_own(),
        &[("ALERT_URL", receiver.url.as_str())],
    );
    let mut memory = Memory::new(&DATABASE);
    let mut turn = |time: Duration| {
        world.pass(time);
        runtime().block_on(async {
            let is_away = database_is_away(&world.app).await;
            memory.turn(&world.app, is_away).await;
        });
    };
    turn(Duration::zero());
    world.database.stop();
    turn(Duration::seconds(2));
    turn(Duration::seconds(30));
    assert_eq!(receiver.told(), [""; 0], "a restart takes as long");
    turn(Duration::seconds(10));
    turn(Duration::minutes(5));
    assert_eq!(receiver.told(), ["begins database"]);
    world.database.start_again();
    turn(Duration::seconds(2));
    turn(Duration::seconds(40));
    turn(Duration::minutes(1));
    assert_eq!(receiver.told(), ["begins database", "over database"]);
    assert!(receiver.bodies()[0].contains("the database cannot be reached"));
}

/// A process with a worker, as its watchdog sees it.
struct Process {
    database: Memory,
    worker: Memory,
    heir: Heir,
}

impl Process {
    fn of(world: &World) -> Self {
        Self {
            database: Memory::new(&DATABASE),
            worker: Memory::new(&WORKER),
            heir: Heir::new(&world.app),
        }
    }

    /// After so long it looks: its worker stands, or not.
    fn turn(&mut self, world: &World, time: Duration, stands: bool) {
        world.pass(time);
        runtime().block_on(async {
            self.database.turn(&world.app, false).await;
            self.worker.turn(&world.app, stands).await;
            let mut memories = [&mut self.database, &mut self.worker];
            self.heir.turn(&world.app, &mut memories).await;
        });
    }
}

#[test]
fn what_a_process_told_another_one_tells_to_be_over_if_the_first_is_gone() {
    let receiver = Receiver::start();
    let world = World::with(&[("ALERT_URL", receiver.url.as_str())]);
    let mut first = Process::of(&world);
    first.turn(&world, Duration::zero(), true);
    assert_eq!(receiver.told(), ["begins worker"]);

    let mut second = Process::of(&world);
    second.turn(&world, Duration::zero(), false);
    second.turn(&world, Duration::minutes(5), false);
    assert_eq!(receiver.told(), ["begins worker"], "the first one lives");
    // Then it comes no more, and what it said of its life runs out.
    world.execute(
        "UPDATE told_from_memory SET alive_until = clock_timestamp() - interval '1 second'",
    );
    second.turn(&world, Duration::seconds(2), false);
    second.turn(&world, Duration::seconds(2), false);
    assert_eq!(receiver.told(), ["begins worker", "over worker"]);
    second.turn(&world, Duration::seconds(2), false);
    assert_eq!(
        world.count("told_from_memory"),
        0,
        "nothing is left to tell"
    );
    let mut third = Process::of(&world);
    third.turn(&world, Duration::minutes(5), false);
    third.turn(&world, Duration::minutes(5), false);
    assert_eq!(receiver.told(), ["begins worker", "over worker"]);
}

#[test]
fn whoever_takes_over_what_goes_on_keeps_it_and_tells_it_once() {
    let receiver = Receiver::start();
    let world = World::with(&[("ALERT_URL", receiver.url.as_str())]);
    Process::of(&world).turn(&world, Duration::zero(), true);
    world.execute(
        "UPDATE told_from_memory SET alive_until = clock_timestamp() - interval '1 second'",
    );
    let (mut second, mut third) = (Process::of(&world), Process::of(&world));
    second.turn(&world, Duration::seconds(30), false);
    third.turn(&world, Duration::zero(), false);
    assert_eq!(world.count("told_from_memory"), 1, "one of them has it");
    third.turn(&world, Duration::minutes(1), false);
    assert_eq!(
        receiver.told(),
        ["begins worker"],
        "not the one that has not"
    );
    second.turn(&world, Duration::zero(), false);
    assert_eq!(receiver.told(), ["begins worker", "over worker"]);
}
