//! What hangs on an address: for whoever puts it on the do-not-mail list, or takes it off.

use diesel::prelude::*;
use uuid::Uuid;

use super::State;
use crate::{
    db::lower,
    order::Status,
    schema::{orders, outbox},
    suppression::AddressHash,
};

/// What hangs on an address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Concerns {
    /// Orders that it still owes.
    pub owed: i64,
    /// Mails to it that wait to be sent.
    pub waiting: i64,
}

/// What hangs on an address; of each, `most` are counted at most.
pub fn concerns(
    connection: &mut PgConnection,
    hash: AddressHash,
    address: Option<&str>,
    most: i64,
) -> QueryResult<Concerns> {
    let owed = match address {
        None => 0,
        Some(address) => orders::table
            .filter(lower(orders::email).eq(address.trim().to_lowercase()))
            .filter(orders::status.eq(Status::Open))
            .limit(most)
            .select(orders::id)
            .load::<Uuid>(connection)?
            .len(),
    };
    let waiting = outbox::table
        .filter(outbox::address_hash.eq(&hash.0[..]))
        .filter(outbox::state.eq(State::Queued))
        .limit(most)
        .select(outbox::id)
        .load::<Uuid>(connection)?
        .len();
    let count = |rows: usize| i64::try_from(rows).unwrap_or(most);
    Ok(Concerns {
        owed: count(owed),
        waiting: count(waiting),
    })
}
