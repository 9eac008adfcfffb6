//! What must hold: asked of the mailbox, the simulator, the callers, the place for alerts, and the rows.

mod alerts;
mod clicks;
mod mails;
mod payments;
mod rest;

use std::collections::BTreeMap;

pub use self::{alerts::kind_of, rest::come_to_rest};
use super::{Ground, callers::Calls, watch::Watch};
use crate::support::Order;

/// Waits, within bounds, for what is still to be told.
pub fn hear_out(ground: &Ground, watch: &Watch) {
    alerts::hear_out(ground, watch);
}

/// Everything that does not hold, a sentence each.
pub fn judge(ground: &Ground, orders: &[Order], calls: &Calls, watch: &Watch) -> Vec<String> {
    let mut wrong = mails::judge(ground);
    wrong.extend(payments::judge(ground, orders, calls));
    wrong.extend(clicks::judge(
        ground,
        &calls.calls.lock().expect("no panic"),
    ));
    wrong.extend(alerts::judge(ground, watch));
    wrong
}

fn counted(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_insert(0) += 1;
    }
    counts
}
