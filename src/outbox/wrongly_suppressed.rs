//! Addresses that were put on the list by a refusal that does not say that they do not exist: an earlier
//! version took much for that.
//!
//! What a mail server put there has the refusal's codes as its note, and nothing else; what a person added
//! has other words, or none, and stays. The mail keeps what the server said: that is judged anew. Where
//! the mail is gone, the codes alone are.

use std::collections::HashMap;

use diesel::{Connection, prelude::*};
use serde::Serialize;

use crate::{
    activity::Doing,
    mail::refusal::{Fault, judge_stored},
    schema::outbox,
    suppression::{self, AddressHash, Suppression},
};

/// Why they are written to again.
const WHY: &str = "no refusal says that they do not exist";
/// Rows that are judged at once.
const PAGE: i64 = 1_000;

/// An address that no refusal justifies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wrong {
    #[serde(skip)]
    hash: AddressHash,
    /// The address, unless it is erased.
    #[serde(rename = "email")]
    pub address: Option<String>,
    /// The codes of the refusal.
    pub note: String,
}

/// What was looked at.
#[derive(Debug, Default)]
pub struct Judged {
    /// Those that no refusal justifies, in the order of their addresses.
    pub wrong: Vec<Wrong>,
    /// How many others are on the list as `no_such_address`.
    pub kept: usize,
}

/// Finds them. `sender` is our own address: a text that names it is not about a recipient.
pub fn find(connection: &mut PgConnection, sender: &str) -> QueryResult<Judged> {
    let (mut judged, mut after) = (Judged::default(), Vec::new());
    loop {
        let rows = suppression::by_mail_servers(connection, &after, PAGE)?;
        let Some(last) = rows.last() else {
            judged.wrong.sort_by(|a, b| a.address.cmp(&b.address));
            return Ok(judged);
        };
        after.clone_from(&last.address_hash);
        let said = said(connection, &rows)?;
        for row in rows {
            let hash = AddressHash::from_column(&row.address_hash);
            let of_mails = said.get(&row.address_hash).map_or(&[][..], Vec::as_slice);
            let is_wrong = is_wrong(&row, of_mails, sender);
            match (hash, row.note) {
                (Some(hash), Some(note)) if is_wrong => judged.wrong.push(Wrong {
                    hash,
                    address: row.address,
                    note,
                }),
                _ => judged.kept += 1,
            }
        }
    }
}

/// Takes them off the list, in one transaction.
pub fn lift(connection: &mut PgConnection, sender: &str, doing: &Doing) -> QueryResult<Judged> {
    connection.transaction(|connection| {
        let mut judged = find(connection, sender)?;
        let hashes: Vec<AddressHash> = judged.wrong.iter().map(|row| row.hash).collect();
        let lifted = suppression::lift_all(connection, &hashes, WHY, doing)?;
        judged.wrong.retain(|row| lifted.contains(&row.hash));
        Ok(judged)
    })
}

/// What servers said of mails to these addresses.
fn said(
    connection: &mut PgConnection,
    rows: &[Suppression],
) -> QueryResult<HashMap<Vec<u8>, Vec<String>>> {
    let hashes = rows.iter().map(|row| &row.address_hash[..]);
    let mails: Vec<(Vec<u8>, Option<String>)> = outbox::table
        .filter(outbox::address_hash.eq_any(hashes))
        .filter(outbox::last_error.is_not_null())
        .select((outbox::address_hash, outbox::last_error))
        .load(connection)?;
    let mut said: HashMap<Vec<u8>, Vec<String>> = HashMap::new();
    for (hash, words) in mails {
        said.entry(hash).or_default().extend(words);
    }
    Ok(said)
}

/// Whether neither the mails' refusals nor the codes that were noted say that the address does not exist.
fn is_wrong(row: &Suppression, of_mails: &[String], sender: &str) -> bool {
    let Some(note) = row.note.as_deref().filter(|note| is_code(note)) else {
        return false;
    };
    let recipient = row.address.as_deref().unwrap_or_default();
    let gone = |said: &str| {
        let fault = judge_stored(said, sender, recipient);
        fault == Some(Fault::Address { gone: true })
    };
    let mut of_it = of_mails
        .iter()
        .filter(|said| said.starts_with(note))
        .peekable();
    match of_it.peek() {
        None => !gone(note),
        Some(_) => !of_it.any(|said| gone(said)),
    }
}

/// `550 5.1.1`: what a mail server left behind.
fn is_code(note: &str) -> bool {
    let is_number = |word: &str| word.chars().all(|c| c.is_ascii_digit() || c == '.');
    judge_stored(note, "", "").is_some() && note.split_whitespace().all(is_number)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::suppression::NO_SUCH_ADDRESS;

    #[test]
    fn a_row_is_wrong_where_nothing_says_that_the_address_does_not_exist() {
        for (note, of_mails, wrong) in [
            (
                Some("550 5.1.0"),
                &["550 5.1.0 Sender address rejected"][..],
                true,
            ),
            (Some("550 5.1.0"), &[], true),
            (
                Some("550 5.1.1"),
                &["550 5.1.1 <club@club.example> unknown"],
                true,
            ),
            (Some("550 5.1.1"), &["550 5.1.1 no such user"], false),
            (
                Some("550 5.1.1"),
                &["450 4.2.0 later", "550 5.1.1 no such user"],
                false,
            ),
            // The mail was tried again since, and says something else now.
            (Some("550 5.1.1"), &["450 4.2.0 later"], false),
            (Some("550 5.1.0"), &["550 5.1.1 no such user"], true),
            // A person's.
            (None, &["550 5.1.0 no"], false),
            (Some("by post"), &["550 5.1.0 no"], false),
            (Some("550 5.1.0 he says"), &["550 5.1.0 no"], false),
            (Some("2026"), &[], false),
        ] {
            let row = Suppression {
                address_hash: vec![0; 16],
                address: Some("ann@example.org".to_owned()),
                reason: NO_SUCH_ADDRESS.to_owned(),
                note: note.map(str::to_owned),
                since: DateTime::UNIX_EPOCH,
            };
            let of_mails: Vec<String> = of_mails.iter().map(|said| (*said).to_owned()).collect();
            let judged = is_wrong(&row, &of_mails, "club@club.example");
            assert_eq!(judged, wrong, "{note:?} {of_mails:?}");
        }
    }
}
