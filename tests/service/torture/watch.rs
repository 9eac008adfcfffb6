//! A look at what is so, apart from the service: whether mail is paused, again and again.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, connection::SimpleConnection,
    sql_query, sql_types::Bool,
};

use super::Ground;

const LOOK: Duration = Duration::from_millis(300);

/// What was seen at a moment: whether mail is paused, or nothing, since the database did not say.
type Seen = (Instant, Option<bool>);

#[derive(Default)]
pub struct Watch {
    seen: Mutex<Vec<Seen>>,
    stopped: AtomicBool,
}

/// A time in which something was so.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub began: Instant,
    pub ended: Instant,
}

#[derive(QueryableByName)]
struct Paused {
    #[diesel(sql_type = Bool)]
    paused: bool,
}

impl Watch {
    /// Looks until it is stopped.
    pub fn look(&self, ground: &Ground) {
        let mut connection = None;
        while !self.stopped.load(Ordering::SeqCst) {
            let at = Instant::now();
            let seen = paused(ground, &mut connection);
            if seen.is_none() {
                connection = None;
            }
            self.seen.lock().expect("no panic").push((at, seen));
            std::thread::sleep(LOOK);
        }
    }

    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// The times in which mail was paused: from the first look that saw it to the first that did not.
    pub fn pauses(&self) -> Vec<Span> {
        let (mut spans, mut began) = (Vec::new(), None);
        for (at, paused) in self.seen.lock().expect("no panic").iter() {
            match (paused, began) {
                (Some(true), None) => began = Some(*at),
                (Some(false), Some(since)) => {
                    spans.push(Span {
                        began: since,
                        ended: *at,
                    });
                    began = None;
                }
                _ => {}
            }
        }
        let last = Instant::now();
        spans.extend(began.map(|began| Span { began, ended: last }));
        spans
    }

    /// For how long of this time the database said nothing.
    pub fn silent_within(&self, span: Span) -> Duration {
        let seen = self.seen.lock().expect("no panic");
        let pairs = seen.windows(2);
        let silent = pairs.filter(|pair| {
            pair[0].1.is_none() && pair[0].0 >= span.began && pair[0].0 <= span.ended
        });
        silent.map(|pair| pair[1].0 - pair[0].0).sum()
    }
}

fn paused(ground: &Ground, connection: &mut Option<PgConnection>) -> Option<bool> {
    if connection.is_none() {
        let mut new = PgConnection::establish(&ground.world.database.url).ok()?;
        let deadline = "SET statement_timeout = '1s'";
        new.batch_execute(deadline).ok()?;
        *connection = Some(new);
    }
    let paused: Paused = sql_query("SELECT EXISTS (SELECT FROM outbox_pause) AS paused")
        .get_result(connection.as_mut()?)
        .ok()?;
    Some(paused.paused)
}
