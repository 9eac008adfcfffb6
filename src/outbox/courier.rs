//! The courier: takes mails on, hands them over, writes down what became of them.
//!
//! Connections come before claims, so that a server that cannot be reached touches no mail. A claim
//! takes as many mails as there are connections, all of which begin at once; a slow one holds up at
//! most half of them.

use std::{
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
    claim::{claim, release, waiting},
    every::Every,
    overdue::{give_up_overdue, tell_of_unknown_kinds},
    pause,
    untold::Untold,
};
use crate::{
    app::App,
    db::DbError,
    mail::{
        refusal::Fault,
        smtp::{Connection, HandOver, Lease, Refused, SmtpServer},
    },
    random,
};

/// How often leases that ran out are looked for.
const OVERDUE: Duration = Duration::from_secs(1);

/// How often mails are looked for that only a newer version knows: they have an hour.
const UNKNOWN_KINDS: Duration = Duration::from_secs(60);

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
    unknown_kinds: Every,
    /// All mail is paused, and one mail may try.
    probing: bool,
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
            unknown_kinds: Every::new(UNKNOWN_KINDS),
            probing: false,
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
        self.tell_of_unknown_kinds().await?;
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
        let (most, now) = (i64::try_from(free).unwrap_or(1), self.app.clock.now());
        let waits = self
            .app
            .db
            .run(move |connection| waiting(connection, most, now))
            .await?;
        self.probing = waits.paused.is_some();
        self.app.metrics.mail_paused.set(self.probing.into());
        let due = usize::try_from(waits.due).unwrap_or(0);
        let pause = waits.paused.unwrap_or(0.0).max(waits.turn);
        if due == 0 {
            self.close_idle().await;
            return Ok(Round::Idle);
        }
        if pause > 0.0 {
            return Ok(Round::Wait(Duration::from_secs_f64(pause)));
        }
        let wanted = if self.probing { 1 } else { due.min(free) };
        match self.connections(&server, wanted).await {
            Ok(()) => self.claim(&server, &from, wanted).await,
            Err(refused) => {
                self.pause(refused.to_string()).await?;
                Ok(Round::Wait(self.app.mailer.retry))
            }
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
        wanted: usize,
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
            claim(connection, &app, id, most)
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
        let ours = told.iter().find_map(|outcome| match &outcome.handed {
            HandOver::Refused(refusal) => match refusal.fault {
                Fault::Ours(_) | Fault::Quota(_) => Some(refusal.why.clone()),
                _ => None,
            },
            _ => None,
        });
        match ours {
            Some(why) => self.pause(why).await,
            None if self.probing => self.lift().await,
            None => Ok(()),
        }
    }

    async fn pause(&mut self, why: String) -> Result<(), DbError> {
        log::error!("no mail can be sent, all of it waits; GET /api/v1/outbox and doctor say more");
        let (first_wait, now) = (self.app.mailer.retry, self.app.clock.now());
        self.app
            .db
            .run(move |connection| pause::pause(connection, &why, first_wait, now))
            .await
            .map(drop)
    }

    async fn lift(&mut self) -> Result<(), DbError> {
        self.probing = false;
        let now = self.app.clock.now();
        self.app
            .db
            .run(move |connection| pause::lift(connection, now))
            .await
            .map(drop)
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

    async fn tell_of_unknown_kinds(&mut self) -> Result<(), DbError> {
        if self.unknown_kinds.is_due() {
            let (db, now) = (self.app.db.clone(), self.app.clock.now());
            db.run(move |connection| tell_of_unknown_kinds(connection, now))
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
