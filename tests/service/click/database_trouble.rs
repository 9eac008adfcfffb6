//! The database is away: payers are told to wait, and afterwards all is as it was.

use std::time::{Duration, Instant};

use reqwest::Method;

use super::{assert_is_busy, rows, wait_until};
use crate::{
    simulator::{Call, Fault},
    support::{
        Order, World,
        browser::{person, runtime, send},
        cluster::Database,
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
