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
use diesel::prelude::*;
use tokio::time::Instant;

use crate::{
    clock::Clock,
    column::column_enum,
    db::{Db, DbError, clock_timestamp, from_now, greatest, interval},
    schema::pace,
};

column_enum! {
    /// What has a pace of its own: a row each.
    pub enum Paced {
        /// Checkout Sessions that are made.
        Mints = "mints",
        /// Mails that are handed over.
        Mails = "mails",
    }
}

/// How long a turn is: 20 a second, over all replicas, which is under Stripe's limit.
const TURN: Duration = Duration::from_millis(50);
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

    /// Waits for our turn; `false` if it does not come before `deadline`. Such a turn is not taken, so
    /// that those who come later do not wait for somebody who has gone.
    ///
    /// # Errors
    /// The database's.
    pub async fn wait_for_a_mint(&self, db: &Db, deadline: Instant) -> Result<bool, DbError> {
        if self.clock.now().timestamp() >= self.slow_until.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        match db.run(move |connection| draw(connection, left)).await? {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Ok(false),
        }
        Ok(true)
    }
}

/// Takes the next turn if it comes within `patience`: how long until then, by the database's clock.
fn draw(connection: &mut PgConnection, patience: Duration) -> QueryResult<Option<Duration>> {
    let comes_in_time = pace::table
        .find(Paced::Mints)
        .filter(pace::next_at.lt(from_now(patience)));
    let turn: Option<(DateTime<Utc>, DateTime<Utc>)> = diesel::update(comes_in_time)
        .set(pace::next_at.eq(greatest(pace::next_at, clock_timestamp()) + interval(TURN)))
        .returning((pace::next_at, clock_timestamp()))
        .get_result(connection)
        .optional()?;
    // The clock may have passed the turn between the two.
    Ok(turn.map(|(at, now)| (at - now).to_std().unwrap_or_default()))
}
