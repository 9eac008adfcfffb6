//! Refunds that people asked for and that have not come to their end: Stripe is asked about each, a few at
//! a time.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use tokio::time::Instant;

use crate::{
    app::App,
    gateway::charge::RefundNews,
    schema::cases,
    settlement::{self, FoundBy},
    upstream::UpstreamError,
};

/// Whoever asked for it hears of it by then, or has gone.
const PATIENCE: Duration = Duration::minutes(10);
/// Reads of one look, the oldest first; the rest next time.
const MOST: i64 = 50;
/// A call that hangs holds up those behind it for no longer.
const ONE_CALL: std::time::Duration = std::time::Duration::from_secs(20);

/// Asks about those that are waited for.
pub async fn ask(app: &App) -> Result<(), UpstreamError> {
    let now = app.clock.now();
    let waiting = app.db.run(move |connection| waiting(connection, now));
    let mut failed = None;
    for (payment_intent, currency) in waiting.await? {
        let news = RefundNews {
            payment_intent,
            currency,
        };
        match settlement::ask_for_refunds(app, &news, Instant::now() + ONE_CALL).await {
            Ok(told) => {
                let doing = FoundBy::Sweep.doing(now);
                let written = app.db.transaction(move |connection| {
                    settlement::refunded(connection, &told, None, &doing)
                });
                written.await?;
            }
            Err(UpstreamError::Database(error)) => return Err(error.into()),
            // One that Stripe does not tell about holds up none behind it.
            Err(UpstreamError::Stripe(error)) => {
                let intent = &news.payment_intent;
                log::warn!("a refund of {intent} is waited for, and Stripe did not tell: {error}");
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

fn waiting(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
) -> QueryResult<Vec<(String, String)>> {
    cases::table
        .filter(cases::refunding_at.lt(now - PATIENCE))
        .filter(cases::payment_intent.is_not_null())
        .order((cases::refunding_at, cases::id))
        .limit(MOST)
        .select((cases::payment_intent.assume_not_null(), cases::currency))
        .load(connection)
}
