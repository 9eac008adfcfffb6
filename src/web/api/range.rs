//! Date ranges of figures: `from` and `to`, that day included, in UTC.

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Deserialize;

use super::problem::Problem;
use crate::web::days;

/// Days of a range at most.
const MOST: i64 = 366;
/// Days that are looked back where nothing is said.
const USUAL: u64 = 30;

/// What was said; nothing and an empty text are the same.
#[derive(Debug, Default, Deserialize)]
pub struct Said {
    from: Option<String>,
    to: Option<String>,
}

/// Some days, from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub first: NaiveDate,
    pub last: NaiveDate,
}

impl Said {
    /// The days that are meant: the last thirty days and today, if nothing is said.
    ///
    /// # Errors
    /// 400 for what is no date, no range, or more than a year.
    pub fn range(&self, now: DateTime<Utc>) -> Result<Range, Problem> {
        let today = now.date_naive();
        let last = read("to", self.to.as_deref())?.unwrap_or(today);
        let usual = last.checked_sub_days(Days::new(USUAL)).unwrap_or(last);
        let first = read("from", self.from.as_deref())?.unwrap_or(usual);
        match (last - first).num_days() {
            ..0 => Err(Problem::unreadable("from must not be after to")),
            0..MOST => Ok(Range { first, last }),
            _ => Err(Problem::unreadable(format!(
                "from and to must be at most {MOST} days apart"
            ))),
        }
    }
}

/// A day, or a moment of it.
fn read(name: &str, said: Option<&str>) -> Result<Option<NaiveDate>, Problem> {
    let Some(said) = said.map(str::trim).filter(|said| !said.is_empty()) else {
        return Ok(None);
    };
    let day = said.parse::<NaiveDate>().ok();
    let moment = || said.parse::<DateTime<Utc>>().ok().map(|at| at.date_naive());
    match day.or_else(moment).filter(|day| days::is_known(*day)) {
        Some(day) => Ok(Some(day)),
        None => Err(Problem::unreadable(format!(
            "{name} must be a day such as 2026-11-27, or a time as RFC 3339 has it"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: &str, to: &str) -> Option<(String, String)> {
        let said = Said {
            from: Some(from.to_owned()),
            to: Some(to.to_owned()),
        };
        let range = said.range("2026-11-28T12:00:00Z".parse().expect("a time"));
        let range = range.ok()?;
        Some((range.first.to_string(), range.last.to_string()))
    }

    #[test]
    fn a_range_is_of_days_with_both_ends_and_at_most_a_year() {
        let days = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        assert_eq!(range("", ""), days("2026-10-29", "2026-11-28"));
        assert_eq!(range("2026-11-28", ""), days("2026-11-28", "2026-11-28"));
        assert_eq!(
            range("2026-11-27T23:30:00-01:00", "2026-11-28"),
            days("2026-11-28", "2026-11-28")
        );
        assert_eq!(range("2025-11-28", ""), days("2025-11-28", "2026-11-28"));
        for (from, to) in [
            ("2026-11-29", "2026-11-28"),
            ("2025-11-27", "2026-11-28"),
            ("yesterday", ""),
            ("", "2026-13-01"),
            ("+99999-01-01", ""),
        ] {
            assert_eq!(range(from, to), None, "{from} {to}");
        }
    }
}
