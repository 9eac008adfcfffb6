//! What is still owed, in all and by mailing.

use std::time::Duration;

use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use crate::{
    db::within,
    mail,
    order::{CurrencySum, Kind, Status},
    outbox,
    schema::{blasts, orders},
};

/// Orders that are summed up; where more are owed, the page says that they are more.
pub const MOST: i64 = 10_000;
/// Orders of one mailing that are counted; where it has more, the pages say that there are more.
pub const MOST_OF_A_MAILING: i64 = 2 * MOST;
/// Mailings that are shown: the newest that have begun.
const MAILINGS: i64 = 5;

/// So long may PostgreSQL work for what is good to know.
const PATIENCE: Duration = Duration::from_millis(1_200);

/// What is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// By currency, of [`MOST`] orders at most.
    pub sums: Vec<CurrencySum>,
    /// There are more orders than were summed up.
    pub is_more: bool,
}

/// How far a mailing has led.
#[derive(Debug, Clone, QueryableByName)]
pub struct Mailing {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What the shop calls it.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Orders that it is about, whether their mails have gone or wait: at most one more than
    /// [`MOST_OF_A_MAILING`], and what follows is of these.
    #[diesel(sql_type = BigInt)]
    pub orders: i64,
    /// Those that are paid or settled.
    #[diesel(sql_type = BigInt)]
    pub paid: i64,
    /// Those that are owed.
    #[diesel(sql_type = BigInt)]
    pub unpaid: i64,
    /// The currencies of those.
    #[diesel(sql_type = Array<Text>)]
    pub(crate) currencies: Vec<String>,
    /// What those come to, by currency, in minor units.
    #[diesel(sql_type = Array<BigInt>)]
    pub(crate) amounts: Vec<i64>,
    /// How many those are, by currency.
    #[diesel(sql_type = Array<BigInt>)]
    pub(crate) counts: Vec<i64>,
}

impl Mailing {
    /// It has more than [`MOST_OF_A_MAILING`] orders: one more than those has been counted.
    pub fn is_more(&self) -> bool {
        self.orders > MOST_OF_A_MAILING
    }

    /// What is owed, by currency.
    pub fn owed(&self) -> Vec<CurrencySum> {
        let sums = self.currencies.iter().zip(&self.amounts).zip(&self.counts);
        let sums = sums.map(|((currency, amount), orders)| CurrencySum {
            currency: currency.clone(),
            orders: *orders,
            amount: *amount,
        });
        sums.collect()
    }
}

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = BigInt)]
    orders: i64,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// What is owed of the shop's own orders.
pub fn owed(connection: &mut PgConnection) -> QueryResult<Owed> {
    let rows: Vec<Sum> = diesel::sql_query(format!(
        "SELECT currency, count(*) AS orders, coalesce(sum(amount_total), 0)::bigint AS amount \
         FROM (SELECT currency, amount_total FROM orders WHERE kind = '{}' AND status = '{}' \
               ORDER BY id DESC LIMIT $1 + 1) newest \
         GROUP BY currency ORDER BY currency",
        Kind::Billed,
        Status::Open
    ))
    .bind::<BigInt, _>(MOST)
    .load(connection)?;
    let is_more = rows.iter().map(|sum| sum.orders).sum::<i64>() > MOST;
    let sums = rows.into_iter().map(|sum| CurrencySum {
        currency: sum.currency,
        orders: sum.orders,
        amount: sum.amount,
    });
    Ok(Owed {
        sums: sums.collect(),
        is_more,
    })
}

/// The newest mailings that have begun, and have orders that are owed.
pub fn unpaid_by_mailing(connection: &mut PgConnection) -> QueryResult<Vec<Mailing>> {
    let newest: Vec<Uuid> = blasts::table
        .filter(blasts::started_at.is_not_null())
        .filter(blasts::state.ne(mail::BlastState::Draft))
        .order(blasts::id.desc())
        .limit(MAILINGS)
        .select(blasts::id)
        .load(connection)?;
    let mut found = led_to(connection, &newest)?;
    found.retain(|mailing| mailing.unpaid > 0);
    Ok(found)
}

/// How far these mailings have led, newest first. None is told where that takes too long.
pub fn by_mailing(connection: &mut PgConnection, ids: &[Uuid]) -> QueryResult<Vec<Mailing>> {
    let found = within(connection, PATIENCE, |connection| led_to(connection, ids))?;
    Ok(found.unwrap_or_default())
}

fn led_to(connection: &mut PgConnection, ids: &[Uuid]) -> QueryResult<Vec<Mailing>> {
    diesel::sql_query(format!(
        "SELECT mailing.id, mailing.name, so_far.* FROM blasts mailing \
         CROSS JOIN LATERAL ( \
             SELECT coalesce(sum(orders), 0)::bigint AS orders, coalesce(sum(paid), 0)::bigint AS paid, \
                 coalesce(sum(unpaid), 0)::bigint AS unpaid, \
                 coalesce(array_agg(currency ORDER BY currency) FILTER (WHERE unpaid > 0), '{{}}') AS currencies, \
                 coalesce(array_agg(owed ORDER BY currency) FILTER (WHERE unpaid > 0), '{{}}') AS amounts, \
                 coalesce(array_agg(unpaid ORDER BY currency) FILTER (WHERE unpaid > 0), '{{}}') AS counts \
             FROM (SELECT currency, count(*) AS orders, \
                     count(*) FILTER (WHERE status IN ('{paid}', '{cash}')) AS paid, \
                     count(*) FILTER (WHERE status = '{open}') AS unpaid, \
                     coalesce(sum(amount_total) FILTER (WHERE status = '{open}'), 0)::bigint AS owed \
                 FROM (SELECT order_id FROM outbox_orders \
                       WHERE blast_id = mailing.id AND kind = '{blast}' LIMIT $1 + 1) mail \
                 JOIN orders ON orders.id = mail.order_id GROUP BY currency) by_currency) so_far \
         WHERE mailing.id = ANY($2) ORDER BY mailing.id DESC",
        paid = Status::Paid,
        cash = Status::SettledOffline,
        open = Status::Open,
        blast = mail::Kind::Blast
    ))
    .bind::<BigInt, _>(MOST_OF_A_MAILING)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(connection)
}

/// Orders that are owed and that nobody was written to about, of [`MOST`] at most.
pub fn never_mailed(connection: &mut PgConnection) -> QueryResult<i64> {
    let found: Option<Vec<Uuid>> = within(connection, PATIENCE, |connection| {
        orders::table
            .filter(orders::kind.eq(Kind::Billed))
            .filter(orders::status.eq(Status::Open))
            .filter(orders::email.is_not_null())
            .filter(outbox::never_mailed())
            .select(orders::id)
            .limit(MOST)
            .load(connection)
    })?;
    Ok(found.map_or(0, |orders| i64::try_from(orders.len()).unwrap_or(MOST)))
}
