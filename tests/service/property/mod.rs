//! Whatever happens, in whatever order: in the end our rows say what Stripe knows.

mod action;
mod oracle;

use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};

use self::action::{Action, Scene};
use crate::support::World;

#[test]
fn whatever_happens_nobody_can_pay_twice_and_every_payment_is_found() {
    let config = Config {
        cases: 32,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let world = two_replicas();
    let mut number = 0;
    let history = |actions: Vec<Action>| {
        number += 1;
        play(&world, &format!("CUP-{number}"), &actions);
        Ok(())
    };
    let history = std::cell::RefCell::new(history);
    let run = TestRunner::new(config).run(&vec(Action::any(), 1..=12), |actions| {
        (history.borrow_mut())(actions)
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}

fn two_replicas() -> World {
    let mut world = World::new();
    world.add_replica();
    world
}

fn play(world: &World, reference: &str, actions: &[Action]) {
    let mut scene = Scene::new(world, reference);
    for action in actions {
        scene.act(action);
        let payable = world.payable_sessions(&scene.order);
        assert!(payable <= 1, "{payable} payable sessions after {action:?}");
    }
    scene.tell_everything();
    let last = scene.click(0);
    scene.tell_everything();
    oracle::check(&scene, &last);
}
