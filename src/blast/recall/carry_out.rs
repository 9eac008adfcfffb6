//! Carrying a recall out, order by order.

use std::time::Duration;

use diesel::{
    prelude::*,
    sql_types::{Double, Integer, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use crate::{
    activity::Doing,
    app::App,
    checkout::close::{Changed, closed_first},
    db::{DbError, clock_timestamp, from_now},
    order,
    schema::blast_recalls,
};

/// Whoever is at an order has it for so long: longer than Stripe is waited for. One that dies leaves it to
/// another then.
const LEASE: Duration = Duration::from_secs(60);
/// Stripe gave no answer: the order is tried again after so long, then after twice as long, up to an hour.
const FIRST_WAIT: Duration = Duration::from_secs(15);
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// An order whose link is withdrawn next.
#[derive(QueryableByName)]
struct Next {
    #[diesel(sql_type = SqlUuid)]
    blast_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    order_id: Uuid,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Text)]
    note: String,
}

/// Closes the checkout of one order and withdraws its link; tells whether there was one.
pub(in crate::blast) async fn carry_out(app: &App) -> Result<bool, DbError> {
    let Some(next) = app.db.run(take).await? else {
        return Ok(false);
    };
    let (blast, attempts) = (next.blast_id, next.attempts);
    let doing = Doing {
        actor: "freshmint".to_owned(),
        at: app.clock.now(),
        note: Some(next.note),
    };
    // The row is done in the transaction that withdraws: whoever is late finds it done, and withdraws no second
    // link, which the payer may have in the correction by then.
    let withdraw = move |connection: &mut PgConnection, order: &order::Order| {
        let to_do = blast_recalls::table
            .find((blast, order.id))
            .filter(blast_recalls::done_at.is_null());
        let done = diesel::update(to_do)
            .set(blast_recalls::done_at.eq(clock_timestamp().nullable()))
            .execute(connection)?;
        match done {
            0 => Ok(()),
            _ => order::withdraw_link(connection, order, &doing),
        }
    };
    match closed_first(app, next.order_id, withdraw).await? {
        Changed::Done(()) | Changed::NoOrder => {}
        Changed::NoAnswer => put_off(app, (blast, next.order_id), attempts).await?,
    }
    Ok(true)
}

/// The next one, under a lease. Orders are passed over that somebody has in hand.
fn take(connection: &mut PgConnection) -> QueryResult<Option<Next>> {
    diesel::sql_query(
        "UPDATE blast_recalls recall SET attempts = recall.attempts + 1, \
             claimed_until = clock_timestamp() + make_interval(secs => $1), \
             was_open = recall.was_open OR EXISTS (SELECT FROM session_orders \
                 WHERE session_orders.order_id = recall.order_id AND session_orders.live) \
         FROM (SELECT blast_id, order_id FROM blast_recalls \
               WHERE done_at IS NULL AND claimed_until <= clock_timestamp() \
               ORDER BY claimed_until, blast_id, order_id LIMIT 1 FOR UPDATE SKIP LOCKED) next, blasts \
         WHERE recall.blast_id = next.blast_id AND recall.order_id = next.order_id \
           AND blasts.id = recall.blast_id \
         RETURNING recall.blast_id, recall.order_id, recall.attempts, coalesce(blasts.recall_note, '') AS note",
    )
    .bind::<Double, _>(LEASE.as_secs_f64())
    .get_result(connection)
    .optional()
}

async fn put_off(app: &App, order: (Uuid, Uuid), attempts: i32) -> Result<(), DbError> {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(10);
    let wait = (FIRST_WAIT * (1 << doublings)).min(LONGEST_WAIT);
    let put_off = move |connection: &mut PgConnection| {
        diesel::update(blast_recalls::table.find(order))
            .set(blast_recalls::claimed_until.eq(from_now(wait)))
            .execute(connection)
    };
    app.db.run(put_off).await.map(drop)
}
