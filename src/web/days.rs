//! Days that somebody names, and when they begin and end in UTC.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};

/// Whether it is a day that PostgreSQL knows, and the next one, too.
pub fn is_known(day: NaiveDate) -> bool {
    (1970..=9_998).contains(&day.year())
}

/// When it begins.
pub fn begin_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// When it is over.
pub fn end_of(day: NaiveDate) -> DateTime<Utc> {
    begin_of(day.succ_opt().unwrap_or(day))
}
