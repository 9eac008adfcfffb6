//! Payers who close the page before it has come.

use std::time::Duration;

use crate::{
    simulator::{Call, Fault},
    support::{
        World,
        browser::{client, runtime},
    },
};

use super::{rows, wait_until};

#[test]
fn a_mint_is_finished_though_its_payer_has_gone() {
    let world = World::new();
    let order = world.order("CUP-1");
    let slow = Fault::Latency(Duration::from_millis(1500));
    world.stripe.inject(Call::CreateSession, slow, 1);
    let click = client()
        .get(format!("{}{}", world.url(), order.path))
        .header("user-agent", "Mozilla/5.0 Firefox/140.0")
        .timeout(Duration::from_millis(500));
    assert!(runtime().block_on(async { click.send().await }).is_err());
    wait_until("the session is kept", || rows(&world, &order) == ["open"]);
    world.click_through(&order);
    assert_eq!(world.stripe.creations(), 1);
}
