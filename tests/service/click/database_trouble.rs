//! The database is away: payers are told to wait, and afterwards all is as it was.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use reqwest::Method;

use super::{assert_is_busy, rows, wait_until};
use crate::{
    simulator::{Call, Fault},
    support::{
        Order, World,
        browser::{person, runtime, send},
        cluster::Database,
        process::Process,
    },
};

/// The contract's five seconds, and what a busy machine adds.
const AT_MOST: Duration = Duration::from_secs(7);

fn lonely_world() -> (World, Order) {
    let world = World::on(Database::on_a_server_of_its_own(), &[]);
    let order = world.order("CUP-1");
    (world, order)
}

#[test]
fn while_the_database_is_away_everybody_is_told_in_time_and_afterwards_all_works_again() {
    let (world, order) = lonely_world();
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world.database.stop();

    let asked = Instant::now();
    let url = world.url().to_owned();
    let pages = [order.path.clone(), format!("{}/return", order.path)]
        .map(|path| runtime().spawn(send(person(Method::GET, &format!("{url}{path}")))));
    let ready = runtime().spawn(send(person(Method::GET, &format!("{url}/readyz"))));
    let webhook = std::thread::scope(|scope| {
        let delivery = scope.spawn(|| {
            world
                .stripe
                .deliver_all(crate::simulator::Order::AsHappened)
        });
        assert_eq!(world.get("/healthz").status, 200);
        delivery.join().unwrap()
    });
    assert_eq!(webhook, Ok(vec![503]));
    for page in pages {
        assert_is_busy(&runtime().block_on(page).unwrap());
    }
    assert_eq!(runtime().block_on(ready).unwrap().status, 503);
    assert!(asked.elapsed() < AT_MOST, "{:?}", asked.elapsed());

    world.database.start_again();
    wait_until("the service is ready", || {
        world.get("/readyz").status == 200
    });
    assert_eq!(
        world.click_through(&order),
        session,
        "nobody has told us of the payment yet"
    );
    world.deliver();
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn a_database_that_leaves_while_stripe_answers_loses_nothing() {
    let (world, order) = lonely_world();
    let late = Fault::Latency(Duration::from_millis(500));
    world.stripe.inject(Call::CreateSession, late, 1);
    let click = person(Method::GET, &format!("{}{}", world.url(), order.path));
    let click = runtime().spawn(send(click));
    wait_until("Stripe is asked", || !world.traffic().is_empty());
    world.database.stop();
    assert_is_busy(&runtime().block_on(click).unwrap());
    assert_eq!(world.stripe.creations(), 1);

    world.database.start_again();
    wait_until("the click leads on", || world.click(&order).status == 303);
    assert_eq!(world.stripe.creations(), 1);
    assert_eq!(rows(&world, &order), ["open"]);
}

#[test]
fn connections_that_died_with_a_restart_are_not_the_payers_trouble() {
    let (world, order) = lonely_world();
    let session = world.click_through(&order);
    world.database.stop();
    world.database.start_again();
    assert_eq!(world.click_through(&order), session);
}

#[test]
fn connections_that_hang_cost_a_click_and_not_the_service() {
    let (world, order) = lonely_world();
    let session = world.click_through(&order);
    // As if the database's host had vanished and another had taken its place.
    let frozen = world.texts(
        "SELECT pid::text AS text FROM pg_stat_activity \
         WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    );
    signal("-STOP", &frozen);
    let asked = Instant::now();
    assert_is_busy(&world.click(&order));
    assert!(asked.elapsed() < AT_MOST, "{:?}", asked.elapsed());
    assert_eq!(world.click_through(&order), session);
    signal("-CONT", &frozen);
}

fn signal(signal: &str, processes: &[String]) {
    let sent = Command::new("kill").arg(signal).args(processes).status();
    assert!(sent.is_ok_and(|status| status.success()));
}

/// The line that `process` has logged with `part` in it, once it has.
fn logged(process: &Process, part: &str) -> String {
    let found = || process.log().into_iter().find(|line| line.contains(part));
    wait_until(part, || found().is_some());
    found().unwrap()
}

#[test]
fn the_log_says_whether_the_database_is_away_or_refused_a_statement() {
    let (world, order) = lonely_world();
    let process = Process::serve(world.settings(), &["--no-worker"]);
    let click = format!("{}{}", process.url, order.path);
    let return_page = format!("{click}/return");
    world.execute("ALTER TABLE orders RENAME TO put_aside");
    for (url, module) in [(&click, "checkout: "), (&return_page, "web: ")] {
        assert_is_busy(&World::anybody_gets(url));
        let refused = logged(&process, &format!("{module}the database refused: "));
        assert!(refused.contains("ERROR"), "{refused}");
        assert!(refused.contains("\"orders\""), "{refused}");
    }

    world.execute("ALTER TABLE put_aside RENAME TO orders");
    world.database.stop();
    for (url, module) in [(&click, "checkout: "), (&return_page, "web: ")] {
        assert_is_busy(&World::anybody_gets(url));
        let away = logged(&process, &format!("{module}the database cannot be reached"));
        assert!(away.contains("WARN"), "{away}");
    }
    let log = process.log();
    assert_eq!(log.iter().find(|line| line.contains("no database")), None);
    world.database.start_again();
}
