//! What each switch does, in numbers: to whom it would happen now, and what happened in the last thirty days.
//!
//! Each number is read from an index and counted to an end ([`Count`]): a page of settings waits for none.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use crate::{
    db::Count,
    order::{Kind, Status},
    reminder::{Decision, rule::Reason},
    schema::ops_users,
    session::SessionOrigin,
    token::Role,
};

/// Rows that are looked at for one number.
pub const MOST: i64 = 10_000;
/// Of how many days a page tells.
pub const DAYS: i64 = 30;
/// A reminder is sent some days after it was decided on; by this much earlier the numbers of rows begin.
const SENT_WITHIN: Duration = Duration::days(3);

/// The numbers, as they are now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Orders that are owed, have an address, want a reminder and had none.
    pub may_be_reminded: Count,
    /// Reminders about orders.
    pub orders: Reminders,
    /// Reminders about carts.
    pub carts: Reminders,
    /// Payments of other systems' checkouts in the last days.
    pub unknown_payments: Count,
    /// People who may approve a mailing.
    pub approvers: i64,
}

/// Reminders about one kind of order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reminders {
    /// Those that wait for their time.
    pub scheduled: Count,
    /// Those of the last days.
    pub sent: Count,
    /// Those of the last days that were not sent, since the switch was off.
    pub left_out: Count,
}

/// Reads them.
pub fn numbers(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Numbers> {
    let since = now - Duration::days(DAYS);
    let (orders, carts) = (Kind::Billed, Kind::Recovered);
    let reminders = |connection: &mut PgConnection, kind, reason| {
        Ok::<_, diesel::result::Error>(Reminders {
            scheduled: decided(connection, Decision::Scheduled, kind, None)?,
            sent: decided(connection, Decision::Sent, kind, Some(since))?,
            left_out: left_out(connection, reason, since)?,
        })
    };
    Ok(Numbers {
        may_be_reminded: may_be_reminded(connection)?,
        orders: reminders(connection, orders, Reason::ReminderDisabled)?,
        carts: reminders(connection, carts, Reason::RecoveryDisabled)?,
        unknown_payments: unknown_payments(connection, since)?,
        approvers: approvers(connection)?,
    })
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    looked_at: i64,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Counted {
    fn count(&self) -> Count {
        Count {
            count: self.count,
            or_more: self.looked_at > MOST,
        }
    }
}

fn may_be_reminded(connection: &mut PgConnection) -> QueryResult<Count> {
    let [scheduled, sent] = [Decision::Scheduled, Decision::Sent];
    // The decisions are literals, for the partial index.
    let counted: Counted = diesel::sql_query(format!(
        "SELECT count(*) AS looked_at, count(*) FILTER (WHERE remind AND email IS NOT NULL AND NOT EXISTS ( \
             SELECT FROM reminder_decisions had \
             WHERE had.order_id = owed.id AND had.decision IN ('{scheduled}', '{sent}'))) AS count \
         FROM (SELECT id, remind, email FROM orders WHERE kind = $1 AND status = $2 ORDER BY id DESC LIMIT $3) owed"
    ))
    .bind::<Text, _>(Kind::Billed)
    .bind::<Text, _>(Status::Open)
    .bind::<BigInt, _>(MOST + 1)
    .get_result(connection)?;
    Ok(counted.count())
}

/// Decisions about orders of a kind; of those that were sent, the ones since a time.
fn decided(
    connection: &mut PgConnection,
    decision: Decision,
    kind: Kind,
    since: Option<DateTime<Utc>>,
) -> QueryResult<Count> {
    let counted: Counted = diesel::sql_query(
        "SELECT count(*) AS looked_at, count(*) FILTER (WHERE orders.kind = $5) AS count \
         FROM (SELECT order_id FROM reminder_decisions \
               WHERE decision = $1 AND id >= $2 AND ($3 IS NULL OR sent_at >= $3) ORDER BY id DESC LIMIT $4) newest \
             JOIN orders ON orders.id = newest.order_id",
    )
    .bind::<Text, _>(decision)
    .bind::<SqlUuid, _>(since.map_or(Uuid::nil(), |since| first_row_of(since - SENT_WITHIN)))
    .bind::<Nullable<Timestamptz>, _>(since)
    .bind::<BigInt, _>(MOST + 1)
    .bind::<Text, _>(kind)
    .get_result(connection)?;
    Ok(counted.count())
}

/// Decisions of the last days that were "no" for this reason.
fn left_out(
    connection: &mut PgConnection,
    reason: Reason,
    since: DateTime<Utc>,
) -> QueryResult<Count> {
    let counted: Counted = diesel::sql_query(
        "SELECT count(*) AS looked_at, least(count(*), $3 - 1) AS count \
         FROM (SELECT FROM reminder_decisions WHERE reason = $1 AND id >= $2 LIMIT $3) newest",
    )
    .bind::<Text, _>(reason)
    .bind::<SqlUuid, _>(first_row_of(since))
    .bind::<BigInt, _>(MOST + 1)
    .get_result(connection)?;
    Ok(counted.count())
}

/// What was bought in the last days on a payment page that was none of ours.
fn unknown_payments(connection: &mut PgConnection, since: DateTime<Utc>) -> QueryResult<Count> {
    let counted: Counted = diesel::sql_query(
        "SELECT count(*) AS looked_at, count(*) FILTER (WHERE NOT EXISTS ( \
             SELECT FROM checkout_sessions ours \
             WHERE ours.stripe_id = newest.stripe_session_id AND ours.origin <> $3)) AS count \
         FROM (SELECT stripe_session_id FROM purchases \
               WHERE bought_at >= $1 AND amount > 0 ORDER BY bought_at DESC LIMIT $2) newest",
    )
    .bind::<Timestamptz, _>(since)
    .bind::<BigInt, _>(MOST + 1)
    .bind::<Text, _>(SessionOrigin::Foreign)
    .get_result(connection)?;
    Ok(counted.count())
}

fn approvers(connection: &mut PgConnection) -> QueryResult<i64> {
    ops_users::table
        .filter(ops_users::disabled_at.is_null())
        .filter(ops_users::role.eq_any([Role::Operator, Role::Admin]))
        .count()
        .get_result(connection)
}

/// The lowest id that a row of this time can have: ids of rows begin with it, in milliseconds (UUID
/// version 7).
fn first_row_of(at: DateTime<Utc>) -> Uuid {
    let milliseconds = u128::try_from(at.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128(milliseconds << 80)
}
