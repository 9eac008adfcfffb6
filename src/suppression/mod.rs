//! Who is not written to: a list that every mail is held against, when it is queued and again when it
//! is claimed.
//!
//! What is kept is a keyed hash of the address, so that the list goes on working when the address
//! itself has been erased. The key is the database's own: a copy of the list without it tells nobody
//! who is on it.

mod address;
pub mod file;
mod list;
mod reason;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::{prelude::*, query_dsl::methods, upsert::excluded};
use serde::Serialize;
use serde_json::json;

use self::address::normal;
pub use self::{
    address::{AddressHash, AddressKey},
    list::{find, list, search},
    reason::Reason,
};
use crate::{
    activity::{self, Category, Doing, Line},
    schema::{outbox, suppressions},
};

/// As they are stored: the column has a shop's own words, too.
pub const UNSUBSCRIBED: &str = Reason::Unsubscribed.name();
#[allow(missing_docs)]
pub const NO_SUCH_ADDRESS: &str = Reason::NoSuchAddress.name();
#[allow(missing_docs)]
pub const COMPLAINT: &str = Reason::Complaint.name();
#[allow(missing_docs)]
pub const MANUAL: &str = Reason::Manual.name();

/// Rows of one statement: PostgreSQL takes 65,535 values in all, and a row has five.
const ROWS: usize = 2_000;

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
    /// A [`Reason`]'s name, or the shop's own word.
    pub reason: String,
    /// What somebody had to say about it.
    pub note: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// Why somebody is not written to.
#[derive(Debug, Clone)]
pub struct Cause {
    /// A [`Reason`]'s name, or the shop's own word.
    pub reason: String,
    /// Who did it, when, and what they had to say.
    pub doing: Doing,
}

/// Puts an address on the list, in a transaction of its own or the caller's; tells whether that changed
/// anything. One that is on it stays as it is: the first reason counts, also if two come at once. Only what
/// a mail server said gives way to what a person says, so that an unsubscribe outlives it.
pub fn add(
    connection: &mut PgConnection,
    hash: AddressHash,
    address: Option<&str>,
    cause: &Cause,
) -> QueryResult<(Suppression, bool)> {
    connection.transaction(|connection| {
        let row = NewRow {
            address_hash: hash.0.to_vec(),
            address: address.map(normal),
            reason: cause.reason.clone(),
            note: cause.doing.note.clone(),
            since: cause.doing.at,
        };
        let new = put(connection, &[row])? > 0;
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
/// on it stay as they are, but for what a mail server said.
pub fn import(
    connection: &mut PgConnection,
    entries: &[file::Entry],
    doing: &Doing,
) -> QueryResult<usize> {
    connection.transaction(|connection| {
        let key = AddressKey::load(connection)?;
        let mut seen = HashSet::new();
        let rows: Vec<NewRow> = entries
            .iter()
            .map(|entry| (key.hash(entry.email.as_str()), entry))
            // A statement must not come to one row twice; the first line counts.
            .filter(|(hash, _)| seen.insert(*hash))
            .map(|(hash, entry)| NewRow {
                address_hash: hash.0.to_vec(),
                address: Some(normal(entry.email.as_str())),
                reason: entry.reason.clone(),
                note: entry.note.clone(),
                since: entry.since,
            })
            .collect();
        let mut new = 0;
        for rows in rows.chunks(ROWS) {
            new += put(connection, rows)?;
        }
        if new > 0 {
            let what = format!("{new} addresses of a file are no longer written to");
            record_suppression(connection, &what, doing, "import")?;
        }
        Ok(new)
    })
}

#[derive(Insertable)]
#[diesel(table_name = suppressions)]
struct NewRow {
    address_hash: Vec<u8>,
    address: Option<String>,
    reason: String,
    note: Option<String>,
    since: DateTime<Utc>,
}

/// Writes rows; tells how many are new or have replaced what a mail server said. Another word of a
/// server's replaces nothing.
fn put(connection: &mut PgConnection, rows: &[NewRow]) -> QueryResult<usize> {
    use suppressions::{address_hash, note, reason, since};
    let is_of_a_server = reason
        .eq(NO_SUCH_ADDRESS)
        .and(excluded(reason).ne(NO_SUCH_ADDRESS));
    let insert = diesel::insert_into(suppressions::table)
        .values(rows)
        .on_conflict(address_hash)
        .do_update()
        .set((
            reason.eq(excluded(reason)),
            note.eq(excluded(note)),
            since.eq(excluded(since)),
        ));
    methods::FilterDsl::filter(insert, is_of_a_server).execute(connection)
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

/// Takes those of these off the list that a mail server put there, in a transaction of its own or the
/// caller's; tells which. Whoever has unsubscribed meanwhile has another reason, and stays.
pub fn lift_all(
    connection: &mut PgConnection,
    hashes: &[AddressHash],
    why: &str,
    doing: &Doing,
) -> QueryResult<HashSet<AddressHash>> {
    connection.transaction(|connection| {
        let mut lifted = HashSet::new();
        for hashes in hashes.chunks(ROWS) {
            let gone: Vec<Vec<u8>> = diesel::delete(suppressions::table)
                .filter(suppressions::address_hash.eq_any(hashes.iter().map(|hash| &hash.0[..])))
                .filter(suppressions::reason.eq(NO_SUCH_ADDRESS))
                .returning(suppressions::address_hash)
                .get_results(connection)?;
            lifted.extend(
                gone.iter()
                    .filter_map(|hash| AddressHash::from_column(hash)),
            );
        }
        if !lifted.is_empty() {
            let what = format!("{} addresses may be written to again: {why}", lifted.len());
            record_suppression(connection, &what, doing, "lifted")?;
        }
        Ok(lifted)
    })
}

/// A page of those whom a mail server put on the list, by their hashes; `after` is where the page before
/// ended, at first empty.
pub fn by_mail_servers(
    connection: &mut PgConnection,
    after: &[u8],
    limit: i64,
) -> QueryResult<Vec<Suppression>> {
    suppressions::table
        .filter(suppressions::reason.eq(NO_SUCH_ADDRESS))
        .filter(suppressions::address_hash.gt(after))
        .order(suppressions::address_hash)
        .limit(limit)
        .select(Suppression::as_select())
        .load(connection)
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

/// Why an address is not written to; `None` if it is.
pub fn reason(connection: &mut PgConnection, hash: AddressHash) -> QueryResult<Option<String>> {
    suppressions::table
        .find(&hash.0[..])
        .select(suppressions::reason)
        .first(connection)
        .optional()
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
