//! What a courier does beside carrying: none of it keeps a mail that is due.

use std::time::Duration;

use uuid::Uuid;

use super::{
    claim::release,
    consequence,
    every::Every,
    ledger,
    overdue::{give_up_overdue, oldest_due, tell_of_unknown_kinds},
};
use crate::{app::App, db::DbError};

/// How often leases that ran out are looked for.
const OVERDUE: Duration = Duration::from_secs(1);

/// How often it is looked for what has waited for an hour: mails that only a newer version knows, and
/// what refusals mean.
const AN_HOUR_OLD: Duration = Duration::from_secs(60);

/// How often the oldest mail is looked for, for the figures.
const OLDEST: Duration = Duration::from_secs(10);

/// What the database refuses again and again is logged so often.
const LOGGED: Duration = Duration::from_secs(60);

/// Duties of one courier.
pub(super) struct Duties {
    /// Claims that the database did not answer: none of their mails was handed over.
    unheard_of: Vec<Uuid>,
    overdue: Every,
    an_hour_old: Every,
    oldest: Every,
    logged: Every,
}

impl Duties {
    pub fn new() -> Self {
        Self {
            unheard_of: Vec::new(),
            overdue: Every::new(OVERDUE),
            an_hour_old: Every::new(AN_HOUR_OLD),
            oldest: Every::new(OLDEST),
            logged: Every::new(LOGGED),
        }
    }

    /// A claim was not answered.
    pub fn unheard_of(&mut self, claim: Uuid) {
        self.unheard_of.push(claim);
    }

    /// Does what is due.
    ///
    /// # Errors
    /// A database that is away. What it refuses is logged: it is about other mails than those that are
    /// due.
    pub async fn fulfil(&mut self, app: &App) -> Result<(), DbError> {
        let done = self.release_unheard_of(app).await;
        self.unless_refused(done)?;
        let done = self.give_up_overdue(app).await;
        self.unless_refused(done)?;
        let done = self.see_to_what_is_an_hour_old(app).await;
        self.unless_refused(done)?;
        let done = self.look_for_the_oldest(app).await;
        self.unless_refused(done)
    }

    async fn release_unheard_of(&mut self, app: &App) -> Result<(), DbError> {
        while let Some(id) = self.unheard_of.last().copied() {
            let release = app.db.run(move |connection| release(connection, id)).await;
            // Refused, they are `unknown` once their lease is over.
            if !release.as_ref().is_err_and(DbError::is_away) {
                self.unheard_of.pop();
            }
            release?;
        }
        Ok(())
    }

    async fn give_up_overdue(&mut self, app: &App) -> Result<(), DbError> {
        if !self.overdue.is_due() {
            return Ok(());
        }
        let now = app.clock.now();
        let given_up = app
            .db
            .run(move |connection| give_up_overdue(connection, now));
        let overdue = given_up.await?;
        if overdue > 0 {
            log::warn!("{overdue} mail(s) are unknown now: their worker ended with them in hand");
        }
        Ok(())
    }

    /// Each for itself: one that is refused keeps no other.
    async fn see_to_what_is_an_hour_old(&mut self, app: &App) -> Result<(), DbError> {
        if !self.an_hour_old.is_due() {
            return Ok(());
        }
        let now = app.clock.now();
        let told = app
            .db
            .run(move |connection| tell_of_unknown_kinds(connection, now));
        let told = told.await.map(drop);
        self.unless_refused(told)?;
        let settled = app
            .db
            .run(move |connection| consequence::settle_old(connection, now));
        let settled = settled.await.map(drop);
        self.unless_refused(settled)?;
        app.db.run(ledger::prune).await.map(drop)
    }

    async fn look_for_the_oldest(&mut self, app: &App) -> Result<(), DbError> {
        if self.oldest.is_due() {
            let now = app.clock.now();
            let oldest = app.db.run(move |connection| oldest_due(connection, now));
            app.metrics.outbox_oldest_due.set(oldest.await?);
        }
        Ok(())
    }

    fn unless_refused(&mut self, done: Result<(), DbError>) -> Result<(), DbError> {
        match done {
            Err(error) if !error.is_away() => {
                if self.logged.is_due() {
                    error.log("outbox");
                }
                Ok(())
            }
            done => done,
        }
    }
}
