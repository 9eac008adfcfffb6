//! From mail to money: how far the orders came that were mailed lately.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use crate::{
    mail,
    order::{Kind, Status},
};

/// Days that are looked back.
pub const DAYS: i64 = 30;
/// Mails that are looked at; where more went out, the newest. Of all kinds: asked for some, PostgreSQL would read
/// all mails of these by their index, and sort them. Behind the OFFSET it begins with those mails.
const MAILS: i64 = 20_000;
/// Mails that are looked at for a report, which may take seconds.
pub const MAILS_OF_A_REPORT: i64 = 200_000;

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
    /// Where more mails went out than are looked at: when the oldest of those was sent that were.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub counted_since: Option<DateTime<Utc>>,
    /// Mails, of all kinds, that were looked at.
    #[diesel(sql_type = BigInt)]
    pub mails: i64,
}

/// Which mails with a link are meant.
#[derive(Debug, Clone, Copy)]
pub struct Mailed {
    /// Taken by a mail server at this time or later,
    pub from: DateTime<Utc>,
    /// and before this one.
    pub until: DateTime<Utc>,
    /// Of this mailing; of all, and those about one order, if it is none.
    pub blast: Option<Uuid>,
    /// So many are looked at: the newest.
    pub most: i64,
}

/// Of the orders that were mailed in the last [`DAYS`] days.
pub fn way(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Way> {
    let lately = Mailed {
        from: now - Duration::days(DAYS),
        until: now + Duration::days(1),
        blast: None,
        most: MAILS,
    };
    funnel(connection, lately)
}

/// How far the orders of those mails came. Whoever has paid has opened the link, also where the look was not
/// written down: it is kept for bills that are open.
///
/// Each step is asked about those alone that have not come further: behind an OFFSET PostgreSQL does not ask again
/// for each figure that is counted.
pub fn funnel(connection: &mut PgConnection, mailed: Mailed) -> QueryResult<Way> {
    diesel::sql_query(format!(
        "WITH looked_at AS MATERIALIZED ({newest}), \
         newest AS (SELECT id, kind, sent_at FROM looked_at WHERE sent_at >= $1), \
         mailed AS ( \
             SELECT DISTINCT part.order_id FROM newest \
             CROSS JOIN LATERAL (SELECT order_id FROM outbox_orders WHERE mail_id = newest.id OFFSET 0) part \
             WHERE newest.kind IN ('{blast}', '{link}')), \
         bills AS ( \
             SELECT orders.id, orders.status IN ('{paid}', '{partly}', '{back}', '{debit}', '{review}') AS paid \
             FROM mailed JOIN orders ON orders.id = mailed.order_id WHERE orders.kind = '{billed}' OFFSET 0), \
         at_checkout AS ( \
             SELECT id, paid, \
                 paid OR EXISTS (SELECT FROM session_orders WHERE order_id = bills.id) AS checkout \
             FROM bills OFFSET 0), \
         so_far AS ( \
             SELECT paid, checkout, checkout OR EXISTS (SELECT FROM link_looks \
                 WHERE order_id = at_checkout.id AND by_person IS NOT NULL) AS opened \
             FROM at_checkout OFFSET 0) \
         SELECT count(*) AS mailed, \
             count(*) FILTER (WHERE opened) AS opened, \
             count(*) FILTER (WHERE checkout) AS checkout, \
             count(*) FILTER (WHERE paid) AS paid, \
             (SELECT count(*) FROM newest) AS mails, \
             (SELECT CASE WHEN count(*) >= $2 THEN min(sent_at) END FROM newest) AS counted_since \
         FROM so_far",
        newest = newest(mailed.blast),
        blast = mail::Kind::Blast,
        link = mail::Kind::Link,
        paid = Status::Paid,
        partly = Status::PartiallyRefunded,
        back = Status::Refunded,
        debit = Status::Processing,
        review = Status::InReview,
        billed = Kind::Billed,
    ))
    .bind::<Timestamptz, _>(mailed.from)
    .bind::<BigInt, _>(mailed.most)
    .bind::<Timestamptz, _>(mailed.until)
    .bind::<Nullable<SqlUuid>, _>(mailed.blast)
    .get_result(connection)
}

/// The newest mails before that time. When they begin is looked at afterwards: a range has two ends, and without
/// statistics PostgreSQL takes it for so few mails that it reads and sorts all of them. Those of one mailing are
/// found by the mailing. Every parameter has its type, also where it is not asked for.
fn newest(blast: Option<Uuid>) -> &'static str {
    match blast {
        None => {
            "SELECT id, kind, sent_at FROM outbox WHERE sent_at < $3 AND $4::uuid IS NULL \
             ORDER BY sent_at DESC LIMIT $2"
        }
        Some(_) => {
            "SELECT id, kind, sent_at FROM outbox WHERE blast_id = $4 AND sent_at < $3 \
             ORDER BY id DESC LIMIT $2"
        }
    }
}
