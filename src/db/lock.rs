//! Locks on what has no row of its own.

use diesel::{
    PgConnection, QueryResult, RunQueryDsl, sql_query,
    sql_types::{BigInt, Text},
};

use super::setting::with_setting;

/// A lock on something that has no row of its own. Two transactions never wait for each other as long
/// as everybody takes locks in one order: what comes before and after each is said with it.
#[derive(Debug, Clone, Copy)]
pub enum AdvisoryLock<'a> {
    /// The migrations: of two replicas that start at once, the second waits and finds nothing to do.
    Migrations,
    /// Pruning carts: runs take turns, so that none of them waits for rows of another. Before orders' rows.
    PruneCarts,
    /// Taking many orders in: two imports take turns, so that the second one sees what the first has written, and
    /// each finds a name of its own. Before orders' rows.
    Import,
    /// A payment, by its payment intent: it and what is heard of its refunds and disputes are written
    /// by two transactions that may not see each other's rows. After orders' rows, before payments'.
    PaymentIntent(&'a str),
    /// An address, by its keyed hash: two workers that decide about mails to it do so one after the
    /// other, so that the second one sees the mail of the first. After orders' rows.
    Address(&'a [u8]),
}

impl AdvisoryLock<'_> {
    /// Waits for the lock, which is held until the transaction ends.
    pub fn take(self, connection: &mut PgConnection) -> QueryResult<()> {
        match self {
            Self::Migrations => by_number(connection, 7_205_759_403_792_793),
            Self::PruneCarts => by_number(connection, 7_205_759_403_792_795),
            Self::Import => by_number(connection, 7_205_759_403_792_797),
            Self::PaymentIntent(id) => by_text(connection, id, 0),
            Self::Address(hash) => by_text(connection, &hex::encode(hash), 1),
        }
    }
}

/// So long somebody waits who holds nothing that others wait for.
const AT_THE_BEGINNING: &str = "300s";

/// Waits for a lock that stands before all others, for minutes if need be: nobody waits for whoever takes it, who has
/// locked nothing yet. For all that follows the transaction's own deadline stands again.
pub fn take_first(connection: &mut PgConnection, lock: AdvisoryLock) -> QueryResult<()> {
    let longer = ("lock_timeout", AT_THE_BEGINNING);
    with_setting(connection, longer, |connection| lock.take(connection))
}

// The numbers and the seeds never change: while a new version is rolled out, old replicas take the
// same locks.

fn by_number(connection: &mut PgConnection, number: i64) -> QueryResult<()> {
    sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<BigInt, _>(number)
        .execute(connection)
        .map(drop)
}

/// The seed keeps texts of one kind apart from those of another.
fn by_text(connection: &mut PgConnection, text: &str, seed: i64) -> QueryResult<()> {
    sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, $2))")
        .bind::<Text, _>(text)
        .bind::<BigInt, _>(seed)
        .execute(connection)
        .map(drop)
}
