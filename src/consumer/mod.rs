//! The consumer of the inbox: acts on each event once.
//!
//! A [`Consumer`] claims a few events in rounds: one whose work takes long keeps no other. `work.rs` acts on one as [`dispatch`](crate::inbox::dispatch) says, and writes what became of it in
//! the transaction of its consequences. One whose work fails, breaks down or never ends is tried again later,
//! and fails in the end, with the reason.

mod work;

use std::time::Duration;

use futures::{
    FutureExt,
    future::LocalBoxFuture,
    stream::{FuturesUnordered, StreamExt},
};
use tokio::time::timeout;

use self::work::work_on;
use crate::{app::App, db::DbError, inbox::claim};

/// Events in hand. A worker that dies gives back at most so many, after the lease.
const IN_HAND: usize = 16;
/// A round waits no longer for those that it has begun: longer than one answer of Stripe or of the
/// database takes, so that few are left behind.
const ROUND: Duration = Duration::from_secs(5);
/// With those alone that earlier rounds have left behind, it is looked for new ones after so long.
const LEFT_BEHIND: Duration = Duration::from_millis(500);
/// At a stop the last round is waited for so long; what is not done then is taken up at the next start.
const AT_A_STOP: Duration = Duration::from_secs(5);

/// Works on events for one process.
pub struct Consumer {
    app: App,
    in_hand: FuturesUnordered<LocalBoxFuture<'static, Result<(), DbError>>>,
}

impl Consumer {
    /// A consumer with nothing in hand.
    pub fn new(app: App) -> Self {
        Self {
            app,
            in_hand: FuturesUnordered::new(),
        }
    }

    /// Takes on a few events, if there are any, and waits a while for what becomes of them; tells how many
    /// it had in hand. It is called again at once unless that was none: only so does their work go on.
    ///
    /// # Errors
    /// The database's; what was claimed is taken up again when its lease is over. What it refuses of one
    /// event alone is logged, and no error.
    pub async fn round(&mut self) -> Result<usize, DbError> {
        let begun = self.take_on().await?;
        let (in_hand, mut done) = (self.in_hand.len(), Done::default());
        let patience = if begun > 0 { ROUND } else { LEFT_BEHIND };
        let _ = timeout(patience, self.all(&mut done)).await;
        done.said().map(|()| in_hand)
    }

    /// Waits for what is in hand, for a while.
    pub async fn stop(mut self) {
        let _ = timeout(AT_A_STOP, self.all(&mut Done::default())).await;
    }

    async fn take_on(&mut self) -> Result<usize, DbError> {
        let room = i64::try_from(IN_HAND - self.in_hand.len()).unwrap_or(1);
        if room == 0 {
            return Ok(0);
        }
        let claimed = self.app.db.run(move |connection| claim(connection, room));
        let claimed = claimed.await?;
        let count = claimed.len();
        for event in claimed {
            let work = work_on(self.app.clone(), event);
            self.in_hand.push(work.boxed_local());
        }
        Ok(count)
    }

    async fn all(&mut self, done: &mut Done) {
        while let Some(ended) = self.in_hand.next().await {
            done.add(ended);
        }
    }
}

/// What the database said of outcomes that were written.
#[derive(Default)]
struct Done {
    written: usize,
    refused: Vec<DbError>,
    away: Option<DbError>,
}

impl Done {
    fn add(&mut self, ended: Result<(), DbError>) {
        match ended {
            Ok(()) => self.written += 1,
            Err(error) if error.is_away() => self.away = Some(error),
            Err(error) => {
                error.log("inbox");
                self.refused.push(error);
            }
        }
    }

    /// Several that are refused, and none that is taken, are not about one event.
    fn said(mut self) -> Result<(), DbError> {
        if let Some(away) = self.away {
            return Err(away);
        }
        match self.refused.pop() {
            Some(last) if self.written == 0 && !self.refused.is_empty() => Err(last),
            _ => Ok(()),
        }
    }
}

/// Works on a few events to their end, if there are any; tells how many there were. Called until there are
/// none, by the sweep and by tests.
///
/// # Errors
/// As [`Consumer::round`].
pub async fn work_off(app: &App) -> Result<usize, DbError> {
    let (mut consumer, mut done) = (Consumer::new(app.clone()), Done::default());
    let begun = consumer.take_on().await?;
    consumer.all(&mut done).await;
    done.said().map(|()| begun)
}
