//! One address, removed everywhere for a person who asks.
//!
//! What is owed and what was paid stays, without the person. That an address is not written to stays
//! as its keyed hash, which is of no use to anybody else.

use diesel::{
    pg::Pg,
    prelude::*,
    result::Error as QueryError,
    sql_types::{Bool, Bytea, Text},
};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    Address,
    carts::{self, Which},
    retention_line,
};
use crate::{
    activity::{self, Doing},
    db::{Db, DbError, lower},
    import,
    inbox::{self, ERASED, NameColumns},
    mail::{Kind, State},
    reminder::{self, Attempt, Place, rule::Reason},
    schema::{link_looks, link_notes, orders, outbox, stripe_events, suppressions},
    session::SessionState,
    suppression::{AddressHash, AddressKey},
};

/// Events that are read at once; a body may have a megabyte.
const BATCH: i64 = 200;

/// How much was done about an address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Carts that nobody paid for: pruned, with their orders.
    pub carts: usize,
    /// Orders that stay, without address and name.
    pub orders: usize,
    /// Mails that stay, without address and words; those that waited are cancelled.
    pub mails: usize,
    /// Cases that stay, without the address.
    pub cases: usize,
    /// Events that stay, without their content.
    pub events: usize,
    /// Whether the address is on the list of those who are not written to; it stays on it as a hash.
    pub suppressed: bool,
    /// Events that name the address and are still to be worked on. They stay as they are for now: what
    /// they tell may be a payment.
    pub events_left: usize,
}

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A mail to the address is being handed over at this moment.
    #[error("a mail to this address is being sent at this moment")]
    Sending,
    /// The database.
    #[error("{0}")]
    Database(#[from] DbError),
}

/// Removes an address, whatever it looks like: Stripe takes some that we would not. Done again, it finds
/// less to do.
///
/// # Errors
/// [`Refused`]; what was done before the database went away stays done.
pub fn erase(db: &Db, address: &Address, doing: &Doing) -> Result<Erased, Refused> {
    let address = address.as_str();
    let rows = db.transaction_blocking(|connection| {
        let hash = AddressKey::load(connection)?.hash(address);
        none_is_sent(connection, hash, address)?;
        let erased = rows(connection, hash, address)?;
        // One that was queued and taken in hand meanwhile counts, too.
        none_is_sent(connection, hash, address)?;
        Ok(erased)
    });
    let mut erased = match rows {
        Err(DbError::Query(QueryError::RollbackTransaction)) => return Err(Refused::Sending),
        rows => rows?,
    };
    let mut after = String::new();
    while let Some(looked) = db.transaction_blocking(|connection| {
        let hash = AddressKey::load(connection)?.hash(address);
        events(connection, hash, address, &after)
    })? {
        erased.events += looked.emptied;
        erased.events_left += looked.left;
        after = looked.last;
    }
    let what = "a person's data was erased";
    let line = retention_line(doing, what, erased);
    db.run_blocking(|connection| activity::record(connection, line.clone()))?;
    Ok(erased)
}

/// Ends the transaction if a mail to the address is in a courier's hands; locks them all, so that none is
/// taken in hand from here on.
fn none_is_sent(
    connection: &mut PgConnection,
    hash: AddressHash,
    address: &str,
) -> QueryResult<()> {
    let states: Vec<State> = outbox::table
        .filter(goes_to(hash, address))
        // By id, as everybody who locks several, so that no two wait for each other.
        .order(outbox::id)
        .select(outbox::state)
        .for_update()
        .load(connection)?;
    if states.contains(&State::Sending) {
        return Err(QueryError::RollbackTransaction);
    }
    Ok(())
}

/// A mail's condition: that it goes to the address.
fn goes_to(
    hash: AddressHash,
    address: &str,
) -> Box<dyn BoxableExpression<outbox::table, Pg, SqlType = Bool> + '_> {
    let by_text = lower(outbox::address).eq(address).assume_not_null();
    Box::new(outbox::address_hash.eq(hash.0.to_vec()).or(by_text))
}

fn rows(connection: &mut PgConnection, hash: AddressHash, address: &str) -> QueryResult<Erased> {
    let which = Which {
        of: Some((hash, address)),
        leave_ids: true,
        ..Which::default()
    };
    // What waits is not sent: a reminder that nobody has got is one less.
    let reminders: Vec<Uuid> = outbox::table
        .filter(goes_to(hash, address))
        .filter(outbox::kind.eq(Kind::Reminder))
        .select(outbox::id)
        .load(connection)?;
    let why = Reason::NoEmail;
    reminder::end(connection, &reminders, why, Attempt::First, Place::Freed)?;
    let mut erased = Erased::default();
    loop {
        let pruned = carts::some(connection, &which)?;
        if pruned.carts == 0 {
            break;
        }
        erased.carts += pruned.carts;
    }
    // Only now: what stands before this finds its rows by an address, or by a mail that still waits.
    erased.mails = of_mails(connection, &mails(), hash, address)?;
    of_links(connection, address)?;
    erased.orders = of_address(connection, ORDERS, address)?;
    of_address(connection, METADATA, address)?;
    of_address(connection, &mints(), address)?;
    erased.cases = of_address(connection, CASES, address)?;
    import::kept::erase(connection, address)?;
    let on_the_list = suppressions::table.find(&hash.0[..]);
    let listed = diesel::update(on_the_list)
        .set(suppressions::address.eq(None::<String>))
        .execute(connection)?;
    erased.suppressed = listed > 0;
    Ok(erased)
}

fn of_mails(
    connection: &mut PgConnection,
    statement: &str,
    hash: AddressHash,
    address: &str,
) -> QueryResult<usize> {
    diesel::sql_query(statement)
        .bind::<Text, _>(address)
        .bind::<Bytea, _>(&hash.0[..])
        .execute(connection)
}

fn of_address(connection: &mut PgConnection, statement: &str, address: &str) -> QueryResult<usize> {
    diesel::sql_query(statement)
        .bind::<Text, _>(address)
        .execute(connection)
}

/// When somebody looked at the links of their orders. Before the orders lose the address.
fn of_links(connection: &mut PgConnection, address: &str) -> QueryResult<()> {
    let theirs = orders::table
        .filter(lower(orders::email).eq(address))
        .select(orders::id);
    diesel::delete(link_notes::table.filter(link_notes::order_id.eq_any(theirs)))
        .execute(connection)?;
    diesel::delete(link_looks::table.filter(link_looks::order_id.eq_any(theirs)))
        .execute(connection)
        .map(drop)
}

fn mails() -> String {
    format!(
        "UPDATE outbox SET address = NULL, subject = NULL, body = NULL, \
         state = CASE WHEN state IN ('{}', '{cancelled}', '{}') THEN state ELSE '{cancelled}' END, \
         last_error = CASE WHEN strpos(lower(last_error), $1) > 0 THEN 'erased' ELSE last_error END \
     WHERE (address_hash = $2 OR lower(address) = $1) AND address IS NOT NULL AND state <> '{}'",
        State::Sent,
        State::Suppressed,
        State::Sending,
        cancelled = State::Cancelled
    )
}
const ORDERS: &str =
    "UPDATE orders SET email = NULL, name = NULL, checkout_params = '[]' WHERE lower(email) = $1";
const METADATA: &str = "UPDATE orders SET metadata = \
         (SELECT jsonb_object_agg(CASE WHEN lower(trim(key)) = $1 THEN 'erased' ELSE key END, \
                                  CASE WHEN lower(trim(value)) = $1 THEN '' ELSE value END) \
          FROM jsonb_each_text(metadata)) \
     WHERE EXISTS (SELECT FROM jsonb_each_text(metadata) WHERE $1 IN (lower(trim(key)), lower(trim(value))))";
/// A mint that never came to its end keeps what was sent; a checkout lives for a day, so that after
/// two nothing can come of it.
fn mints() -> String {
    format!(
        "UPDATE checkout_sessions SET state = '{}', request_body = NULL, \
         failure = 'never finished', ended_at = clock_timestamp() \
     WHERE state = '{}' AND created_at < clock_timestamp() - interval '2 days' \
       AND (strpos(lower(request_body), $1) > 0 OR strpos(lower(request_body), replace($1, '@', '%40')) > 0)",
        SessionState::Failed,
        SessionState::Minting
    )
}
const CASES: &str = "UPDATE cases SET email = NULL WHERE lower(email) = $1";

struct Looked {
    emptied: usize,
    left: usize,
    last: String,
}

/// An event: its id, its body, and the hashes of addresses that were read off it.
type Row = (String, Vec<u8>, Option<Vec<Vec<u8>>>);

/// Looks at a few events after this id; `None` at the end. The bodies are searched, since other places
/// than those that mean the payer may hold the address, too.
fn events(
    connection: &mut PgConnection,
    hash: AddressHash,
    address: &str,
    after: &str,
) -> QueryResult<Option<Looked>> {
    let rows: Vec<Row> = stripe_events::table
        .filter(stripe_events::id.gt(after))
        .order(stripe_events::id)
        .limit(BATCH)
        .select((
            stripe_events::id,
            stripe_events::body,
            stripe_events::address_hashes,
        ))
        .load(connection)?;
    let Some((last, ..)) = rows.last() else {
        return Ok(None);
    };
    let last = last.clone();
    let named: Vec<String> = rows
        .into_iter()
        .filter(|(_, body, hashes)| {
            let hashes = hashes.iter().flatten();
            names(body, address) || hashes.into_iter().any(|known| known[..] == hash.0)
        })
        .map(|(id, ..)| id)
        .collect();
    let done = stripe_events::table
        .filter(stripe_events::id.eq_any(&named))
        .filter(stripe_events::state.ne(inbox::State::Pending));
    let emptied = diesel::update(done)
        .set((stripe_events::body.eq(ERASED), NameColumns::erased()))
        .execute(connection)?;
    Ok(Some(Looked {
        emptied,
        left: named.len() - emptied,
        last,
    }))
}

/// Whether a body names the address, in any case and however JSON writes it.
fn names(body: &[u8], address: &str) -> bool {
    match serde_json::from_slice(body) {
        Ok(value) => value_names(&value, address),
        Err(_) => text_names(&String::from_utf8_lossy(body), address),
    }
}

fn value_names(value: &Value, address: &str) -> bool {
    match value {
        Value::String(text) => text_names(text, address),
        Value::Array(items) => items.iter().any(|item| value_names(item, address)),
        Value::Object(fields) => fields
            .iter()
            .any(|(key, value)| text_names(key, address) || value_names(value, address)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// As a word of its own: `ann@…` is not in `joann@…`.
fn text_names(text: &str, address: &str) -> bool {
    let text = text.to_lowercase().replace("%40", "@");
    let goes_on = |c: char| c.is_alphanumeric() || "._%+-".contains(c);
    text.match_indices(address).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + address.len()..].chars();
        // A full stop may end a sentence.
        let goes_on_after = match after.next() {
            Some('.') => after.next().is_some_and(char::is_alphanumeric),
            Some(c) => c.is_alphanumeric() || c == '-',
            None => false,
        };
        !before.is_some_and(goes_on) && !goes_on_after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_names_an_address_in_any_case_and_writing_and_never_a_longer_one() {
        for body in [
            r#"{"a":[{"email":"Ann@Example.org"}]}"#,
            r#"{"email":"\u0061nn@example.org"}"#,
            r#"{"url":"https://shop.example.org/?email=ann%40example.org&x=1"}"#,
            r#"{"to":"Ann <ann@example.org>, Bo <bo@example.org>"}"#,
            r#"{"ann@example.org":1}"#,
            r#"{"note":"write to ann@example.org."}"#,
            "no JSON: ann@example.org",
        ] {
            assert!(names(body.as_bytes(), "ann@example.org"), "{body}");
        }
        for body in [
            r#"{"email":"joann@example.org"}"#,
            r#"{"email":"jo.ann@example.org"}"#,
            r#"{"email":"ann@example.organic"}"#,
            r#"{"email":"ann@example.org.uk"}"#,
            r#"{"email":null}"#,
            "",
        ] {
            assert!(!names(body.as_bytes(), "ann@example.org"), "{body}");
        }
    }
}
