//! Three things at the same time: mails are handed over, what became of the last ones is written down,
//! and the next ones are taken. None waits for the slowest of a group.

use std::{future, time::Duration};

use futures::future::BoxFuture;
use tokio::time::sleep;

use super::{Courier, taking::Asked};
use crate::{
    clock::Moment,
    db::DbError,
    outbox::{
        claim::{Read, Taken, read_ahead},
        outcome::Outcome,
        untold::write,
    },
};

/// What comes back within so long is written down in one statement, and the next mails are taken in one:
/// a commit costs as much as handing over a mail or two.
const TOGETHER: Duration = Duration::from_millis(2);

/// Outcomes that are written together at least, unless they have waited: more are no cheaper.
const ENOUGH: usize = 8;

/// An answer of the database that is waited for, with what was asked.
type Answer<A, T> = BoxFuture<'static, (A, Result<T, DbError>)>;

/// What the database is asked meanwhile.
#[derive(Default)]
struct Going {
    writing: Option<Answer<Vec<Outcome>, ()>>,
    taking: Option<Answer<Asked, Taken>>,
    reading: Option<Answer<usize, Read>>,
    /// Since when an outcome waits to be written down.
    untold: Option<Moment>,
    /// Since when a connection waits for its next mail.
    free: Option<Moment>,
    /// Something came back.
    came_back: bool,
    /// So many outcomes are written now.
    told: usize,
    /// What is written now may mean something for all mail.
    has_news: bool,
    /// The database refuses what became of mails: each is told alone.
    is_refused: bool,
}

/// What has ended.
enum Ended {
    Written(Vec<Outcome>, Result<(), DbError>),
    Taken(Asked, Result<Taken, DbError>),
    Read(usize, Result<Read, DbError>),
}

impl Courier {
    /// Goes on with what is in hand until then, or until it takes a closer look to go on.
    ///
    /// # Errors
    /// The first of the database's. All that was asked of it is answered by then.
    pub(super) async fn flow(&mut self, until: Moment) -> Result<(), DbError> {
        let (mut going, mut flowed) = (Going::default(), Ok(()));
        loop {
            let is_refused = flowed.is_err() || going.is_refused;
            let is_over = is_refused || until.left().is_zero() || self.is_stopping();
            if !is_over {
                self.begin_to_take(&mut going);
                self.begin_to_read(&mut going);
            }
            if !is_refused {
                self.begin_to_write(&mut going);
            }
            if going.is_nothing() && (is_over || self.has_to_look(&going)) {
                return flowed;
            }
            let is_gathering =
                going.untold.is_some() || (going.free.is_some() && self.ahead.ready() > 0);
            let pause = match is_gathering {
                true => TOGETHER,
                false => until.left().max(TOGETHER),
            };
            tokio::select! {
                () = self.something_comes_back() => {
                    going.came_back = true;
                    going.note(self.untold.len(), self.connections.len());
                }
                ended = going.ended() => flowed = flowed.and(self.ended(&mut going, ended).await),
                () = sleep(pause) => {}
            }
        }
    }

    /// Nothing more can be taken, or nothing is in hand, and what came back is written down.
    fn has_to_look(&self, going: &Going) -> bool {
        let is_clean = self.untold.is_clean();
        let is_told = self.untold.len() == 0 || !is_clean;
        let is_held = self.ahead.ready() == 0 || !is_clean;
        is_told && (self.in_hand.is_empty() || (going.came_back && is_held))
    }

    fn begin_to_take(&mut self, going: &mut Going) {
        let (free, lanes) = (self.connections.len(), self.app.mailer.connections);
        let is_possible = going.taking.is_none() && free > 0 && self.ahead.ready() > 0;
        // A refusal may pause all mail, or slow it down: it is written before more are tried.
        let is_quiet = !going.has_news && !self.untold.has_news();
        // A database that takes no outcomes gets no more of them to take, and a worker that dies leaves no
        // more mails `unknown` than these and what is in hand.
        let waiting = self.untold.len() + going.told;
        let has_room = self.untold.is_clean() && waiting < 2 * lanes.max(ENOUGH);
        let is_time = free * 2 >= lanes || has_waited(going.free) || self.in_hand.is_empty();
        if is_possible && is_quiet && has_room && is_time {
            let (asked, answer) = self.ask_for_what_is_ahead();
            going.free = None;
            going.taking = Some(Box::pin(async move { (asked, answer.await) }));
        }
    }

    fn begin_to_read(&mut self, going: &mut Going) {
        if going.reading.is_none() && self.ahead.is_low() {
            let asked_for = self.ahead.begin_reading(self.app.mailer.connections);
            let app = self.app.clone();
            going.reading = Some(Box::pin(async move {
                let db = app.db.clone();
                let read = db.run(move |connection| read_ahead(connection, &app, asked_for));
                (asked_for, read.await)
            }));
        }
    }

    fn begin_to_write(&mut self, going: &mut Going) {
        let is_possible =
            going.writing.is_none() && self.untold.len() > 0 && self.untold.is_clean();
        let enough = self.app.mailer.connections.max(ENOUGH);
        let nobody_comes = self.in_hand.is_empty() && going.taking.is_none();
        let has_news = self.untold.has_news();
        let is_time = has_news || nobody_comes || has_waited(going.untold);
        if is_possible && (is_time || self.untold.len() >= enough) {
            let (app, outcomes) = (self.app.clone(), self.untold.take_out());
            going.untold = None;
            going.told = outcomes.len();
            going.has_news = has_news;
            going.writing = Some(Box::pin(async move {
                let written = write(&app, outcomes.clone()).await;
                (outcomes, written)
            }));
        }
    }

    async fn ended(&mut self, going: &mut Going, ended: Ended) -> Result<(), DbError> {
        if let Ended::Written(..) = ended {
            going.told = 0;
        }
        match ended {
            Ended::Written(outcomes, Ok(())) => {
                going.has_news = false;
                self.untold.were_told();
                self.follow(&outcomes).await
            }
            Ended::Written(outcomes, Err(error)) => {
                self.untold.put_back(outcomes);
                going.is_refused = true;
                if error.is_away() { Err(error) } else { Ok(()) }
            }
            Ended::Taken(asked, taken) => self.were_taken(asked, taken).map(drop),
            Ended::Read(asked_for, read) => self.were_read(asked_for, read),
        }
    }
}

impl Going {
    /// Notes since when outcomes and connections wait.
    fn note(&mut self, untold: usize, free: usize) {
        if untold > 0 {
            self.untold.get_or_insert_with(Moment::now);
        }
        if free > 0 {
            self.free.get_or_insert_with(Moment::now);
        }
    }

    fn is_nothing(&self) -> bool {
        self.writing.is_none() && self.taking.is_none() && self.reading.is_none()
    }

    /// Waits for the first that ends; for ever, if nothing goes on.
    async fn ended(&mut self) -> Ended {
        tokio::select! {
            (outcomes, written) = end(&mut self.writing) => Ended::Written(outcomes, written),
            (asked, taken) = end(&mut self.taking) => Ended::Taken(asked, taken),
            (asked_for, read) = end(&mut self.reading) => Ended::Read(asked_for, read),
        }
    }
}

fn has_waited(since: Option<Moment>) -> bool {
    since.is_some_and(|since| since.after(TOGETHER) <= Moment::now())
}

async fn end<T>(going: &mut Option<BoxFuture<'static, T>>) -> T {
    let ended = match going {
        Some(going) => going.await,
        None => future::pending().await,
    };
    *going = None;
    ended
}
