//! How links came to those who opened them: our links carry no mark of it, so it is read off the mails. By the
//! time a batch is written, the newest mail with the link is the one that was opened, as a rule.

use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use super::{About, Source};
use crate::{
    mail::{Kind, State},
    schema::{outbox, outbox_orders},
};

/// Mails with a link that payers have, or may have.
const KINDS: [Kind; 3] = [Kind::Blast, Kind::Reminder, Kind::Link];
const HAD: [State; 3] = [State::Sent, State::Sending, State::Unknown];

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Sources {
    orders: HashMap<Uuid, Kind>,
    addresses: HashMap<Vec<u8>, Kind>,
}

impl Sources {
    /// How this link came.
    pub(super) fn of(&self, about: About) -> Source {
        let kind = match about {
            About::Order(order) => self.orders.get(&order),
            About::Address(hash) => self.addresses.get(hash.as_slice()),
        };
        match kind {
            Some(Kind::Blast) => Source::Blast,
            Some(Kind::Reminder) => Source::Reminder,
            Some(Kind::Link) => Source::Link,
            Some(Kind::Test | Kind::Alert | Kind::Account) | None => Source::Letter,
        }
    }
}

/// Looks the newest mail of each up.
pub(super) fn of(
    connection: &mut PgConnection,
    all: impl Iterator<Item = About> + Clone,
) -> QueryResult<Sources> {
    let orders: Vec<Uuid> = all
        .clone()
        .filter_map(|about| match about {
            About::Order(order) => Some(order),
            About::Address(_) => None,
        })
        .collect();
    let addresses: Vec<Vec<u8>> = all
        .filter_map(|about| match about {
            About::Order(_) => None,
            About::Address(hash) => Some(hash.to_vec()),
        })
        .collect();
    Ok(Sources {
        orders: of_orders(connection, &orders)?.into_iter().collect(),
        addresses: of_addresses(connection, &addresses)?.into_iter().collect(),
    })
}

fn of_orders(connection: &mut PgConnection, orders: &[Uuid]) -> QueryResult<Vec<(Uuid, Kind)>> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    outbox_orders::table
        .inner_join(outbox::table)
        .filter(outbox_orders::order_id.eq_any(orders))
        .filter(outbox::kind.eq_any(KINDS))
        .filter(outbox::state.eq_any(HAD))
        .distinct_on(outbox_orders::order_id)
        // One in hand has no time yet, and is the newest.
        .order((
            outbox_orders::order_id,
            outbox::sent_at.desc().nulls_first(),
            outbox::id.desc(),
        ))
        .select((outbox_orders::order_id, outbox::kind))
        .load(connection)
}

fn of_addresses(
    connection: &mut PgConnection,
    addresses: &[Vec<u8>],
) -> QueryResult<Vec<(Vec<u8>, Kind)>> {
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    outbox::table
        .filter(outbox::address_hash.eq_any(addresses))
        .filter(outbox::kind.eq_any(KINDS))
        .filter(outbox::state.eq_any(HAD))
        .distinct_on(outbox::address_hash)
        .order((
            outbox::address_hash,
            outbox::sent_at.desc().nulls_first(),
            outbox::id.desc(),
        ))
        .select((outbox::address_hash, outbox::kind))
        .load(connection)
}
