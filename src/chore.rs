//! What is done now and then, by one replica at a time: turns under a lease of the database's clock.

use std::time::Duration;

use chrono::DateTime;
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    app::App,
    db::{DbError, clock_timestamp, from_now},
    loops::LEASE,
    random,
    schema::chores,
};

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
                let due = chores::table
                    .find(name)
                    .filter(chores::due_at.le(clock_timestamp()))
                    .filter(chores::claimed_until.le(clock_timestamp()));
                diesel::update(due)
                    .set((
                        chores::claim_id.eq(claim),
                        chores::claimed_until.eq(from_now(LEASE)),
                    ))
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
                let ours = chores::table.find(name).filter(chores::claim_id.eq(claim));
                diesel::update(ours)
                    .set((
                        chores::claim_id.eq(None::<Uuid>),
                        chores::claimed_until.eq(DateTime::UNIX_EPOCH),
                        chores::done_at.eq(clock_timestamp().nullable()),
                        chores::due_at.eq(from_now(pause)),
                    ))
                    .execute(connection)
            })
            .await
            .map(drop)
    }
}
