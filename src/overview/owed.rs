//! What is still owed, in all and by mailing.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use crate::{
    mail,
    order::{CurrencySum, Kind, Status},
};

/// Orders that are summed up; where more are owed, the page says that they are more.
pub const MOST: i64 = 10_000;
/// Mailings that are shown: the newest that have begun.
const MAILINGS: i64 = 5;

/// What is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// By currency, of [`MOST`] orders at most.
    pub sums: Vec<CurrencySum>,
    /// There are more orders than were summed up.
    pub is_more: bool,
}

/// How far a mailing has led, in one currency.
#[derive(Debug, Clone, QueryableByName)]
pub struct Mailing {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What the shop calls it.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Orders that it is about.
    #[diesel(sql_type = BigInt)]
    pub mailed: i64,
    /// Those that are paid or settled.
    #[diesel(sql_type = BigInt)]
    pub paid: i64,
    /// Those that are owed.
    #[diesel(sql_type = BigInt)]
    pub unpaid: i64,
    /// What those come to, in minor units.
    #[diesel(sql_type = BigInt)]
    pub owed: i64,
    /// Of those that are owed, if there are any.
    #[diesel(sql_type = Nullable<Text>)]
    pub currency: Option<String>,
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
    diesel::sql_query(format!(
        "SELECT newest.id, newest.name, so_far.* \
         FROM (SELECT id, name FROM blasts WHERE started_at IS NOT NULL AND state <> '{draft}' \
               ORDER BY id DESC LIMIT $1) newest \
         CROSS JOIN LATERAL ( \
             SELECT count(*) AS mailed, count(*) FILTER (WHERE status IN ('{paid}', '{cash}')) AS paid, \
                 count(*) FILTER (WHERE status = '{open}') AS unpaid, \
                 coalesce(sum(amount_total) FILTER (WHERE status = '{open}'), 0)::bigint AS owed, \
                 CASE WHEN count(DISTINCT currency) FILTER (WHERE status = '{open}') = 1 \
                      THEN min(currency) FILTER (WHERE status = '{open}') END AS currency \
             FROM (SELECT order_id FROM outbox_orders WHERE blast_id = newest.id AND kind = '{blast}' LIMIT $2) mail \
             JOIN orders ON orders.id = mail.order_id) so_far \
         WHERE so_far.unpaid > 0 ORDER BY newest.id DESC",
        draft = mail::BlastState::Draft,
        paid = Status::Paid,
        cash = Status::SettledOffline,
        open = Status::Open,
        blast = mail::Kind::Blast
    ))
    .bind::<BigInt, _>(MAILINGS)
    .bind::<BigInt, _>(2 * MOST)
    .load(connection)
}
