//! Visits of payers' pages, privately: counts by day, and nobody in them.
//!
//! A page notes a visit in memory ([`Visits::note`]), and every ten seconds one batch is written
//! (`batches`): a click waits for nothing more. No row is of one visit; whether somebody has been
//! counted today is known by markers (`marker`), which go with the day's salt when the day (UTC) is over
//! (`forget`). A batch that is lost is a lost count, and nothing is decided by one.

mod country;
mod forget;
mod marker;
mod report;
mod rows;
mod source;
mod user_agent;
mod words;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI32, Ordering},
};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use uuid::Uuid;

pub use self::{
    country::Country,
    forget::{count_old, days_gone, old, oldest_kept},
    marker::{Fingerprint, Keyed},
    report::{Counted, Report, Row, days, report, rows},
    rows::is_off,
    user_agent::{Browser, Device, Program, System},
    words::{Dimension, Page, Source, Who},
};
use crate::{
    batches::Noted,
    db::{Db, DbError},
    random,
    visitor::Visitor,
};

/// Different visits of one batch: more than ten seconds bring. More are lost.
const MOST: usize = 10_000;

/// Different visits of one transaction. All of a batch in one took longer than a statement may where the
/// machine was busy with everything else, and was lost; a part takes a tenth of that, and costs itself.
const PART: usize = 1_000;

/// Visits that are not written yet. Cheap to clone.
#[derive(Clone)]
pub struct Visits {
    noted: Noted<Visit, i64>,
    /// Keys what is noted of a person ([`Fingerprint`]).
    secret: Arc<Keyed>,
    /// The shop counts none (`visits_months` is 0); seen at each batch.
    off: Arc<AtomicBool>,
    /// The day (from the common era on) at whose beginning who came before was forgotten. Each process does it
    /// at its own midnight: after that it makes no salt of the day before.
    forgotten: Arc<AtomicI32>,
}

/// A visit as a page sees it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Of which page.
    pub page: Page,
    /// What its link is about.
    pub about: About,
    /// Who came.
    pub visitor: Visitor,
    /// The address that they came from, if that can be told.
    pub caller: &'a str,
    /// What their browser says of itself.
    pub user_agent: &'a [u8],
    /// Where they are, if a proxy told.
    pub country: Option<Country>,
}

/// What a link is about: by it the mail is found that brought it. It is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// An order's.
    Order(Uuid),
    /// The end of all mail to an address, by its keyed hash.
    Address([u8; 16]),
}

/// A visit as memory has it for ten seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Visit {
    day: NaiveDate,
    page: Page,
    about: About,
    who: Who,
    program: Program,
    country: Option<Country>,
    fingerprint: Fingerprint,
}

impl Visits {
    /// None yet. The secret is the configuration's, the same in all replicas.
    pub fn new(secret: [u8; 32]) -> Self {
        Self {
            noted: Noted::at_most(MOST),
            secret: Arc::new(Keyed::with(&secret)),
            off: Arc::default(),
            forgotten: Arc::default(),
        }
    }

    /// Whether the shop counts none, as the last batch has seen it.
    pub fn is_off(&self) -> bool {
        self.off.load(Ordering::Relaxed)
    }

    /// Notes that somebody sees a page now.
    pub fn note(&self, seen: &Seen, at: DateTime<Utc>) {
        if self.is_off() {
            return;
        }
        let (who, program) = match seen.visitor {
            Visitor::Person => (Who::Person, user_agent::read(seen.user_agent)),
            Visitor::Machine(_) => (Who::Machine, Program::OTHER),
        };
        let visit = Visit {
            day: at.date_naive(),
            page: seen.page,
            about: seen.about,
            who,
            program,
            country: seen.country,
            fingerprint: Fingerprint::of(&self.secret, seen.caller, seen.user_agent),
        };
        self.noted.add(visit, |count| *count += 1);
    }
}

/// Writes what has been noted, and forgets who came on days that are over: after the batch, which may be of
/// the last seconds of such a day.
pub async fn write(visits: &Visits, db: &Db, now: DateTime<Utc>) {
    let batch: Vec<(Visit, i64)> = visits.noted.take().into_iter().collect();
    let lost = batch.len();
    match write_batch(batch, db, now).await {
        Ok(is_off) => visits.off.store(is_off, Ordering::Relaxed),
        // With nothing to write there is nothing to say every ten seconds.
        Err(_) if lost == 0 => {}
        Err(error) => {
            log::warn!("visits were not all written, and those that were not do not count: {error}")
        }
    }
    let today = now.date_naive().num_days_from_ce();
    if visits.forgotten.load(Ordering::Relaxed) == today {
        return;
    }
    match db
        .transaction(move |connection| days_gone(connection, now))
        .await
    {
        Ok(()) => visits.forgotten.store(today, Ordering::Relaxed),
        Err(error) if error.is_away() => {}
        Err(error) => log::warn!("who came on days that are over is not forgotten yet: {error}"),
    }
}

/// Whether the shop counts none. That is asked also with nothing to write: otherwise nobody would see that it
/// counts again. After a part that fails no other is tried: each would wait as long as that one.
async fn write_batch(
    mut batch: Vec<(Visit, i64)>,
    db: &Db,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    loop {
        let rest = batch.split_off(batch.len().min(PART));
        let is_off = write_part(batch, db, now).await?;
        if is_off || rest.is_empty() {
            return Ok(is_off);
        }
        batch = rest;
    }
}

async fn write_part(part: Vec<(Visit, i64)>, db: &Db, now: DateTime<Utc>) -> Result<bool, DbError> {
    let fresh = random::bytes();
    db.transaction(move |connection| {
        let is_off = rows::is_off(connection)?;
        if !is_off && !part.is_empty() {
            rows::write(connection, &part, now.date_naive(), &fresh)?;
        }
        Ok(is_off)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visitor::Sign;

    fn seen(about: About, visitor: Visitor) -> Seen<'static> {
        Seen {
            page: Page::Pay,
            about,
            visitor,
            caller: "203.0.113.7",
            user_agent: b"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
            country: None,
        }
    }

    #[test]
    fn no_number_of_visits_fills_the_memory_and_nothing_in_it_names_a_caller() {
        let visits = Visits::new([7; 32]);
        for number in 0..2 * MOST {
            let about = About::Order(Uuid::from_u128(number as u128));
            visits.note(&seen(about, Visitor::Person), DateTime::UNIX_EPOCH);
        }
        assert!(!format!("{:?}", visits.noted).contains("203.0.113.7"));
        assert_eq!(visits.noted.take().len(), MOST);
    }

    #[test]
    fn the_same_visit_twice_is_one_key_and_a_machines_program_does_not_count() {
        let visits = Visits::new([7; 32]);
        let about = About::Order(Uuid::nil());
        for _ in 0..3 {
            visits.note(&seen(about, Visitor::Person), DateTime::UNIX_EPOCH);
        }
        let machine = Visitor::Machine(Sign::Prefetch);
        visits.note(&seen(about, machine), DateTime::UNIX_EPOCH);
        let mut batch: Vec<_> = visits.noted.take().into_iter().collect();
        batch.sort_by_key(|(visit, _)| visit.who);
        let told: Vec<_> = batch
            .iter()
            .map(|(visit, count)| (visit.who, visit.program.browser, *count))
            .collect();
        let expected = [
            (Who::Person, Browser::Firefox, 3),
            (Who::Machine, Browser::Other, 1),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_shop_that_counts_none_has_nothing_noted() {
        let visits = Visits::new([7; 32]);
        visits.off.store(true, Ordering::Relaxed);
        let about = About::Order(Uuid::nil());
        visits.note(&seen(about, Visitor::Person), DateTime::UNIX_EPOCH);
        assert!(visits.noted.take().is_empty());
    }
}
