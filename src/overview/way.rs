//! From mail to money: how far the orders came that were mailed lately.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Timestamptz},
};

use crate::{
    mail,
    order::{Kind, Status},
};

/// Days that are looked back.
pub const DAYS: i64 = 30;
/// Mails that are looked at; where more went out, the newest.
const MAILS: i64 = 20_000;

/// Orders that came so far. Each is at least as many as the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Way {
    /// A mail server took a mail with their link.
    #[diesel(sql_type = BigInt)]
    pub mailed: i64,
    /// A person opened the link.
    #[diesel(sql_type = BigInt)]
    pub opened: i64,
    /// They opened the payment page.
    #[diesel(sql_type = BigInt)]
    pub checkout: i64,
    /// They have paid through it.
    #[diesel(sql_type = BigInt)]
    pub paid: i64,
}

/// Of the orders that were mailed in the last [`DAYS`] days. Whoever has paid has opened the link, also where the
/// look was not written down: it is kept for bills that are open.
pub fn way(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Way> {
    diesel::sql_query(format!(
        "WITH mailed AS ( \
             SELECT DISTINCT part.order_id \
             FROM (SELECT id FROM outbox WHERE sent_at > $1 AND kind IN ('{blast}', '{link}') \
                   ORDER BY sent_at DESC LIMIT $2) newest \
             JOIN outbox_orders part ON part.mail_id = newest.id), \
         so_far AS ( \
             SELECT orders.status IN ('{paid}', '{partly}', '{back}', '{debit}', '{review}') AS paid, \
                 EXISTS (SELECT FROM session_orders WHERE order_id = orders.id) AS checkout, \
                 EXISTS (SELECT FROM link_looks WHERE order_id = orders.id AND by_person IS NOT NULL) AS opened \
             FROM mailed JOIN orders ON orders.id = mailed.order_id WHERE orders.kind = '{billed}') \
         SELECT count(*) AS mailed, \
             count(*) FILTER (WHERE opened OR checkout OR paid) AS opened, \
             count(*) FILTER (WHERE checkout OR paid) AS checkout, \
             count(*) FILTER (WHERE paid) AS paid \
         FROM so_far",
        blast = mail::Kind::Blast,
        link = mail::Kind::Link,
        paid = Status::Paid,
        partly = Status::PartiallyRefunded,
        back = Status::Refunded,
        debit = Status::Processing,
        review = Status::InReview,
        billed = Kind::Billed,
    ))
    .bind::<Timestamptz, _>(now - Duration::days(DAYS))
    .bind::<BigInt, _>(MAILS)
    .get_result(connection)
}
