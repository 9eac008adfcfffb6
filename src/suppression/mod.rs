//! Who is not written to: a list that every mail is held against, when it is queued and again when it
//! is claimed.
//!
//! What is kept is a keyed hash of the address, so that the list goes on working when the address
//! itself has been erased. The key is the database's own: a copy of the list without it tells nobody
//! who is on it.

pub mod file;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::json;
use sha2::Sha256;

use crate::{
    activity::{self, Category, Doing, Line},
    schema::{outbox, secrets, suppressions},
};

/// The reason of somebody who has said so themselves. Reasons are free words, since a shop has its own;
/// these are ours, beside the one of a file.
pub const UNSUBSCRIBED: &str = "unsubscribed";
/// The reason of an address that a mail server does not know.
pub const NO_SUCH_ADDRESS: &str = "no_such_address";
/// The reason where somebody adds an address and says none.
pub const MANUAL: &str = "manual";

/// Rows of one statement: PostgreSQL takes 65,535 values in all, and a row has five.
const ROWS: usize = 2_000;

/// The keyed hash of an address: HMAC-SHA256, its first half (RFC 2104, 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressHash(pub [u8; 16]);

impl AddressHash {
    /// Reads the column.
    pub fn from_column(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// What makes hashes of addresses; one per database.
#[derive(Clone)]
pub struct AddressKey(Vec<u8>);

impl AddressKey {
    /// Reads the key.
    pub fn load(connection: &mut PgConnection) -> QueryResult<Self> {
        secrets::table
            .find("addresses")
            .select(secrets::value)
            .first(connection)
            .map(Self)
    }

    /// The hash of an address, which is the same in any case and with blanks around.
    pub fn hash(&self, address: &str) -> AddressHash {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key");
        mac.update(normal(address).as_bytes());
        let full = mac.finalize().into_bytes();
        AddressHash(std::array::from_fn(|at| full[at]))
    }
}

fn normal(address: &str) -> String {
    address.trim().to_lowercase()
}

/// Somebody who is not written to.
#[derive(Debug, Clone, Serialize, Queryable, Selectable)]
#[diesel(table_name = suppressions)]
pub struct Suppression {
    #[serde(skip)]
    #[allow(missing_docs)]
    pub address_hash: Vec<u8>,
    /// The address, until it is erased.
    #[serde(rename = "email")]
    pub address: Option<String>,
    /// `unsubscribed`, `no_such_address`, `manual`, or the shop's own word.
    pub reason: String,
    /// What somebody had to say about it.
    pub note: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// Why somebody is not written to.
#[derive(Debug, Clone)]
pub struct Cause {
    /// `unsubscribed`, `no_such_address`, `manual`, or the shop's own word.
    pub reason: String,
    /// Who did it, when, and what they had to say.
    pub doing: Doing,
}

/// Puts an address on the list, in a transaction of its own or the caller's. One that is on it stays as
/// it is: the first reason counts, also if two come at once.
pub fn add(
    connection: &mut PgConnection,
    hash: AddressHash,
    address: Option<&str>,
    cause: &Cause,
) -> QueryResult<(Suppression, bool)> {
    connection.transaction(|connection| {
        let new = diesel::insert_into(suppressions::table)
            .values((
                suppressions::address_hash.eq(&hash.0[..]),
                suppressions::address.eq(address.map(normal)),
                suppressions::reason.eq(&cause.reason),
                suppressions::note.eq(&cause.doing.note),
                suppressions::since.eq(cause.doing.at),
            ))
            .on_conflict(suppressions::address_hash)
            .do_nothing()
            .execute(connection)?
            > 0;
        if new {
            let what = "an address is no longer written to";
            record_suppression(connection, what, &cause.doing, &cause.reason)?;
        }
        let row = suppressions::table
            .find(&hash.0[..])
            .select(Suppression::as_select())
            .first(connection)?;
        Ok((row, new))
    })
}

/// Puts the addresses of a file on the list, in one transaction; tells how many are new. Those that are
/// on it stay as they are.
pub fn import(
    connection: &mut PgConnection,
    entries: &[file::Entry],
    doing: &Doing,
) -> QueryResult<usize> {
    connection.transaction(|connection| {
        let key = AddressKey::load(connection)?;
        let mut new = 0;
        for entries in entries.chunks(ROWS) {
            let rows = entries.iter().map(|entry| {
                (
                    suppressions::address_hash.eq(key.hash(entry.email.as_str()).0.to_vec()),
                    suppressions::address.eq(normal(entry.email.as_str())),
                    suppressions::reason.eq(&entry.reason),
                    suppressions::note.eq(&entry.note),
                    suppressions::since.eq(entry.since),
                )
            });
            new += diesel::insert_into(suppressions::table)
                .values(rows.collect::<Vec<_>>())
                .on_conflict(suppressions::address_hash)
                .do_nothing()
                .execute(connection)?;
        }
        if new > 0 {
            let what = format!("{new} addresses of a file are no longer written to");
            record_suppression(connection, &what, doing, "import")?;
        }
        Ok(new)
    })
}

/// Takes an address off the list; whether it was on it.
pub fn lift(connection: &mut PgConnection, hash: AddressHash, doing: &Doing) -> QueryResult<bool> {
    connection.transaction(|connection| {
        let lifted = diesel::delete(suppressions::table.find(&hash.0[..])).execute(connection)? > 0;
        if lifted {
            record_suppression(
                connection,
                "an address may be written to again",
                doing,
                "lifted",
            )?;
        }
        Ok(lifted)
    })
}

/// Which of these are on the list.
pub fn among(
    connection: &mut PgConnection,
    hashes: impl IntoIterator<Item = AddressHash>,
) -> QueryResult<HashSet<AddressHash>> {
    let hashes: Vec<Vec<u8>> = hashes.into_iter().map(|hash| hash.0.to_vec()).collect();
    let found: Vec<Vec<u8>> = suppressions::table
        .filter(suppressions::address_hash.eq_any(&hashes))
        .select(suppressions::address_hash)
        .load(connection)?;
    Ok(found
        .iter()
        .filter_map(|bytes| AddressHash::from_column(bytes))
        .collect())
}

/// The address behind a hash, if a mail of ours still knows it.
pub fn address_of(connection: &mut PgConnection, hash: AddressHash) -> QueryResult<Option<String>> {
    let known = outbox::table
        .filter(outbox::address_hash.eq(&hash.0[..]))
        .filter(outbox::address.is_not_null())
        .order(outbox::id.desc())
        .select(outbox::address)
        .first(connection)
        .optional()?;
    Ok(known.flatten())
}

/// A page of the list, newest first; `before` is where the page before ended.
pub fn list(
    connection: &mut PgConnection,
    before: Option<(DateTime<Utc>, Vec<u8>)>,
    limit: i64,
) -> QueryResult<Vec<Suppression>> {
    let mut query = suppressions::table
        .select(Suppression::as_select())
        .order((
            suppressions::since.desc(),
            suppressions::address_hash.desc(),
        ))
        .limit(limit)
        .into_boxed();
    if let Some((since, hash)) = before {
        query = query.filter(
            suppressions::since.lt(since).or(suppressions::since
                .eq(since)
                .and(suppressions::address_hash.lt(hash))),
        );
    }
    query.load(connection)
}

/// Writes a line of the log, without the address: the log outlives it.
fn record_suppression(
    connection: &mut PgConnection,
    what: &str,
    doing: &Doing,
    reason: &str,
) -> QueryResult<()> {
    let line = Line::about(None, Category::Suppression, what, doing)
        .detail(json!({ "reason": reason, "note": doing.note }));
    activity::record(connection, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(letter: u8) -> AddressKey {
        AddressKey(vec![letter; 32])
    }

    #[test]
    fn an_address_has_one_hash_in_any_case_and_with_blanks_around() {
        let hash = key(1).hash("parent@example.org");
        for same in ["Parent@Example.ORG", " parent@example.org\n"] {
            assert_eq!(key(1).hash(same), hash, "{same:?}");
        }
        for other in ["parents@example.org", "parent@example.org.", ""] {
            assert_ne!(key(1).hash(other), hash, "{other:?}");
        }
    }

    #[test]
    fn another_database_hashes_it_otherwise() {
        let address = "parent@example.org";
        assert_ne!(key(1).hash(address), key(2).hash(address));
        // RFC 2104 as anybody computes it: what is on the list must stay there after an update.
        let hash = hex::encode(key(1).hash(address).0);
        assert_eq!(hash, "0475831bf7c3484e67a9c7bb9d842616");
    }

    #[test]
    fn a_column_of_another_length_is_no_hash() {
        let hash = key(1).hash("parent@example.org");
        assert_eq!(AddressHash::from_column(&hash.0), Some(hash));
        assert_eq!(AddressHash::from_column(&hash.0[1..]), None);
    }
}
