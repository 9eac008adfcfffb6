//! Outcomes that the database has not been told yet: one that it refuses keeps no other.

use std::{mem, time::Duration};

use uuid::Uuid;

use super::{
    accepted,
    finish::{Terms, finish},
    outcome::Outcome,
    pause::Waits,
};
use crate::{app::App, clock::Moment, db::DbError};

/// An outcome that was refused is told again for so long: a database may refuse everything for a while.
const TRIED_FOR: Duration = Duration::from_secs(600);

/// With as many refused as there are connections, one mail is tried after the time of a lease, and then
/// after twice as long each time, up to so many times the lease.
const LONGEST: u32 = 16;

/// Outcomes, in the order in which they came.
#[derive(Default)]
pub(super) struct Untold {
    waiting: Vec<Waiting>,
    /// When the database last took one.
    taken_at: Option<Moment>,
    /// When the next mail may try, and after how many leases it may.
    next_try: Option<(Moment, u32)>,
}

struct Waiting {
    outcome: Outcome,
    /// Since when the database refuses it.
    refused_at: Option<Moment>,
}

impl Untold {
    /// Keeps an outcome to be told.
    pub fn push(&mut self, outcome: Outcome) {
        self.waiting.push(Waiting {
            outcome,
            refused_at: None,
        });
    }

    /// Tells the database, all in one statement. If it refuses that, each alone, so that one that cannot
    /// be written keeps no other. Gives what was told.
    ///
    /// # Errors
    /// The database's; nothing is lost then. One that is refused alone is no error: its mail is
    /// `unknown` once its lease is over. But as many as mails can be in hand are: it is hardly about one
    /// mail then, and no more are taken on but one now and then, by which it is seen whether it is.
    pub async fn tell(&mut self, app: &App) -> Result<Vec<Outcome>, DbError> {
        if self.waiting.is_empty() {
            return Ok(Vec::new());
        }
        let all: Vec<Outcome> = self.waiting.iter().map(|it| it.outcome.clone()).collect();
        match write(app, all.clone()).await {
            Ok(()) => {
                self.waiting.clear();
                self.taken_at = Some(Moment::now());
                Ok(all)
            }
            Err(error) if error.is_away() => Err(error),
            Err(refusal) => self.tell_each(app, refusal).await,
        }
    }

    async fn tell_each(&mut self, app: &App, refusal: DbError) -> Result<Vec<Outcome>, DbError> {
        let mut told = Vec::new();
        let mut rest = mem::take(&mut self.waiting).into_iter();
        for waiting in rest.by_ref() {
            match write_alone(app, &waiting.outcome).await {
                Ok(outcome) => {
                    told.push(outcome);
                    self.taken_at = Some(Moment::now());
                }
                // It has gone away: the next round tells the rest.
                Err(error) if error.is_away() => {
                    self.waiting.push(waiting);
                    break;
                }
                Err(error) => {
                    self.waiting.extend(waiting.refused(&error, self.taken_at));
                }
            }
        }
        self.waiting.extend(rest);
        if !told.is_empty() {
            self.next_try = None;
        } else if self.is_full(app.mailer.connections) && !self.may_try(app.mailer.lease) {
            return Err(refusal);
        }
        Ok(told)
    }

    /// How many wait to be told.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none of them has been refused: all can be told at once, while mails go on.
    pub fn is_clean(&self) -> bool {
        self.waiting.iter().all(|it| it.refused_at.is_none())
    }

    /// Whether any of them may mean something for all mail: then no more are taken until it is written.
    pub fn has_news(&self) -> bool {
        self.waiting
            .iter()
            .any(|it| !it.outcome.is_simply_accepted())
    }

    /// Takes all out, to be told while mails go on: by [`write()`], one such batch at a time, so that
    /// outcomes keep their order.
    pub fn take_out(&mut self) -> Vec<Outcome> {
        let waiting = mem::take(&mut self.waiting).into_iter();
        waiting.map(|it| it.outcome).collect()
    }

    /// These were told.
    pub fn were_told(&mut self) {
        self.taken_at = Some(Moment::now());
    }

    /// These could not be told; they come before those that came since.
    pub fn put_back(&mut self, outcomes: Vec<Outcome>) {
        let since = mem::take(&mut self.waiting);
        outcomes.into_iter().for_each(|outcome| self.push(outcome));
        self.waiting.extend(since);
    }

    /// How many mails may be taken on while these are not told.
    pub fn room(&self, free: usize, connections: usize) -> usize {
        if self.is_full(connections) {
            free.min(1)
        } else {
            free
        }
    }

    /// Those that were refused before the database took another one are about themselves.
    fn is_full(&self, connections: usize) -> bool {
        let refused = self.waiting.iter().filter_map(|it| it.refused_at);
        let since_then = refused.filter(|since| self.taken_at.is_none_or(|taken| taken <= *since));
        since_then.count() >= connections
    }

    /// Whether one mail may try; then the next one may later.
    fn may_try(&mut self, lease: Duration) -> bool {
        let (at, leases) = *self
            .next_try
            .get_or_insert_with(|| (Moment::now().after(lease), 1));
        let may = at <= Moment::now();
        if may {
            let leases = (leases * 2).min(LONGEST);
            self.next_try = Some((Moment::now().after(lease * leases), leases));
        }
        may
    }
}

impl Waiting {
    /// The same, refused; nothing once the database has refused it for long and taken others since.
    fn refused(self, error: &DbError, taken_at: Option<Moment>) -> Option<Self> {
        let mail: Uuid = self.outcome.mail.id;
        let since = self.refused_at.unwrap_or_else(|| {
            log::error!("the database refuses what became of mail {mail}: {error}");
            Moment::now()
        });
        let is_about_it = taken_at.is_some_and(|taken| taken > since);
        if is_about_it && since.after(TRIED_FOR) <= Moment::now() {
            log::error!("what became of mail {mail} is not written down; it is unknown now");
            return None;
        }
        Some(Self {
            refused_at: Some(since),
            ..self
        })
    }
}

/// Writes one outcome down, without the server's words if the database refuses them; gives what was
/// written.
async fn write_alone(app: &App, outcome: &Outcome) -> Result<Outcome, DbError> {
    match write(app, vec![outcome.clone()]).await {
        Ok(()) => Ok(outcome.clone()),
        Err(error) if error.is_away() => Err(error),
        Err(_) => {
            let safe = outcome.without_words();
            write(app, vec![safe.clone()]).await.map(|()| safe)
        }
    }
}

/// Writes outcomes down: in one statement where nothing follows from them, else in a transaction.
pub(super) async fn write(app: &App, outcomes: Vec<Outcome>) -> Result<(), DbError> {
    let now = app.clock.now();
    let terms = Terms {
        waits: Waits::of(&app.mailer),
        own_domain: app.mailer.domain.to_lowercase(),
    };
    let may_stop_a_mailing = outcomes.iter().any(|outcome| !outcome.is_simply_accepted());
    app.db
        .run(move |connection| {
            if accepted::write(connection, &outcomes, now)? {
                return Ok(());
            }
            finish(connection, &outcomes, &terms, now)
        })
        .await?;
    if may_stop_a_mailing {
        app.wake_blasts.notify_one();
    }
    Ok(())
}
