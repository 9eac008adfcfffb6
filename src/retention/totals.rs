//! What remains of carts: figures by day and currency, and no person.
//!
//! A cart counts on the day on which its checkout ended (UTC), in its own currency, and with what was
//! in it, also where the money that came was another amount:
//!
//! * `abandoned`: every one;
//! * `with_email`: those whose address is known;
//! * `reminded`: those whose reminder a mail server took;
//! * `recovered`: those whose address bought within 48 hours of the end, here or with another system.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid},
    upsert::excluded,
};
use uuid::Uuid;

use crate::{
    schema::{orders, recovery_totals},
    suppression::{AddressHash, AddressKey},
};

/// Whoever buys within this time of a cart's end has come back.
pub const COMES_BACK: Duration = Duration::hours(48);

/// A cart that somebody left, as the figures see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// When its checkout ended.
    pub expired_at: DateTime<Utc>,
    /// Lower-case ISO code; empty if Stripe told none.
    pub currency: String,
    /// In minor units.
    pub amount: i64,
    /// Whether somebody gave an address.
    pub with_email: bool,
    /// Whether a mail server took its reminder.
    pub reminded: bool,
    /// Whether the address bought within [`COMES_BACK`].
    pub recovered: bool,
}

/// How many, and how much in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figure {
    /// How many carts.
    pub count: i64,
    /// What was in them.
    pub amount: i64,
}

/// The carts of these sessions, without those of the other mode.
///
/// # Errors
/// What PostgreSQL says.
pub fn left(connection: &mut PgConnection, sessions: &[Uuid]) -> QueryResult<Vec<Left>> {
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT expired_at, address_hash, coalesce(currency, '') AS currency, coalesce(amount, 0) AS amount, \
             EXISTS (SELECT FROM reminder_decisions decision WHERE decision.session_id = carts.session_id \
                     AND decision = 'sent' AND sent_at IS NOT NULL) AS reminded, \
             EXISTS (SELECT FROM purchases WHERE purchases.address_hash = carts.address_hash \
                     AND bought_at BETWEEN expired_at AND expired_at + interval '48 hours') AS bought_elsewhere \
         FROM carts WHERE session_id = ANY ($1) AND NOT EXISTS \
             (SELECT FROM reminder_decisions other \
              WHERE other.session_id = carts.session_id AND other.reason = 'test_mode')",
    )
    .bind::<Array<SqlUuid>, _>(sessions)
    .load(connection)?;
    let paid = paid_by(connection, &rows)?;
    let left = rows.into_iter().map(|row| {
        let hash = row
            .address_hash
            .as_deref()
            .and_then(AddressHash::from_column);
        let in_time = row.expired_at..=row.expired_at + COMES_BACK;
        let bought_here = paid
            .iter()
            .any(|(whose, at)| Some(*whose) == hash && in_time.contains(at));
        Left {
            expired_at: row.expired_at,
            currency: row.currency,
            amount: row.amount,
            with_email: hash.is_some(),
            reminded: row.reminded,
            recovered: row.bought_elsewhere || bought_here,
        }
    });
    Ok(left.collect())
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Timestamptz)]
    expired_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Bytea>)]
    address_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Bool)]
    reminded: bool,
    #[diesel(sql_type = Bool)]
    bought_elsewhere: bool,
}

/// Who has paid an order of ours, and when, as far as it may be about these carts.
fn paid_by(
    connection: &mut PgConnection,
    carts: &[Row],
) -> QueryResult<HashSet<(AddressHash, DateTime<Utc>)>> {
    let ends = carts.iter().map(|cart| cart.expired_at);
    let (Some(first), Some(last)) = (ends.clone().min(), ends.max()) else {
        return Ok(HashSet::new());
    };
    let paid: Vec<(Option<String>, Option<DateTime<Utc>>)> = orders::table
        .filter(orders::paid_at.between(first, last + COMES_BACK))
        .filter(orders::email.is_not_null())
        .select((orders::email, orders::paid_at))
        .load(connection)?;
    let key = AddressKey::load(connection)?;
    let paid = paid
        .into_iter()
        .filter_map(|(email, at)| Some((key.hash(&email?), at?)));
    Ok(paid.collect())
}

/// The figures of carts, by day, currency and name.
pub fn figures(left: &[Left]) -> BTreeMap<(NaiveDate, String, &'static str), Figure> {
    let mut figures: BTreeMap<_, Figure> = BTreeMap::new();
    for cart in left {
        for (name, counts) in [
            ("abandoned", true),
            ("with_email", cart.with_email),
            ("reminded", cart.reminded),
            ("recovered", cart.recovered),
        ] {
            if counts {
                let key = (cart.expired_at.date_naive(), cart.currency.clone(), name);
                let figure = figures.entry(key).or_default();
                figure.count += 1;
                figure.amount = figure.amount.saturating_add(cart.amount);
            }
        }
    }
    figures
}

/// Adds the figures of carts that are about to go, in the transaction in which they go.
pub(super) fn add(connection: &mut PgConnection, left: &[Left]) -> QueryResult<()> {
    if left.is_empty() {
        return Ok(());
    }
    let rows = figures(left)
        .into_iter()
        .map(|((day, currency, name), figure)| {
            (
                recovery_totals::day.eq(day),
                recovery_totals::currency.eq(currency),
                recovery_totals::figure.eq(name),
                recovery_totals::count.eq(figure.count),
                recovery_totals::amount.eq(figure.amount),
            )
        });
    diesel::insert_into(recovery_totals::table)
        .values(rows.collect::<Vec<_>>())
        .on_conflict((
            recovery_totals::day,
            recovery_totals::currency,
            recovery_totals::figure,
        ))
        .do_update()
        .set((
            recovery_totals::count.eq(recovery_totals::count + excluded(recovery_totals::count)),
            recovery_totals::amount.eq(recovery_totals::amount + excluded(recovery_totals::amount)),
        ))
        .execute(connection)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carts_count_on_the_day_of_their_end_in_utc_and_in_their_own_currency() {
        let left = |expired_at: &str, currency: &str, amount, reminded, recovered| Left {
            expired_at: expired_at.parse().expect("a time"),
            currency: currency.to_owned(),
            amount,
            with_email: reminded || recovered,
            reminded,
            recovered,
        };
        let figures = figures(&[
            left("2026-11-20T23:59:59+00:00", "eur", 1_000, true, false),
            left("2026-11-21T00:00:00+00:00", "eur", 200, true, true),
            left("2026-11-21T01:30:00+02:00", "eur", 30, false, true),
            left("2026-11-21T12:00:00+00:00", "chf", 4, false, false),
        ]);
        let told = figures.iter().map(|((day, currency, name), figure)| {
            format!(
                "{day} {currency} {name}: {} {}",
                figure.count, figure.amount
            )
        });
        let told: Vec<String> = told.collect();
        assert_eq!(
            told,
            [
                "2026-11-20 eur abandoned: 2 1030",
                "2026-11-20 eur recovered: 1 30",
                "2026-11-20 eur reminded: 1 1000",
                "2026-11-20 eur with_email: 2 1030",
                "2026-11-21 chf abandoned: 1 4",
                "2026-11-21 eur abandoned: 1 200",
                "2026-11-21 eur recovered: 1 200",
                "2026-11-21 eur reminded: 1 200",
                "2026-11-21 eur with_email: 1 200",
            ]
        );
    }
}
