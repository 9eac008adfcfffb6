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
use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
};

use super::{
    State,
    carry::{Carried, carry},
    claim::{Alone, claim, look, release},
    connecting::{add_fresh, still_standing},
    duties::Duties,
    flow::{Cause, follow::NewPause},
    ledger,
    outcome::{Outcome, domain_of},
    pacing,
    pause::{self, Waits},
    turn::{self, Turn, Which},
    untold::Untold,
};
use crate::{
    app::App,
    clock::Moment,
    db::DbError,
    foreign_text::{ForeignText, Limit},
    mail::{
        refusal::Refusal,
        smtp::{Connection, Lease, Refused, SmtpServer},
    },
    random,
};

/// With mails in hand, what is due is looked at again after so long.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// With more than half of the connections in use, the others wait so long for company, since a claim is a
/// transaction; what is slow then holds up none of them.
const GATHERED_FOR: Duration = Duration::from_millis(500);

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
    duties: Duties,
    /// The last claim was refused: the next one is asked mail by mail.
    refused: bool,
    alone: Alone,
    /// When mails were last taken on.
    taken_on: Moment,
    /// Asked to stop: what was begun is ended soon, and nothing is begun.
    stopping: watch::Receiver<bool>,
}

impl Courier {
    /// A courier with nothing in hand.
    pub fn new(app: App) -> Self {
        Self {
            app,
            connections: Vec::new(),
            in_hand: JoinSet::new(),
            untold: Untold::default(),
            duties: Duties::new(),
            refused: false,
            alone: Alone::default(),
            taken_on: Moment::now(),
            stopping: watch::Sender::new(false).subscribe(),
        }
    }

    /// The same, of a worker that may be asked to stop in the middle of a round.
    #[must_use]
    pub fn until(self, stopping: watch::Receiver<bool>) -> Self {
        Self { stopping, ..self }
    }

    /// One round: takes on what is due as far as there are free connections, waits until something in
    /// hand has its outcome, and writes that down.
    ///
    /// # Errors
    /// The database's. Outcomes that could not be written are kept for the next round.
    pub async fn round(&mut self) -> Result<Round, DbError> {
        self.take_outcomes();
        let told = self.tell().await;
        self.duties.fulfil(&self.app).await?;
        told?;
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
        let free = lanes.saturating_sub(self.in_hand.len());
        if free == 0 || *self.stopping.borrow() {
            return Ok(Round::Busy);
        }
        let gathered = self.taken_on.after(GATHERED_FOR).left();
        if free < lanes - lanes / 2 && !gathered.is_zero() {
            return Ok(Round::Wait(gathered));
        }
        let free = self.untold.room(free, lanes);
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
                // Asked to stop meanwhile.
                Ok(()) if self.connections.is_empty() => Ok(Round::Idle),
                Ok(()) => self.claim(&server, &from, (which, wanted)).await,
                Err(refused) => self.no_connection(refused).await,
            },
        }
    }

    /// Has up to `wanted` connections ready, at least one unless the worker stops.
    async fn connections(&mut self, server: &SmtpServer, wanted: usize) -> Result<(), Refused> {
        self.connections = still_standing(mem::take(&mut self.connections)).await;
        let missing = wanted.saturating_sub(self.connections.len());
        let to = (server, self.app.mailer.domain.as_str());
        add_fresh(&mut self.connections, missing, to, &self.stopping).await
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
        let needed = self.alone.is_needed() || mem::take(&mut self.refused);
        let alone = needed.then(|| self.alone.clone());
        let claimed = self.app.db.run(move |connection| {
            // Its connection died, perhaps after the commit.
            if again.swap(true, Ordering::SeqCst) {
                release(connection, id)?;
            }
            match &alone {
                None => Ok((claim(connection, &app, id, (which, most))?, Vec::new())),
                Some(alone) => alone.claim(connection, &app, id, (which, most)),
            }
        });
        let claimed = match claimed.await {
            Ok((claimed, spoilt)) => {
                self.alone.pass_over(spoilt);
                claimed
            }
            Err(error) => {
                // One that was refused was undone.
                match error.is_away() {
                    true => self.duties.unheard_of(id),
                    false => self.refused = true,
                }
                return Err(error);
            }
        };
        self.taken_on = Moment::now();
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
                self.stopping.clone(),
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

    async fn close_idle(&mut self) {
        let (idle, kept) = mem::take(&mut self.connections)
            .into_iter()
            .partition(Connection::is_idle);
        self.connections = kept;
        let idle: Vec<Connection> = idle;
        join_all(idle.into_iter().map(Connection::close)).await;
    }
}
