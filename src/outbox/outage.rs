//! Reports that say of many addresses at once that they do not exist: a domain that has lost its list of users
//! says so of everybody.
//!
//! What servers say at once is held against what they accept in between (`flow`). What is reported later has no
//! such order, so that it is held against how many mails the domain was given meanwhile.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{claim::DOMAIN, flow::state::STREAK_OF_GONE, history::by_itself, outcome::domain_of};
use crate::{
    activity::{self, Category, Line},
    schema::suppressions,
    suppression::{self, AddressHash},
};

/// And one of so many mails that the domain was given: of an old list fewer are dead.
const ONE_OF: i64 = 10;
/// Reports about one outage come within that time.
const AT_ONCE: Duration = Duration::hours(1);
/// What is said again after that time was no outage.
const LATER: &str = "interval '1 day'";

/// An address that was reported not to exist.
#[derive(QueryableByName)]
struct Gone {
    #[diesel(sql_type = Bytea)]
    hash: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    mails: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    first: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last: Option<DateTime<Utc>>,
    /// It was said a day ago, too.
    #[diesel(sql_type = Bool)]
    again: bool,
    /// The report at hand is about it.
    #[diesel(sql_type = Bool)]
    is_own: bool,
}

/// Notes that a mail's address is reported not to exist, and tells whether that is believed. Where it is not,
/// nor are the reports of the same hour about its domain.
///
/// The caller has locked how mail gets through (`flow::lock`), so that reports are counted one after the other.
pub(super) fn is_believed(
    connection: &mut PgConnection,
    mail: Uuid,
    address: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    diesel::sql_query("UPDATE outbox SET reported_gone_at = clock_timestamp() WHERE id = $1")
        .bind::<SqlUuid, _>(mail)
        .execute(connection)?;
    // What has been erased is of no domain.
    let Some(domain) = address.map(domain_of) else {
        return Ok(true);
    };
    let gone = at_once(connection, &domain, mail)?;
    // Thousands are counted only where it matters.
    if gone.len() < STREAK_OF_GONE || is_seldom(&gone, given(connection, &domain, &gone)?) {
        return Ok(true);
    }
    take_back(connection, &gone, now)?;
    Ok(gone.iter().any(|address| address.is_own && address.again))
}

/// Whether so few of the mails that a domain was given have come back that it knows what it says.
fn is_seldom(gone: &[Gone], given: i64) -> bool {
    let came_back: i64 = gone.iter().map(|address| address.mails).sum();
    came_back * ONE_OF < given
}

/// Addresses of a domain that were reported within the last hour.
fn at_once(connection: &mut PgConnection, domain: &str, own: Uuid) -> QueryResult<Vec<Gone>> {
    diesel::sql_query(format!(
        "SELECT mail.address_hash AS hash, count(*) AS mails, min(mail.sent_at) AS first, max(mail.sent_at) AS last, \
             bool_or(mail.id = $2) AS is_own, \
             EXISTS (SELECT FROM outbox before WHERE before.address_hash = mail.address_hash \
                 AND before.reported_gone_at < clock_timestamp() - {LATER}) AS again \
         FROM outbox mail \
         WHERE mail.reported_gone_at > clock_timestamp() - make_interval(secs => {seconds}) AND {DOMAIN} = $1 \
         GROUP BY mail.address_hash",
        seconds = AT_ONCE.num_seconds()
    ))
    .bind::<Text, _>(domain)
    .bind::<SqlUuid, _>(own)
    .load(connection)
}

/// How many mails the domain was given from the first of those to the last: no more are counted than matter.
fn given(connection: &mut PgConnection, domain: &str, gone: &[Gone]) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Given {
        #[diesel(sql_type = BigInt)]
        mails: i64,
    }
    let most: i64 = gone.iter().map(|address| address.mails).sum::<i64>() * ONE_OF + 1;
    let given: Given = diesel::sql_query(format!(
        "SELECT count(*) AS mails FROM (SELECT FROM outbox mail \
             WHERE mail.sent_at BETWEEN $1 AND $2 AND {DOMAIN} = $3 LIMIT {most}) given"
    ))
    .bind::<Nullable<Timestamptz>, _>(gone.iter().filter_map(|address| address.first).min())
    .bind::<Nullable<Timestamptz>, _>(gone.iter().filter_map(|address| address.last).max())
    .bind::<Text, _>(domain)
    .get_result(connection)?;
    Ok(given.mails)
}

/// Takes off the list whom the reports of this hour have put there, and tells somebody, once.
fn take_back(connection: &mut PgConnection, gone: &[Gone], now: DateTime<Utc>) -> QueryResult<()> {
    let doubted = gone.iter().filter(|address| !address.again);
    let doubted: Vec<&[u8]> = doubted.map(|address| &address.hash[..]).collect();
    let listed: Vec<Vec<u8>> = suppressions::table
        .filter(suppressions::address_hash.eq_any(doubted))
        .filter(suppressions::since.gt(now - AT_ONCE))
        .select(suppressions::address_hash)
        .load(connection)?;
    let listed: Vec<AddressHash> = listed
        .iter()
        .filter_map(|hash| AddressHash::from_column(hash))
        .collect();
    let doing = by_itself(now);
    let why = "too many at one domain were reported at once";
    if suppression::lift_all(connection, &listed, why, &doing)?.is_empty() {
        return Ok(());
    }
    let what = format!(
        "{} reports within an hour say that addresses at one domain do not exist: that is rather its own trouble, \
         so they are still written to",
        gone.len()
    );
    activity::record(
        connection,
        Line::about(None, Category::Mail, what, &doing).attention(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came_back(mails: i64) -> Vec<Gone> {
        let gone = |_| Gone {
            hash: Vec::new(),
            mails: 1,
            first: None,
            last: None,
            again: false,
            is_own: false,
        };
        (0..mails).map(gone).collect()
    }

    #[test]
    fn one_of_ten_is_not_seldom() {
        assert!(!is_seldom(&came_back(10), 100));
        assert!(is_seldom(&came_back(10), 101));
        assert!(
            !is_seldom(&came_back(10), 0),
            "nobody knows how many it was given"
        );
    }
}
