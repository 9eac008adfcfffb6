//! What happened with an address within a week: somebody who has bought, or has been reminded of
//! something, is not reminded of a cart.

use chrono::{DateTime, Duration, Utc};
use diesel::{dsl::exists, prelude::*, select};
use uuid::Uuid;

use super::rule::Lately;
use crate::{
    db::lower,
    schema::{orders, outbox, purchases},
    suppression::AddressHash,
};

/// How long is lately.
pub const A_WEEK: Duration = Duration::days(7);

/// Two workers that decide about carts of one address do so one after the other. After orders' locks.
///
/// # Errors
/// What PostgreSQL says.
pub fn lock_address(connection: &mut PgConnection, hash: AddressHash) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 1))")
        .bind::<diesel::sql_types::Bytea, _>(&hash.0[..])
        .execute(connection)
        .map(drop)
}

/// What happened with an address within a week before `now`, the mail `except` not counted.
///
/// # Errors
/// What PostgreSQL says.
pub fn lately(
    connection: &mut PgConnection,
    address: &str,
    hash: AddressHash,
    except: Option<Uuid>,
    now: DateTime<Utc>,
) -> QueryResult<Lately> {
    let since = now - A_WEEK;
    let elsewhere = purchases::table
        .filter(purchases::address_hash.eq(&hash.0[..]))
        .filter(purchases::bought_at.gt(since));
    let here = orders::table
        .filter(lower(orders::email).eq(address.trim().to_lowercase()))
        // Also in cash, with a bank debit on its way, or with money that a person looks at.
        .filter(
            (orders::paid_at.gt(since))
                .or(orders::processing_at.gt(since))
                .or(orders::in_review_at.gt(since))
                .or(orders::settled_at.gt(since)),
        );
    let reminded = outbox::table
        .filter(outbox::kind.eq("reminder"))
        .filter(outbox::address_hash.eq(&hash.0[..]))
        .filter(outbox::state.ne_all(["cancelled", "suppressed", "failed"]))
        .filter(outbox::created_at.gt(since))
        .filter(outbox::id.ne(except.unwrap_or_default()));
    Ok(Lately {
        bought: select(exists(elsewhere).or(exists(here))).get_result(connection)?,
        reminded: select(exists(reminded)).get_result(connection)?,
    })
}

/// Somebody has bought, here or with another system, or has a bank debit on its way.
#[derive(Debug)]
pub struct Purchase<'a> {
    /// `cs_…`
    pub stripe_session_id: &'a str,
    /// Who.
    pub address_hash: AddressHash,
    /// In minor units.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: &'a str,
    /// When.
    pub bought_at: DateTime<Utc>,
}

/// Keeps a purchase, once.
///
/// # Errors
/// What PostgreSQL says.
pub fn bought(connection: &mut PgConnection, purchase: &Purchase) -> QueryResult<()> {
    diesel::insert_into(purchases::table)
        .values((
            purchases::stripe_session_id.eq(purchase.stripe_session_id),
            purchases::address_hash.eq(&purchase.address_hash.0[..]),
            purchases::amount.eq(purchase.amount),
            purchases::currency.eq(purchase.currency),
            purchases::bought_at.eq(purchase.bought_at),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .map(drop)
}

/// A bank debit did not arrive: nothing was bought lately, also if it is told only later that the debit
/// was on its way.
///
/// # Errors
/// What PostgreSQL says.
pub fn not_bought(connection: &mut PgConnection, purchase: &Purchase) -> QueryResult<()> {
    bought(connection, purchase)?;
    diesel::update(purchases::table.find(purchase.stripe_session_id))
        .set(purchases::bought_at.eq(DateTime::UNIX_EPOCH))
        .execute(connection)
        .map(drop)
}
