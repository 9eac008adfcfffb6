//! When people bought something, here or with another system, by the hash of their address.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    schema::{orders, purchases},
    suppression::{AddressHash, AddressKey},
};

/// When each address bought.
#[derive(Debug, Default)]
pub(super) struct Bought(HashMap<AddressHash, Vec<DateTime<Utc>>>);

impl Bought {
    /// What was bought from `first` to `last`.
    pub(super) fn between(
        connection: &mut PgConnection,
        first: DateTime<Utc>,
        last: DateTime<Utc>,
    ) -> QueryResult<Self> {
        let elsewhere: Vec<(Vec<u8>, DateTime<Utc>)> = purchases::table
            .filter(purchases::bought_at.between(first, last))
            .select((purchases::address_hash, purchases::bought_at))
            .load(connection)?;
        let here: Vec<(Option<String>, Option<DateTime<Utc>>)> = orders::table
            .filter(orders::paid_at.between(first, last))
            .filter(orders::email.is_not_null())
            .select((orders::email, orders::paid_at))
            .load(connection)?;
        let key = AddressKey::load(connection)?;
        let elsewhere = elsewhere
            .into_iter()
            .filter_map(|(hash, at)| Some((AddressHash::from_column(&hash)?, at)));
        let here = here
            .into_iter()
            .filter_map(|(email, at)| Some((key.hash(&email?), at?)));
        let mut bought: HashMap<_, Vec<_>> = HashMap::new();
        for (hash, at) in elsewhere.chain(here) {
            bought.entry(hash).or_default().push(at);
        }
        Ok(Self(bought))
    }

    /// When this address did; nobody, if there is none.
    pub(super) fn of(&self, hash: Option<AddressHash>) -> &[DateTime<Utc>] {
        let times = hash.and_then(|hash| self.0.get(&hash));
        times.map_or(&[], Vec::as_slice)
    }
}
