//! A checkout belongs to one order: lines of two orders that name the same one contradict each other.

use std::collections::HashMap;

use super::{BadRow, Entry, Fault};
use crate::gateway::SessionId;

/// An order, and the line that names its checkouts.
pub(super) struct Sound {
    pub(super) entry: Entry,
    pub(super) says_sessions: u64,
}

/// Takes out the orders that name the same checkout: nobody can tell whose it is.
pub(super) fn without_duplicates(orders: Vec<Sound>) -> (Vec<Entry>, Vec<BadRow>) {
    let mut said: HashMap<&SessionId, Vec<u64>> = HashMap::new();
    for order in &orders {
        for id in &order.entry.prior.sessions {
            said.entry(id).or_default().push(order.says_sessions);
        }
    }
    if said.is_empty() {
        return (
            orders.into_iter().map(|order| order.entry).collect(),
            Vec::new(),
        );
    }
    let others: Vec<Option<u64>> = orders
        .iter()
        .map(|order| {
            let ids = order.entry.prior.sessions.iter();
            let lines = ids.filter_map(|id| said.get(id)).flatten();
            lines.copied().find(|line| *line != order.says_sessions)
        })
        .collect();
    let (mut entries, mut bad) = (Vec::new(), Vec::new());
    for (order, other) in orders.into_iter().zip(others) {
        match other {
            None => entries.push(order.entry),
            Some(other) => bad.push(BadRow {
                line: order.says_sessions,
                reference: Some(order.entry.order.reference.to_string()),
                faults: vec![Fault::of(
                    "stripe_session_id",
                    format!("line {other} names the same checkout for another order; keep it where it belongs"),
                )],
            }),
        }
    }
    (entries, bad)
}
