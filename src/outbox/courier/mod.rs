//! The courier: takes mails on, hands them over, writes down what became of them.
//!
//! Connections come before claims, so that a server that cannot be reached touches no mail. A mail is
//! taken when a connection is free for it, and handed over at once: what a worker holds when it dies is
//! what it was handing over. Taking the next mails, handing over, and writing down what became of the last
//! ones go on at the same time (`flowing.rs`); what needs a closer look is claimed in a transaction, one claim
//! after the other (`taking.rs`).

mod flowing;
mod taking;
mod telling;

use std::{mem, time::Duration};

use futures::future::join_all;
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        watch,
    },
    task::{JoinError, JoinSet},
};

use super::{
    carry::carry,
    claim::{Ahead, Alone, Claimed},
    duties::Duties,
    outcome::Outcome,
    untold::Untold,
};
use crate::{
    app::App,
    clock::Moment,
    db::DbError,
    mail::smtp::{Connection, Lease},
};

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
    in_hand: JoinSet<Option<Connection>>,
    /// What became of them, in the order in which the server said so.
    outcomes: (UnboundedSender<Outcome>, UnboundedReceiver<Outcome>),
    /// What the database has not been told yet.
    untold: Untold,
    duties: Duties,
    ahead: Ahead,
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
            outcomes: unbounded_channel(),
            untold: Untold::default(),
            duties: Duties::new(),
            ahead: Ahead::default(),
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

    /// One round: takes on what is due as far as there are free connections, and goes on with that as long
    /// as it goes smoothly; else waits until something in hand has its outcome. What came back by then is
    /// written down.
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
        let flowed = self.flow(Moment::now().after(patience)).await;
        self.tell().await?;
        flowed?;
        Ok(Round::Busy)
    }

    /// Finishes what is in hand, takes on nothing more, and says good-bye to the server.
    ///
    /// # Errors
    /// The database's.
    pub async fn stop(&mut self) -> Result<(), DbError> {
        while !self.in_hand.is_empty() {
            self.something_comes_back().await;
            self.tell().await?;
        }
        let connections = mem::take(&mut self.connections);
        join_all(connections.into_iter().map(Connection::close)).await;
        self.tell().await
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Begins to hand these over, as far as there are connections.
    fn hand_over(&mut self, mails: Vec<Claimed>, lease: Lease) {
        let Some((server, from)) = self.app.mailer.server.clone() else {
            return;
        };
        self.taken_on = Moment::now();
        for mail in mails {
            let Some(connection) = self.connections.pop() else {
                break;
            };
            let carrying = carry(
                self.app.clone(),
                server.clone(),
                from.clone(),
                connection,
                mail,
                lease,
                self.stopping.clone(),
            );
            let told = self.outcomes.0.clone();
            self.in_hand
                .spawn(async move { carrying.await.tell(&told, lease).await });
        }
    }

    /// Waits for an outcome or a connection, and takes all that are there. For ever, if nothing is in hand.
    async fn something_comes_back(&mut self) {
        tokio::select! {
            Some(outcome) = self.outcomes.1.recv() => self.untold.push(outcome),
            Some(connection) = self.in_hand.join_next() => self.came_back(connection),
        }
        self.take_outcomes();
    }

    /// Takes the connections that are there, and then the outcomes, of which each comes before its
    /// connection.
    fn take_outcomes(&mut self) {
        while let Some(connection) = self.in_hand.try_join_next() {
            self.came_back(connection);
        }
        while let Ok(outcome) = self.outcomes.1.try_recv() {
            self.untold.push(outcome);
        }
    }

    fn came_back(&mut self, connection: Result<Option<Connection>, JoinError>) {
        match connection {
            Ok(connection) => self.connections.extend(connection),
            // Its mail is `unknown` when the lease is over, unless its outcome was told before.
            Err(error) => log::error!("a mail was not carried to its end: {error}"),
        }
    }
}
