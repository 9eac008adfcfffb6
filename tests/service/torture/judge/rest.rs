//! Coming to rest, after the troubles.

use std::time::{Duration, Instant};

use crate::{simulator, support::Order, torture::Ground};

/// Rows of mails that wait although nothing keeps them, or that are in hand: a mail waits with a reason if all
/// mail is paused, or if it was refused for now and its next try has not come.
pub const UNRESTED: &str = "outbox WHERE state = 'sending' OR state = 'queued' AND NOT EXISTS (SELECT FROM outbox_pause) \
    AND (not_before <= clock_timestamp() OR last_error IS NULL)";

/// Waits, within bounds, until nothing is in hand, mail goes out again and every order is paid. Meanwhile Stripe posts what it
/// could not, as it does for days, and somebody looks at Stripe, as the worker does every quarter of an hour.
pub fn come_to_rest(ground: &Ground, orders: &[Order]) {
    let until = Instant::now() + ground.measure.rest;
    while Instant::now() < until {
        let posted = ground
            .world
            .stripe
            .deliver_all(simulator::Order::Shuffled(1));
        let looked = ground.world.command(&["sweep"]);
        let (mails, unpaid) = (ground.world.count(UNRESTED), unpaid(ground));
        ground.say(&format!(
            "at rest but for {mails} mails and {unpaid} of {} orders (events: {:?}, sweep: {})",
            orders.len(),
            posted.map(|statuses| statuses.len()),
            looked.0
        ));
        if mails == 0 && unpaid == 0 && ground.world.count("outbox_pause") == 0 {
            return;
        }
        std::thread::sleep(Duration::from_secs(3));
    }
}

fn unpaid(ground: &Ground) -> usize {
    ground
        .world
        .count("orders WHERE status <> 'paid' AND reference LIKE 'pay-%'")
}
