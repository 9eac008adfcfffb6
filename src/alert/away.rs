//! The one cause that no row can say: the database is away. Told from memory, to `ALERT_URL` alone, by
//! each process with a worker.

use chrono::{DateTime, Duration, Utc};

use super::{call::Told, kind::State};
use crate::{app::App, db::DbError};

/// A restart, or a failover, takes less.
const TOLD_AFTER: Duration = Duration::minutes(2);
/// It is back when it has answered for so long.
const BACK_AFTER: Duration = Duration::seconds(30);
/// A place that does not take the message is asked again after so long, as long as it is true.
const AGAIN: Duration = Duration::seconds(30);
/// That it is back is told within this time, or not at all.
const OLD_NEWS: Duration = Duration::hours(48);

/// What this process knows of the database.
#[derive(Debug, Default)]
pub struct Away {
    /// Since when it has not answered, or has answered again.
    since: Option<DateTime<Utc>>,
    answers: bool,
    /// Since when it was away, of what was told.
    told: Option<DateTime<Utc>>,
    /// The last try to tell.
    tried_at: Option<DateTime<Utc>>,
}

impl Away {
    /// Asks the database, and tells if there is news. Never an error: what is wrong is what is told.
    pub async fn turn(&mut self, app: &App) {
        let Some(place) = app.alert_url.clone() else {
            return;
        };
        let answers = answers(app).await;
        let now = app.clock.now();
        let Some((state, since)) = self.heard(answers, now) else {
            return;
        };
        self.tried_at = Some(now);
        let told = told(state, since, app);
        match place.post(told.json(&app.shop.shop_name)).await {
            Ok(()) => self.told(state, since),
            Err(error) if error.is_for_good() && state == State::Over => self.told(state, since),
            Err(error) => log::warn!("ALERT_URL does not take an alert: {error}"),
        }
    }

    /// What is to be told now, and since when it was away.
    fn heard(&mut self, answers: bool, now: DateTime<Utc>) -> Option<(State, DateTime<Utc>)> {
        if self.since.is_none() || self.answers != answers {
            (self.since, self.answers) = (Some(now), answers);
        }
        let lasts = now - self.since.unwrap_or(now);
        let waits = self.tried_at.is_some_and(|at| now - at < AGAIN);
        match (answers, self.told) {
            (false, None) if lasts >= TOLD_AFTER && !waits => {
                Some((State::Begins, self.since.unwrap_or(now)))
            }
            (true, Some(_)) if lasts >= OLD_NEWS => {
                self.told = None;
                None
            }
            (true, Some(since)) if lasts >= BACK_AFTER && !waits => Some((State::Over, since)),
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
}

/// Whether the database answers at all: a statement that it refuses is an answer.
async fn answers(app: &App) -> bool {
    let asked = app.db.run(|connection| {
        use diesel::RunQueryDsl;
        diesel::sql_query("SELECT 1").execute(connection)
    });
    !matches!(asked.await, Err(DbError::Away))
}

fn told(state: State, since: DateTime<Utc>, app: &App) -> Told {
    Told {
        cause: "database".to_owned(),
        state,
        what: "the database cannot be reached".to_owned(),
        next: "Payers see a page that asks them to wait, and nothing is lost: look at the database server and at DATABASE_URL.",
        since,
        link: format!("{}/readyz", app.public_url.as_str().trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::seconds(seconds)
    }

    #[test]
    fn it_is_told_after_two_minutes_once_and_when_it_is_back() {
        let mut away = Away::default();
        assert_eq!(away.heard(true, at(0)), None);
        assert_eq!(away.heard(false, at(10)), None);
        assert_eq!(away.heard(false, at(129)), None);
        assert_eq!(away.heard(false, at(130)), Some((State::Begins, at(10))));
        away.told(State::Begins, at(10));
        assert_eq!(away.heard(false, at(9_000)), None);
        assert_eq!(away.heard(true, at(9_010)), None);
        assert_eq!(away.heard(false, at(9_020)), None, "a moment is no end");
        assert_eq!(away.heard(true, at(9_030)), None);
        assert_eq!(away.heard(true, at(9_060)), Some((State::Over, at(10))));
        away.told(State::Over, at(10));
        assert_eq!(away.heard(true, at(9_900)), None);
    }

    #[test]
    fn a_restart_is_not_told_and_what_is_not_taken_is_told_again() {
        let mut away = Away::default();
        away.heard(false, at(0));
        assert_eq!(away.heard(true, at(119)), None);
        assert_eq!(away.heard(false, at(120)), None);
        assert!(away.heard(false, at(240)).is_some());
        away.tried_at = Some(at(240));
        assert_eq!(away.heard(false, at(250)), None);
        assert!(away.heard(false, at(270)).is_some());
        assert_eq!(
            away.heard(true, at(300)),
            None,
            "nobody knows that it was away"
        );
        assert_eq!(away.heard(true, at(400)), None);
    }
}
