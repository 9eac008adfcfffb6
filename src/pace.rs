//! The pace of mints: none until Stripe says that it is too fast, then one that all replicas share.
//!
//! Stripe allows some 25 creations a second on one endpoint and answers 429 above that
//! (<https://docs.stripe.com/rate-limits>); accounts can have more. So nobody is slowed down before
//! Stripe asks for it. After a 429 every mint draws its turn from one row for a while.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types::Double};
use tokio::time::Instant;

use crate::{
    clock::Clock,
    db::{Db, DbError},
};

/// Turns a second, over all replicas: under Stripe's limit.
const TURNS_PER_SECOND: f64 = 20.0;
/// How long the pace is kept after the last 429.
const KEPT_FOR: chrono::Duration = chrono::Duration::seconds(60);

/// The pace of this process. Cheap to clone.
#[derive(Clone)]
pub struct Pace {
    clock: Clock,
    slow_until: Arc<AtomicI64>,
}

impl Pace {
    /// A pace that nobody has asked for yet.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            slow_until: Arc::default(),
        }
    }

    /// Stripe answered 429 at `now`.
    pub fn slow_down(&self, now: DateTime<Utc>) {
        self.slow_until
            .fetch_max((now + KEPT_FOR).timestamp(), Ordering::Relaxed);
    }

    /// Waits for our turn, or until `deadline` if it does not come before.
    ///
    /// # Errors
    /// The database's.
    pub async fn wait_for_a_mint(&self, db: &Db, deadline: Instant) -> Result<(), DbError> {
        if self.clock.now().timestamp() >= self.slow_until.load(Ordering::Relaxed) {
            return Ok(());
        }
        let pause = db.run(draw).await?;
        tokio::time::sleep_until((Instant::now() + pause).min(deadline)).await;
        Ok(())
    }
}

#[derive(QueryableByName)]
struct Turn {
    #[diesel(sql_type = Double)]
    seconds: f64,
}

/// Takes the next turn: how long until it comes, by the database's clock.
fn draw(connection: &mut PgConnection) -> QueryResult<Duration> {
    let turn: Turn = diesel::sql_query(
        "UPDATE pace SET next_at = greatest(next_at, clock_timestamp()) + make_interval(secs => 1 / $1) \
         WHERE name = 'mints' \
         RETURNING greatest(0, extract(epoch FROM next_at - clock_timestamp()))::double precision AS seconds",
    )
    .bind::<Double, _>(TURNS_PER_SECOND)
    .get_result(connection)?;
    Ok(Duration::from_secs_f64(turn.seconds))
}
