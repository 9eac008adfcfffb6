//! What a day has brought. Ids of rows begin with the time, so that the newest rows are found by the key.

use chrono::{DateTime, Duration, Utc};
use diesel::{dsl::count_star, prelude::*};
use uuid::Uuid;

use super::Shown;
use crate::{
    order::{Kind, Status, state::Verdict},
    reminder::{Decision, rule::Reason},
    schema::{
        checkout_sessions, orders, payment_allocations, payments, reminder_decisions,
        session_orders,
    },
    session::SessionState,
    settlement::FoundBy,
};

const DAY: Duration = Duration::hours(24);
/// Stripe ends a session after a day at the latest, and says so at most minutes later.
const LIFE_OF_A_SESSION: Duration = Duration::hours(25);

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
    let ended = checkout_sessions::state
        .eq(SessionState::Expired)
        .or(checkout_sessions::live);
    checkout_sessions::table
        .inner_join(session_orders::table.on(session_orders::session_id.eq(checkout_sessions::id)))
        .inner_join(orders::table.on(orders::id.eq(session_orders::order_id)))
        .filter(checkout_sessions::id.ge(first_id(now - DAY - LIFE_OF_A_SESSION)))
        .filter(checkout_sessions::expires_at.gt(now - DAY))
        .filter(checkout_sessions::expires_at.le(now))
        .filter(ended)
        .filter(orders::status.eq(Status::Open))
        .filter(orders::kind.eq(Kind::Billed))
        .select(diesel::dsl::count(orders::id).aggregate_distinct())
        .first(connection)
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
    payments::table
        .inner_join(payment_allocations::table)
        .filter(payments::id.ge(first_id(now - DAY)))
        .filter(payments::found_by.ne(FoundBy::Import))
        .filter(payment_allocations::verdict.eq(Verdict::Settles))
        .select(count_star())
        .first(connection)
}

/// Reminders: what was decided, and why not.
pub(super) fn reminder_decisions(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
) -> QueryResult<Shown> {
    let counts: Vec<(Decision, Option<Reason>, i64)> = reminder_decisions::table
        .filter(reminder_decisions::id.ge(first_id(now - DAY)))
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
