//! A database that is away is told past the database.

use chrono::Duration;
use freshmint::alert::away::{DATABASE, Memory, database_is_away};

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
    turn(Duration::seconds(100));
    assert_eq!(receiver.told(), [""; 0], "a restart takes as long");
    turn(Duration::seconds(30));
    turn(Duration::minutes(5));
    assert_eq!(receiver.told(), ["begins database"]);
    world.database.start_again();
    turn(Duration::seconds(2));
    turn(Duration::seconds(40));
    turn(Duration::minutes(1));
    assert_eq!(receiver.told(), ["begins database", "over database"]);
    assert!(receiver.bodies()[0].contains("the database cannot be reached"));
}
