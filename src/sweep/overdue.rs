//! Sessions that should have ended by now, and of whose end we never heard: read at Stripe, one by
//! one, a few at a time. And those that can still be paid though their order is settled: closed.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use tokio::time::Instant;

use super::Look;
use crate::{
    app::App,
    checkout::{forget_lost, give_up},
    db::DbError,
    gateway::CallError,
    order::Status,
    schema::{checkout_sessions, orders, session_orders},
    session::SessionState,
    settlement::{self, FoundBy},
    upstream::UpstreamError,
};

/// Stripe tells of an end within moments; what it has not told by then it will not.
const PATIENCE: Duration = Duration::minutes(10);
/// A bank debit that has not been heard of for so long is asked about.
const A_DEBIT_TAKES: Duration = Duration::days(3);
/// Reads of one look, since reads are metered and a look holds its lease; the oldest first, the rest
/// next time.
const MOST: i64 = 50;
/// Stripe answers within a second or two; a call that hangs holds up those behind it for no longer.
const ONE_CALL: std::time::Duration = std::time::Duration::from_secs(20);

/// Reads or closes what is overdue, and settles what Stripe says; tells how many there were. A short
/// look only closes.
pub async fn settle(app: &App, look: Look) -> Result<usize, UpstreamError> {
    let now = app.clock.now();
    let overdue = app
        .db
        .run(move |connection| {
            if look == Look::Full {
                forget_lost(connection, now)?;
            }
            let mut found = not_owed(connection)?;
            if look == Look::Full {
                found.extend(ended(connection, now)?);
            }
            Ok(found)
        })
        .await?;
    let count = overdue.len();
    let mut failed = None;
    for (stripe_id, what) in overdue {
        let deadline = Instant::now() + ONE_CALL;
        let answer = match what {
            Overdue::Ended => app.stripe.read(&stripe_id, deadline).await,
            Overdue::NotOwed => app.stripe.close(&stripe_id, deadline).await,
        };
        match answer {
            Ok(session) => {
                let settled = settlement::settle(app, session, FoundBy::Sweep).await;
                unless_refused(&stripe_id, settled.map(drop))?;
            }
            // Not of our account: nobody can pay there what we would see.
            Err(CallError::Refused { status: 404, .. }) => {
                let id = stripe_id.clone();
                let given_up = app.db.run(move |connection| give_up(connection, &id, now));
                unless_refused(&stripe_id, given_up.await.map(drop))?;
            }
            // One that Stripe does not tell about holds up none behind it.
            Err(error) => {
                log::warn!("session {stripe_id} is overdue, and Stripe did not tell: {error}");
                failed = Some(error);
            }
        }
    }
    match failed {
        None => Ok(count),
        Some(error) => Err(error.into()),
    }
}

/// What the database refuses of one session holds up none behind it; the next look tries it again.
fn unless_refused(session: &str, done: Result<(), DbError>) -> Result<(), DbError> {
    match done {
        Err(error) if !error.is_away() => {
            log::error!("session {session} is overdue, and cannot be brought in line: {error}");
            Ok(())
        }
        done => done,
    }
}

/// Why a session is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overdue {
    /// Its time is over, or its bank debit should have come by now.
    Ended,
    /// It can be paid, and its order is settled.
    NotOwed,
}

/// Sessions that can be paid though their order is settled.
fn not_owed(connection: &mut PgConnection) -> QueryResult<Vec<(String, Overdue)>> {
    let ids: Vec<String> = checkout_sessions::table
        .inner_join(session_orders::table.on(session_orders::session_id.eq(checkout_sessions::id)))
        .inner_join(orders::table.on(orders::id.eq(session_orders::order_id)))
        .filter(checkout_sessions::state.eq_any(SessionState::PAYABLE))
        .filter(checkout_sessions::stripe_id.is_not_null())
        .filter(orders::status.ne(Status::Open))
        .order(checkout_sessions::id)
        .limit(MOST)
        .select(checkout_sessions::stripe_id.assume_not_null())
        .load(connection)?;
    Ok(ids.into_iter().map(|id| (id, Overdue::NotOwed)).collect())
}

/// Sessions whose time is over, and those whose bank debit nothing has been heard of for days; the
/// oldest first.
fn ended(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<(String, Overdue)>> {
    let over = checkout_sessions::state.eq_any(SessionState::PAYABLE).and(
        checkout_sessions::expires_at
            .assume_not_null()
            .lt(now - PATIENCE),
    );
    let processing = diesel::dsl::exists(
        session_orders::table
            .inner_join(orders::table)
            .filter(session_orders::session_id.eq(checkout_sessions::id))
            .filter(orders::status.eq(Status::Processing)),
    );
    let silent = checkout_sessions::state
        .eq(SessionState::Complete)
        .and(checkout_sessions::payment_failed_at.is_null())
        .and(
            checkout_sessions::ended_at
                .assume_not_null()
                .lt(now - A_DEBIT_TAKES),
        )
        .and(processing);
    let ids: Vec<String> = checkout_sessions::table
        .filter(checkout_sessions::stripe_id.is_not_null())
        .filter(over.or(silent))
        .order((checkout_sessions::expires_at, checkout_sessions::id))
        .limit(MOST)
        .select(checkout_sessions::stripe_id.assume_not_null())
        .load(connection)?;
    Ok(ids.into_iter().map(|id| (id, Overdue::Ended)).collect())
}
