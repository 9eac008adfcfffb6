//! What an event names, as columns: all that is searched for in events.
//!
//! Addresses are there as keyed hashes alone, as in the list of those who are not written to.

use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    column::column_enum,
    gateway::event::{Event, Names},
    schema::stripe_events,
    suppression::AddressKey,
};

column_enum! {
    /// Whom an event names. In the column, null means that nobody has read it yet.
    pub enum Named {
        /// Those in the other columns.
        These = "these",
        /// Nobody and nothing of ours.
        Nobody = "nobody",
        /// It cannot be read, so that it may name anybody.
        Anybody = "anybody",
    }
}

/// What an event holds whose content was erased, for a person who asked.
pub const ERASED: &[u8] = b"{}";

/// The columns that are searched for.
#[derive(Debug, Clone, Insertable, AsChangeset)]
#[diesel(table_name = stripe_events, treat_none_as_null = true)]
pub struct NameColumns {
    pub(super) session_id: Option<String>,
    session_row: Option<Uuid>,
    order_names: Vec<String>,
    pub(super) address_hashes: Vec<Vec<u8>>,
    account: Option<String>,
    named: Named,
}

impl NameColumns {
    /// What a stored body names; one that is no event may name anybody.
    pub(super) fn of(body: &[u8], key: &AddressKey) -> Self {
        if body == ERASED {
            return Self::erased();
        }
        let event = Event::read(body);
        let names = event.as_ref().and_then(Event::names);
        Self::read(names, event.and_then(|event| event.envelope.account), key)
    }

    /// What an event of this account with these names says; without any it may name anybody.
    pub(super) fn read(names: Option<Names>, account: Option<String>, key: &AddressKey) -> Self {
        let named = match &names {
            None => Named::Anybody,
            Some(names) if names.is_empty() => Named::Nobody,
            Some(_) => Named::These,
        };
        let names = names.unwrap_or_default();
        let hash = |address: &String| key.hash(address).0.to_vec();
        let mut address_hashes: Vec<Vec<u8>> = names.addresses.iter().map(hash).collect();
        address_hashes.sort_unstable();
        address_hashes.dedup();
        Self {
            session_id: names.session_id,
            session_row: names.session_row,
            order_names: names.orders,
            address_hashes,
            account,
            named,
        }
    }

    /// Those of an event whose content was erased.
    pub fn erased() -> Self {
        Self {
            session_id: None,
            session_row: None,
            order_names: Vec::new(),
            address_hashes: Vec::new(),
            account: None,
            named: Named::Nobody,
        }
    }
}
