//! The courier: takes mails on, hands them over, writes down what became of them.
//!
//! Connections come before claims, so that a server that cannot be reached touches no mail. A claim
//! takes as many mails as there are connections, all of which begin at once; a slow one holds up at
//! most half of them.

use std::{
    collections::BTreeSet,
    mem,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures::future::join_all;
use lettre::message::Mailbox;
use tokio::task::{JoinError, JoinSet};
use uuid::Uuid;

use super::{
    State,
    carry::{Carried, carry},
    claim::{claim, look, release},
    consequence,
    every::Every,
    flow::{Cause, follow::NewPause},
    ledger,
    outcome::{Outcome, domain_of},
    overdue::{give_up_overdue, oldest_due, tell_of_unknown_kinds},
    pacing,
    pause::{self, Waits},
    turn::{self, Turn, Which},
    untold::Untold,
};
use crate::{
    app::App,
    db::DbError,
    foreign_text::{ForeignText, Limit},
    mail::{
        refusal::Refusal,
        smtp::{Connection, Lease, Refused, SmtpServer},
    },
    random,
};

/// How often leases that ran out are looked for.
const OVERDUE: Duration = Duration::from_secs(1);

/// How often it is looked for what has waited for an hour: mails that only a newer version knows, and
/// what refusals mean.
const AN_HOUR_OLD: Duration = Duration::from_secs(60);

/// How often the oldest mail is looked for, for the figures.
const OLDEST: Duration = Duration::from_secs(10);

/// With mails in hand, what is due is looked at again after so long.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What a round was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Mails are in hand, or were: there may be more.
    Busy,
    /// Nothing is due, or mail is off.
    Idle,
    /// The pace or a pause asks to wait so long.
    Wait(Duration),
}

/// Carries mails for one process.
pub struct Courier {
    app: App,
    connections: Vec<Connection>,
    /// Each a task of its own: a server is not kept waiting while the database is spoken to.
    in_hand: JoinSet<Carried>,
    /// What the database has not been told yet.
    untold: Untold,
    /// Claims that the database did not answer: none of their mails was handed over.
    unheard_of: Vec<Uuid>,
    overdue: Every,
    an_hour_old: Every,
    oldest: Every,
}

impl Courier {
    /// A courier with nothing in hand.
    pub fn new(app: App) -> Self {
        Self {
            app,
            connections: Vec::new(),
            in_hand: JoinSet::new(),
            untold: Untold::default(),
            unheard_of: Vec::new(),
            overdue: Every::new(OVERDUE),
            an_hour_old: Every::new(AN_HOUR_OLD),
            oldest: Every::new(OLDEST),
        }
    }

    /// One round: takes on what is due as far as there are free connections, waits until something in
    /// hand has its outcome, and writes that down.
    ///
    /// # Errors
    /// The database's. Outcomes that could not be written are kept for the next round.
    pub async fn round(&mut self) -> Result<Round, DbError> {
        self.take_outcomes();
        self.tell().await?;
        self.release_unheard_of().await?;
        self.give_up_overdue().await?;
        self.see_to_what_is_an_hour_old().await?;
        self.look_for_the_oldest().await?;
        let round = self.take_on().await?;
        if self.in_hand.is_empty() {
            return Ok(round);
        }
        // A mail that a server is slow with holds up neither what is due soon nor what comes new.
        let patience = match round {
            Round::Wait(pause) => pause.min(LOOK_AGAIN),
            Round::Busy | Round::Idle => LOOK_AGAIN,
        };
        let _ = tokio::time::timeout(patience, self.await_outcomes()).await;
        self.tell().await?;
        Ok(Round::Busy)
    }

    /// Finishes what is in hand, takes on nothing more, and says good-bye to the server.
    ///
    /// # Errors
    /// The database's.
    pub async fn stop(&mut self) -> Result<(), DbError> {
        while !self.in_hand.is_empty() {
            self.await_outcomes().await;
            self.tell().await?;
        }
        let connections = mem::take(&mut self.connections);
        join_all(connections.into_iter().map(Connection::close)).await;
        self.tell().await
    }

    async fn take_on(&mut self) -> Result<Round, DbError> {
        let lanes = self.app.mailer.connections;
        let Some((server, from)) = self.app.mailer.server.clone() else {
            return Ok(Round::Idle);
        };
        if self.in_hand.len() > lanes / 2 {
            return Ok(Round::Busy);
        }
        let free = lanes - self.in_hand.len();
        let (most, app) = (i64::try_from(free).unwrap_or(1), self.app.clone());
        let look = self
            .app
            .db
            .run(move |connection| look(connection, &app, most))
            .await?;
        let is_paused = |paused: turn::Paused| paused.cause != Cause::Allowance;
        let is_paused = look.paused.is_some_and(is_paused);
        self.app.metrics.mail_paused.set(is_paused.into());
        match turn::next(&look, free) {
            Turn::Idle => {
                self.close_idle().await;
                Ok(Round::Idle)
            }
            Turn::Wait(seconds) => Ok(Round::Wait(Duration::from_secs_f64(seconds))),
            Turn::UsedUp => self.wait_for_the_allowance().await,
            Turn::Back => {
                self.app.db.run(pause::allowance_is_back).await?;
                Ok(Round::Busy)
            }
            Turn::Claim(which, wanted) => match self.connections(&server, wanted).await {
                Ok(()) => self.claim(&server, &from, (which, wanted)).await,
                Err(refused) => self.no_connection(refused).await,
            },
        }
    }

    /// Has up to `wanted` connections ready, at least one.
    async fn connections(&mut self, server: &SmtpServer, wanted: usize) -> Result<(), Refused> {
        let kept = mem::take(&mut self.connections);
        for mut connection in kept {
            if self.connections.len() >= wanted || connection.still_stands().await {
                self.connections.push(connection);
            }
        }
        let missing = wanted.saturating_sub(self.connections.len());
        let hello = &self.app.mailer.domain;
        let opened = join_all((0..missing).map(|_| Connection::open(server, hello))).await;
        let mut refused = None;
        for opened in opened {
            match opened {
                Ok(connection) => self.connections.push(connection),
                Err(why) => refused = Some(why),
            }
        }
        match refused {
            Some(why) if self.connections.is_empty() => Err(why),
            // Fewer will do: servers limit how many one client may have.
            _ => Ok(()),
        }
    }

    async fn claim(
        &mut self,
        server: &SmtpServer,
        from: &Mailbox,
        (which, wanted): (Which, usize),
    ) -> Result<Round, DbError> {
        let most = i64::try_from(wanted.min(self.connections.len())).unwrap_or(1);
        // Begun before it is asked for, so that ours is never longer than the database's.
        let lease = Lease::starting_now(self.app.mailer.lease);
        let id = random::row_id(self.app.clock.now());
        let (app, again) = (self.app.clone(), AtomicBool::new(false));
        let claimed = self.app.db.run(move |connection| {
            // Its connection died, perhaps after the commit.
            if again.swap(true, Ordering::SeqCst) {
                release(connection, id)?;
            }
            claim(connection, &app, id, (which, most))
        });
        let claimed = match claimed.await {
            Ok(claimed) => claimed,
            Err(error) => {
                self.unheard_of.push(id);
                return Err(error);
            }
        };
        for mail in claimed {
            let Some(connection) = self.connections.pop() else {
                break;
            };
            let carry = carry(
                self.app.clone(),
                server.clone(),
                from.clone(),
                connection,
                mail,
                lease,
            );
            self.in_hand.spawn(carry);
        }
        Ok(Round::Busy)
    }

    /// Waits for one outcome at least, and takes what else is there.
    async fn await_outcomes(&mut self) {
        if let Some(carried) = self.in_hand.join_next().await {
            self.came_back(carried);
        }
        self.take_outcomes();
    }

    /// Takes the outcomes that are there.
    fn take_outcomes(&mut self) {
        while let Some(carried) = self.in_hand.try_join_next() {
            self.came_back(carried);
        }
    }

    fn came_back(&mut self, carried: Result<Carried, JoinError>) {
        match carried {
            Ok(carried) => {
                self.untold.push(carried.outcome);
                self.connections.extend(carried.connection);
            }
            // Its mail is `unknown` when the lease is over.
            Err(error) => log::error!("a mail was not carried to its end: {error}"),
        }
    }

    /// Tells the database what became of mails.
    async fn tell(&mut self) -> Result<(), DbError> {
        let told = self.untold.tell(&self.app).await?;
        if told.is_empty() {
            return Ok(());
        }
        for outcome in &told {
            let labels = [outcome.mail.kind.name(), outcome.state().name()];
            self.app.metrics.mails.with_label_values(&labels).inc();
            if outcome.state() != State::Sent {
                log::warn!("mail {} is {} now", outcome.mail.id, outcome.state());
            }
        }
        self.slow_down(&told).await
    }

    /// What a server said about being too fast is about all mail, if it is said of several domains.
    async fn slow_down(&self, told: &[Outcome]) -> Result<(), DbError> {
        let too_fast = told.iter().filter(|outcome| outcome.says_too_fast());
        let domains: BTreeSet<String> = too_fast
            .map(|outcome| domain_of(&outcome.mail.address))
            .collect();
        if domains.is_empty() {
            return Ok(());
        }
        let per_second = self.app.mailer.per_second;
        self.app
            .db
            .run(move |connection| pacing::too_fast(connection, &domains, per_second))
            .await
    }

    /// No mail is in hand: whatever the server says now is about us.
    async fn no_connection(&self, refused: Refused) -> Result<Round, DbError> {
        log::error!("no mail can be sent, all of it waits; GET /api/v1/outbox and doctor say more");
        let (waits, now) = (Waits::of(&self.app.mailer), self.app.clock.now());
        let cause = Cause::of_no_connection(refused.fault());
        let refusal = Refusal::from(refused);
        let new = NewPause {
            cause,
            likeness: ForeignText::new(refusal.likeness.as_str(), Limit::SENTENCE).into(),
            streak: None,
            why: refusal.why,
        };
        self.app
            .db
            .run(move |connection| pause::pause(connection, &new, waits, now))
            .await?;
        Ok(Round::Wait(self.app.mailer.retry))
    }

    /// `MAIL_PER_HOUR` or `MAIL_PER_DAY` is used up: mail waits until they allow some again.
    async fn wait_for_the_allowance(&self) -> Result<Round, DbError> {
        let (limits, lease) = (self.app.mailer.limits, self.app.mailer.lease);
        let seconds = self.app.db.run(move |connection| {
            let Some((reason, seconds)) = ledger::used_up(connection, &limits, lease)? else {
                return Ok(0.0);
            };
            pause::allowance_is_used_up(connection, &reason, seconds)?;
            Ok(seconds)
        });
        Ok(Round::Wait(Duration::from_secs_f64(
            seconds.await?.max(0.0),
        )))
    }

    async fn release_unheard_of(&mut self) -> Result<(), DbError> {
        while let Some(id) = self.unheard_of.last().copied() {
            self.app
                .db
                .run(move |connection| release(connection, id))
                .await?;
            self.unheard_of.pop();
        }
        Ok(())
    }

    async fn give_up_overdue(&mut self) -> Result<(), DbError> {
        if !self.overdue.is_due() {
            return Ok(());
        }
        let now = self.app.clock.now();
        let overdue = self
            .app
            .db
            .run(move |connection| give_up_overdue(connection, now))
            .await?;
        if overdue > 0 {
            log::warn!("{overdue} mail(s) are unknown now: their worker ended with them in hand");
        }
        Ok(())
    }

    async fn look_for_the_oldest(&mut self) -> Result<(), DbError> {
        if self.oldest.is_due() {
            let now = self.app.clock.now();
            let oldest = self
                .app
                .db
                .run(move |connection| oldest_due(connection, now));
            self.app.metrics.outbox_oldest_due.set(oldest.await?);
        }
        Ok(())
    }

    async fn see_to_what_is_an_hour_old(&mut self) -> Result<(), DbError> {
        if self.an_hour_old.is_due() {
            let (db, now) = (self.app.db.clone(), self.app.clock.now());
            db.run(move |connection| {
                tell_of_unknown_kinds(connection, now)?;
                consequence::settle_old(connection, now)?;
                ledger::prune(connection)
            })
            .await?;
        }
        Ok(())
    }

    async fn close_idle(&mut self) {
        let (idle, kept) = mem::take(&mut self.connections)
            .into_iter()
            .partition(Connection::is_idle);
        self.connections = kept;
        let idle: Vec<Connection> = idle;
        join_all(idle.into_iter().map(Connection::close)).await;
    }
}
