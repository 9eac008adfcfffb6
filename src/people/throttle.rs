//! How often a password may be tried, and a link be asked for: counted for all replicas together.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::{column::column_enum, db::Db, db::DbError, schema::ops_tries, suppression::AddressKey};

/// Wrong passwords for one account, and from one address.
pub const MOST_WRONG: i64 = 10;
/// Within so long.
pub const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Mails with a link that one account gets within that: somebody has pressed the button again.
const MOST_LINKS: i64 = 3;

column_enum! {
    /// What was tried.
    pub(super) enum What {
        /// A password.
        Password = "password",
        /// To be sent a link.
        Forgotten = "forgotten",
    }
}

/// Who tries what on which account.
#[derive(Debug, Clone)]
pub(super) struct Try {
    what: What,
    account: Vec<u8>,
    address: Option<Vec<u8>>,
    at: DateTime<Utc>,
}

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// Too many were tried on the account.
    Account,
    /// Too many came from the address.
    Address,
}

impl Try {
    /// `address` is none where callers cannot be told apart.
    pub fn new(
        connection: &mut PgConnection,
        what: What,
        (email, address): (&str, Option<&str>),
        at: DateTime<Utc>,
    ) -> QueryResult<Self> {
        let key = AddressKey::load(connection)?;
        Ok(Self {
            what,
            account: key.hash(email).0.to_vec(),
            address: address.map(|address| key.hash(&format!("caller {address}")).0.to_vec()),
            at,
        })
    }

    /// Counts it, in a commit of its own, before anything is looked at: a hundred at once see each other, and
    /// none of them gets in over the limit. One that is too many is not counted, so that whoever goes on
    /// gets through once the others are old. Tells its row.
    pub async fn count(self, db: &Db, is_known: bool) -> Result<Result<i64, Full>, DbError> {
        let new = self.clone();
        let id = db.run(move |connection| new.insert(connection)).await?;
        let full = db
            .transaction(move |connection| {
                let full = self.full(connection, is_known)?;
                if full.is_some() {
                    take_back(connection, id)?;
                }
                Ok(full)
            })
            .await?;
        Ok(full.map_or(Ok(id), Err))
    }

    fn insert(&self, connection: &mut PgConnection) -> QueryResult<i64> {
        connection.transaction(|connection| {
            sweep(connection, self.at)?;
            diesel::insert_into(ops_tries::table)
                .values((
                    ops_tries::what.eq(self.what),
                    ops_tries::account.eq(&self.account),
                    ops_tries::address.eq(&self.address),
                    ops_tries::at.eq(self.at),
                ))
                .returning(ops_tries::id)
                .get_result(connection)
        })
    }

    fn full(&self, connection: &mut PgConnection, is_known: bool) -> QueryResult<Option<Full>> {
        let of_this = || {
            ops_tries::table
                .filter(ops_tries::what.eq(self.what))
                .filter(ops_tries::at.gt(self.at - WINDOW))
        };
        if let Some(address) = &self.address {
            let from = of_this().filter(ops_tries::address.eq(address));
            if from.count().get_result::<i64>(connection)? > MOST_WRONG {
                return Ok(Some(Full::Address));
            }
        }
        let on = of_this().filter(ops_tries::account.eq(&self.account));
        let most = match self.what {
            What::Password => MOST_WRONG,
            What::Forgotten => MOST_LINKS,
        };
        let is_full = !is_known && on.count().get_result::<i64>(connection)? > most;
        Ok(is_full.then_some(Full::Account))
    }
}

/// It was right, and does not count.
pub(super) fn take_back(connection: &mut PgConnection, id: i64) -> QueryResult<()> {
    diesel::delete(ops_tries::table.find(id))
        .execute(connection)
        .map(drop)
}

/// Forgets tries that count no more.
pub(super) fn sweep(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::delete(ops_tries::table.filter(ops_tries::at.lt(now - WINDOW)))
        .execute(connection)
        .map(drop)
}
