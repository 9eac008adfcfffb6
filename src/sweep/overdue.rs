//! Sessions that should have ended by now, and of whose end we never heard: read at Stripe, one by
//! one, a few at a time. And those that can still be paid though their order is settled: closed.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use tokio::time::Instant;

use super::SweepError;
use crate::{
    app::App,
    checkout::give_up,
    gateway::CallError,
    schema::{checkout_sessions, orders, session_orders},
    settlement::{self, FoundBy},
};

/// Stripe tells of an end within moments; what it has not told by then it will not.
const PATIENCE: Duration = Duration::minutes(10);
/// Reads of one look; the oldest first, the rest next time.
const MOST: i64 = 50;
const ONE_CALL: std::time::Duration = std::time::Duration::from_secs(20);

/// Reads or closes what is overdue, and settles what Stripe says; tells how many there were.
pub async fn settle(app: &App) -> Result<usize, SweepError> {
    let now = app.clock.now();
    let overdue = app
        .db
        .run(move |connection| overdue(connection, now))
        .await?;
    let count = overdue.len();
    for (stripe_id, is_over) in overdue {
        let deadline = Instant::now() + ONE_CALL;
        let answer = if is_over {
            app.stripe.read(&stripe_id, deadline).await
        } else {
            app.stripe.close(&stripe_id, deadline).await
        };
        match answer {
            Ok(session) => {
                settlement::settle(app, session, FoundBy::Sweep).await?;
            }
            // Not of our account: nobody can pay there what we would see.
            Err(CallError::Refused { status: 404, .. }) => {
                app.db
                    .run(move |connection| give_up(connection, &stripe_id, now))
                    .await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(count)
}

/// Stripe's ids of live sessions, and whether their time is over.
fn overdue(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<(String, bool)>> {
    let over = checkout_sessions::expires_at
        .assume_not_null()
        .lt(now - PATIENCE);
    let not_owed = diesel::dsl::exists(
        session_orders::table
            .inner_join(orders::table)
            .filter(session_orders::session_id.eq(checkout_sessions::id))
            .filter(orders::status.ne("open")),
    );
    checkout_sessions::table
        .filter(checkout_sessions::state.eq_any(["open", "closing"]))
        .filter(checkout_sessions::stripe_id.is_not_null())
        .filter(over.or(not_owed))
        .order((checkout_sessions::expires_at, checkout_sessions::id))
        .limit(MOST)
        .select((checkout_sessions::stripe_id.assume_not_null(), over))
        .load(connection)
}
