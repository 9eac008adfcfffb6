//! What no row can say, since the rows cannot be read: told from memory, to `ALERT_URL` alone, by each
//! process with a worker.

use chrono::{DateTime, Duration, Utc};

use super::{call::Told, kind::State};
use crate::app::App;

/// A place that does not take the message is asked again after so long, as long as it is true.
const AGAIN: Duration = Duration::seconds(30);
/// It is over when it has been gone for so long.
const GONE_FOR: Duration = Duration::seconds(30);
/// That it is over is told within this time, or not at all.
const OLD_NEWS: Duration = Duration::hours(48);

/// What can be wrong with a process.
#[derive(Debug)]
pub struct Fault {
    /// The cause's name.
    pub cause: &'static str,
    /// What it is.
    pub what: &'static str,
    /// What to do about it.
    pub next: &'static str,
    /// It is told when it has lasted so long.
    pub told_after: Duration,
}

/// The database does not answer. A restart takes less; with the time of a look, of what a look waits for the
/// database, and of the call itself it is told within a minute.
pub const DATABASE: Fault = Fault {
    cause: "database",
    what: "the database cannot be reached",
    next: "Payers see a page that asks them to wait, and nothing is lost: look at the database server and at DATABASE_URL.",
    told_after: Duration::seconds(40),
};

/// A loop of the worker has not turned for a minute, or a chore for its lease: that is long enough.
pub const WORKER: Fault = Fault {
    cause: "worker",
    what: "the worker stands still",
    next: "The link names the loop that stands, and the log says why: if it says nothing, restart that process.",
    told_after: Duration::zero(),
};

/// What this process knows of a fault.
#[derive(Debug)]
pub struct Memory {
    fault: &'static Fault,
    /// Since when it has been as it is.
    since: Option<DateTime<Utc>>,
    is_wrong: bool,
    /// Since when it was wrong, of what was told.
    told: Option<DateTime<Utc>>,
    /// The last try to tell.
    tried_at: Option<DateTime<Utc>>,
}

impl Memory {
    /// Nothing is known yet.
    pub fn new(fault: &'static Fault) -> Self {
        Self {
            fault,
            since: None,
            is_wrong: false,
            told: None,
            tried_at: None,
        }
    }

    /// Takes down how it is, and tells if there is news. Never an error: what is wrong is what is told.
    pub async fn turn(&mut self, app: &App, is_wrong: bool) {
        let Some(place) = app.alert_url.clone() else {
            return;
        };
        let now = app.clock.now();
        let Some((state, since)) = self.heard(is_wrong, now) else {
            return;
        };
        self.tried_at = Some(now);
        match place.post(self.json(state, since, app)).await {
            Ok(()) => self.told(state, since),
            Err(error) => {
                log::warn!("ALERT_URL does not take an alert: {error}");
                if error.is_for_good() && state == State::Over {
                    self.told(state, since);
                }
            }
        }
    }

    /// What is to be told now, and since when it was wrong.
    fn heard(&mut self, is_wrong: bool, now: DateTime<Utc>) -> Option<(State, DateTime<Utc>)> {
        if self.is_wrong != is_wrong {
            self.since = None;
        }
        self.is_wrong = is_wrong;
        let since = *self.since.get_or_insert(now);
        let lasts = now - since;
        let waits = self.tried_at.is_some_and(|at| now - at < AGAIN);
        match (is_wrong, self.told) {
            (true, None) if lasts >= self.fault.told_after && !waits => {
                Some((State::Begins, since))
            }
            (false, Some(_)) if lasts >= OLD_NEWS => {
                self.told = None;
                None
            }
            (false, Some(began)) if lasts >= GONE_FOR && !waits => Some((State::Over, began)),
            _ => None,
        }
    }

    fn told(&mut self, state: State, since: DateTime<Utc>) {
        self.tried_at = None;
        self.told = match state {
            State::Begins => Some(since),
            State::Over => None,
        };
    }

    /// What was told and is not over, and since when it was so.
    pub fn has_told(&self) -> Option<(String, DateTime<Utc>)> {
        self.told.map(|since| (self.fault.cause.to_owned(), since))
    }

    /// Somebody who is gone told of `cause`: this memory did, from now on, if that is its own.
    pub fn inherit(&mut self, cause: &str, since: DateTime<Utc>) {
        if cause == self.fault.cause {
            self.told.get_or_insert(since);
        }
    }

    fn json(&self, state: State, since: DateTime<Utc>, app: &App) -> String {
        let public_url = app.public_url.as_str().trim_end_matches('/');
        let told = Told {
            cause: self.fault.cause.to_owned(),
            state,
            what: self.fault.what.to_owned(),
            next: self.fault.next,
            since,
            link: format!("{public_url}/readyz"),
        };
        told.json(&app.shop.shop_name)
    }
}

/// Whether the database does not answer.
pub async fn database_is_away(app: &App) -> bool {
    let asked = app.db.run(|connection| {
        use diesel::RunQueryDsl;
        diesel::sql_query("SELECT 1").execute(connection)
    });
    asked.await.is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::seconds(seconds)
    }

    #[test]
    fn it_is_told_after_forty_seconds_once_and_when_it_is_over() {
        let mut database = Memory::new(&DATABASE);
        assert_eq!(database.heard(false, at(0)), None);
        assert_eq!(database.heard(true, at(10)), None);
        assert_eq!(database.heard(true, at(49)), None);
        let begins = Some((State::Begins, at(10)));
        assert_eq!(database.heard(true, at(50)), begins);
        database.told(State::Begins, at(10));
        assert_eq!(database.heard(true, at(9_000)), None);
        assert_eq!(database.heard(false, at(9_010)), None);
        assert_eq!(database.heard(true, at(9_020)), None, "a moment is no end");
        assert_eq!(database.heard(false, at(9_030)), None);
        let over = Some((State::Over, at(10)));
        assert_eq!(database.heard(false, at(9_060)), over);
        database.told(State::Over, at(10));
        assert_eq!(database.heard(false, at(9_900)), None);
    }

    #[test]
    fn a_restart_is_not_told_and_what_is_not_taken_is_told_again() {
        let mut database = Memory::new(&DATABASE);
        database.heard(true, at(0));
        assert_eq!(database.heard(false, at(39)), None);
        assert_eq!(database.heard(true, at(40)), None);
        assert!(database.heard(true, at(80)).is_some());
        database.tried_at = Some(at(80));
        assert_eq!(database.heard(true, at(90)), None);
        assert!(database.heard(true, at(110)).is_some());
        let nobody_knows = database.heard(false, at(120));
        assert_eq!(nobody_knows, None);
        assert_eq!(database.heard(false, at(400)), None);
    }

    #[test]
    fn what_is_inherited_is_told_to_be_over_and_not_to_begin() {
        let mut database = Memory::new(&DATABASE);
        database.heard(false, at(100));
        database.inherit(WORKER.cause, at(10));
        assert_eq!(database.heard(false, at(200)), None, "another cause");
        database.inherit(DATABASE.cause, at(10));
        database.inherit(DATABASE.cause, at(20));
        let over = Some((State::Over, at(10)));
        assert_eq!(database.heard(false, at(201)), over);
        assert_eq!(database.heard(true, at(300)), None);
        assert_eq!(database.heard(true, at(400)), None, "it goes on");
    }
}
