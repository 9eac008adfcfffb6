//! What a day has brought. Ids of rows begin with the time, so that the newest rows are found by the key; a
//! clock that was put back has some of them begin later than they were made.
//!
//! In SQL where tables are joined: behind each `OFFSET 0` PostgreSQL goes on from the rows of the day. By itself
//! it may begin with all rows of the other table, since it guesses how many a day has.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    dsl::count_star,
    prelude::*,
    sql_query,
    sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::Shown;
use crate::{
    order::{Kind, Status, state::Verdict},
    reminder::{Decision, rule::Reason},
    schema::reminder_decisions,
    session::SessionState,
    settlement::FoundBy,
};

const DAY: Duration = Duration::hours(24);
/// Stripe ends a session after a day at the latest, and says so at most minutes later.
const LIFE_OF_A_SESSION: Duration = Duration::hours(25);

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The least id of a row that was made at `time` or later (UUID version 7).
fn first_id(time: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(time.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}

pub(super) fn dead_links(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Shown> {
    let dead = count_dead_links(connection, now)?;
    Ok(Box::new(move |figures| figures.dead_links.set(dead)))
}

/// Orders that owe, and whose checkout ended within a day; whoever opened another one since counts, too.
pub(super) fn count_dead_links(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
) -> QueryResult<i64> {
    let count: Count = sql_query(
        "SELECT count(DISTINCT owing.id) AS count FROM \
             (SELECT id FROM checkout_sessions WHERE id >= $1 AND expires_at > $2 AND expires_at <= $3 \
                 AND (state = $4 OR live) OFFSET 0) ended \
             CROSS JOIN LATERAL (SELECT order_id FROM session_orders WHERE session_id = ended.id OFFSET 0) about \
             CROSS JOIN LATERAL (SELECT id FROM orders WHERE id = about.order_id AND status = $5 AND kind = $6 \
                 OFFSET 0) owing",
    )
    .bind::<SqlUuid, _>(first_id(now - DAY - LIFE_OF_A_SESSION))
    .bind::<Timestamptz, _>(now - DAY)
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(SessionState::Expired)
    .bind::<Text, _>(Status::Open)
    .bind::<Text, _>(Kind::Billed)
    .get_result(connection)?;
    Ok(count.count)
}

pub(super) fn paid_orders(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Shown> {
    let paid = count_paid_orders(connection, now)?;
    Ok(Box::new(move |figures| figures.paid_orders.set(paid)))
}

/// Orders that a payment settled, however it was found.
pub(super) fn count_paid_orders(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
) -> QueryResult<i64> {
    let count: Count = sql_query(
        "SELECT count(*) AS count FROM \
             (SELECT id FROM payments WHERE id >= $1 AND found_at >= $4 AND found_by <> $2 OFFSET 0) new \
             CROSS JOIN LATERAL (SELECT FROM payment_allocations WHERE payment_id = new.id AND verdict = $3 \
                 OFFSET 0) settled",
    )
    .bind::<SqlUuid, _>(first_id(now - DAY))
    .bind::<Text, _>(FoundBy::Import)
    .bind::<Text, _>(Verdict::Settles)
    .bind::<Timestamptz, _>(now - DAY)
    .get_result(connection)?;
    Ok(count.count)
}

/// Reminders: what was decided, and why not.
pub(super) fn reminder_decisions(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
) -> QueryResult<Shown> {
    let counts: Vec<(Decision, Option<Reason>, i64)> = reminder_decisions::table
        .filter(reminder_decisions::id.ge(first_id(now - DAY)))
        .filter(reminder_decisions::decided_at.ge(now - DAY))
        .group_by((reminder_decisions::decision, reminder_decisions::reason))
        .select((
            reminder_decisions::decision,
            reminder_decisions::reason,
            count_star(),
        ))
        .load(connection)?;
    Ok(Box::new(move |figures| {
        let decisions = &figures.reminder_decisions;
        decisions.reset();
        for decision in [Decision::Scheduled, Decision::Sent] {
            decisions.with_label_values(&[decision.name(), ""]).set(0);
        }
        for (decision, reason, count) in counts {
            let labels = [decision.name(), reason.map_or("", Reason::name)];
            decisions.with_label_values(&labels).set(count);
        }
    }))
}
