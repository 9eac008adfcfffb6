//! What is done now and then, by one replica at a time: turns under a lease of the database's clock.

use std::time::Duration;

use diesel::{
    prelude::*,
    sql_types::{Double, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use crate::{app::App, db::DbError, random};

/// A replica that dies in the middle of a turn leaves it to another after so long.
const LEASE: Duration = Duration::from_secs(10 * 60);

/// A turn that this process has.
#[derive(Debug)]
pub struct Turn {
    name: &'static str,
    claim: Uuid,
}

impl Turn {
    /// Takes the turn if it is due and nobody else has it.
    ///
    /// # Errors
    /// The database's.
    pub async fn take(app: &App, name: &'static str) -> Result<Option<Self>, DbError> {
        let claim = random::row_id(app.clock.now());
        let taken = app
            .db
            .run(move |connection| {
                diesel::sql_query(
                    "UPDATE chores SET claim_id = $2, \
                         claimed_until = clock_timestamp() + make_interval(secs => $3) \
                     WHERE name = $1 AND due_at <= clock_timestamp() \
                       AND claimed_until <= clock_timestamp()",
                )
                .bind::<Text, _>(name)
                .bind::<SqlUuid, _>(claim)
                .bind::<Double, _>(LEASE.as_secs_f64())
                .execute(connection)
            })
            .await?;
        Ok((taken > 0).then_some(Self { name, claim }))
    }

    /// Gives the turn back; the next one is due after `pause`. One that somebody else has by now is
    /// left alone.
    ///
    /// # Errors
    /// The database's; then the lease runs out.
    pub async fn give_back(self, app: &App, pause: Duration) -> Result<(), DbError> {
        let Self { name, claim } = self;
        app.db
            .run(move |connection| {
                diesel::sql_query(
                    "UPDATE chores SET claim_id = NULL, claimed_until = to_timestamp(0), \
                         done_at = clock_timestamp(), \
                         due_at = clock_timestamp() + make_interval(secs => $3) \
                     WHERE name = $1 AND claim_id = $2",
                )
                .bind::<Text, _>(name)
                .bind::<SqlUuid, _>(claim)
                .bind::<Double, _>(pause.as_secs_f64())
                .execute(connection)
            })
            .await
            .map(drop)
    }
}
