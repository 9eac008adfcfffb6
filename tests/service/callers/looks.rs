//! How often Stripe is asked how an order stands.

use chrono::Duration;
use reqwest::Method;

use crate::{
    simulator::{Call, Fault},
    support::{
        Answer, Order, World,
        browser::{person, runtime, send},
    },
};

fn come_back(world: &World, order: &Order) -> Answer {
    world.get(&format!("{}/return", order.path))
}

fn reads(world: &World) -> usize {
    let traffic = world.traffic();
    let reads = traffic
        .iter()
        .filter(|line| line.starts_with("GET /v1/checkout/sessions/"));
    reads.count()
}

#[test]
fn however_many_come_back_stripe_is_asked_once_in_a_few_seconds() {
    let world = World::new();
    world.stop_clock();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    let url = format!("{}{}/return", world.url(), order.path);
    let visits = (0..200).map(|_| send(person(Method::GET, &url)));
    let answers = runtime().block_on(futures::future::join_all(visits));
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(reads(&world), 1);

    // Whoever has paid meanwhile is not told that no money was taken.
    world.pass(Duration::seconds(3));
    assert!(come_back(&world, &order).text().contains("Not paid yet"));
    world.stripe.pay(&session).unwrap();
    let meanwhile = come_back(&world, &order);
    assert!(!meanwhile.text().contains("no money"), "{meanwhile:?}");
    assert_eq!((meanwhile.status, meanwhile.header("refresh")), (200, "3"));
    world.pass(Duration::seconds(3));
    let after = come_back(&world, &order);
    assert!(after.text().contains("Thank you"), "{after:?}");
    assert_eq!(after.header("refresh"), "");
}

#[test]
fn while_stripe_does_not_answer_it_is_not_asked_by_each_visit() {
    let world = World::with(&[("STRIPE_TIMEOUT_SECONDS", "2")]);
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world
        .stripe
        .inject(Call::RetrieveSession, Fault::ErrorBefore, usize::MAX);
    for _ in 0..20 {
        assert_eq!(come_back(&world, &order).status, 503);
    }
    // Three looks, each with its repeats, and one more for each three seconds that passed.
    let asked = reads(&world);
    assert!((3..=15).contains(&asked), "{asked}");
    world.stripe.clear_faults();
    world.stripe.pay(&session).unwrap();
    world.pass(Duration::seconds(3));
    assert!(come_back(&world, &order).text().contains("Thank you"));
}

#[test]
fn clicks_on_an_order_whose_bank_debit_is_on_its_way_do_not_each_ask() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.start_debit(&session).unwrap();
    world.deliver();
    world.stripe.clear_requests();
    let before = world.now();
    for _ in 0..20 {
        assert!(world.click(&order).text().contains("being processed"));
    }
    let windows = (world.now() - before).num_seconds() / 3 + 1;
    let traffic = world.traffic();
    // A debit is read in two calls.
    let most = 2 * usize::try_from(windows).unwrap();
    assert!(reads(&world) <= most, "{traffic:?} in {windows} windows");
}
