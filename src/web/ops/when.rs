//! Times in words, in the shop's time zone.

use chrono::{DateTime, Datelike, Days, NaiveDate, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::{web::days, zone};

/// A moment as pages show it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct When {
    /// For machines, in UTC.
    pub stamp: String,
    /// `10:05`; in the doubled hour of autumn it says which.
    pub time: String,
    /// `24 Nov 2026, 10:05`
    pub text: String,
}

impl When {
    pub fn of(at: DateTime<Utc>, zone: Tz) -> Self {
        let local = at.with_timezone(&zone);
        let summer = if is_doubled(at, zone) && is_summer(at, zone) {
            " (summer time)"
        } else {
            ""
        };
        Self {
            stamp: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            time: format!("{}{summer}", local.format("%H:%M")),
            text: format!("{}{summer}", local.format("%-d %b %Y, %H:%M")),
        }
    }
}

/// Whether clocks show this time twice.
fn is_doubled(at: DateTime<Utc>, zone: Tz) -> bool {
    let local = at.with_timezone(&zone).naive_local();
    zone.from_local_datetime(&local).latest() != zone.from_local_datetime(&local).earliest()
}

/// Of a doubled hour, the first: clocks are put back soon.
fn is_summer(at: DateTime<Utc>, zone: Tz) -> bool {
    let offset = |at: DateTime<Utc>| {
        let offset = zone.offset_from_utc_datetime(&at.naive_utc());
        offset.fix().local_minus_utc()
    };
    offset(at) > offset(at + TimeDelta::hours(3))
}

/// The day of a moment.
pub fn day(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// `Today, Friday, 27 November 2026`, where it is known which day is today.
pub fn day_in_words(day: NaiveDate, today: Option<NaiveDate>) -> String {
    let said = day.format("%A, %-d %B %Y").to_string();
    let yesterday = today.and_then(|today| today.checked_sub_days(Days::new(1)));
    if Some(day) == today {
        format!("Today, {said}")
    } else if Some(day) == yesterday {
        format!("Yesterday, {said}")
    } else {
        said
    }
}

/// `on Saturday, 21 November`, with the year where it is another one.
pub fn on_a_day(at: DateTime<Utc>, zone: Tz, now: DateTime<Utc>) -> String {
    let (is, today) = (day(at, zone), day(now, zone));
    let form = match is.year() == today.year() {
        true => "on %A, %-d %B",
        false => "on %A, %-d %B %Y",
    };
    is.format(form).to_string()
}

/// `today at 15:15`, `yesterday at 15:15`, `on Saturday, 21 November, at 15:15`.
pub fn at_a_time(at: DateTime<Utc>, zone: Tz, now: DateTime<Utc>) -> String {
    let (is, today, time) = (day(at, zone), day(now, zone), When::of(at, zone).time);
    let tomorrow = today.checked_add_days(Days::new(1));
    let yesterday = today.checked_sub_days(Days::new(1));
    if is == today {
        format!("today at {time}")
    } else if Some(is) == yesterday {
        format!("yesterday at {time}")
    } else if Some(is) == tomorrow {
        format!("tomorrow at {time}")
    } else {
        format!("{}, at {time}", on_a_day(at, zone, now))
    }
}

/// When a day that somebody typed is over.
pub fn end_of(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    if !days::is_known(day) {
        return None;
    }
    let next = day.checked_add_days(Days::new(1))?;
    Some(zone::begin_of(next, zone))
}

/// Whose time it is: `Dublin`, `UTC`.
pub fn place(zone: Tz) -> String {
    let name = zone.name();
    name.rsplit('/').next().unwrap_or(name).replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn a_time_is_the_shops_and_says_which_where_there_are_two() {
        let said = |text, zone| When::of(at(text), zone).text;
        let dublin = chrono_tz::Europe::Dublin;
        assert_eq!(said("2026-11-24T10:05:00Z", dublin), "24 Nov 2026, 10:05");
        assert_eq!(said("2026-07-24T10:05:00Z", dublin), "24 Jul 2026, 11:05");
        for zone in [dublin, chrono_tz::Europe::London] {
            assert_eq!(
                said("2026-10-25T00:30:00Z", zone),
                "25 Oct 2026, 01:30 (summer time)"
            );
            assert_eq!(said("2026-10-25T01:30:00Z", zone), "25 Oct 2026, 01:30");
        }
        assert_eq!(said("2026-10-25T00:30:00Z", Tz::UTC), "25 Oct 2026, 00:30");
    }

    #[test]
    fn a_day_ends_where_the_shop_is() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 29).unwrap();
        let end = |zone| end_of(day, zone).unwrap();
        assert_eq!(end(chrono_tz::Europe::Berlin), at("2026-03-29T22:00:00Z"));
        assert_eq!(end(Tz::UTC), at("2026-03-30T00:00:00Z"));
        // Clocks went from 23:59 to 01:00.
        let day = NaiveDate::from_ymd_opt(2024, 4, 25).unwrap();
        assert_eq!(
            end_of(day, chrono_tz::Africa::Cairo),
            Some(at("2024-04-25T22:00:00Z"))
        );
        assert_eq!(end_of(NaiveDate::MAX, Tz::UTC), None);
    }

    #[test]
    fn a_moment_in_a_sentence_names_the_day_and_a_near_one_by_its_name() {
        let dublin = chrono_tz::Europe::Dublin;
        let now = at("2026-11-27T15:39:00Z");
        let said = |text| at_a_time(at(text), dublin, now);
        assert_eq!(said("2026-11-27T15:15:00Z"), "today at 15:15");
        assert_eq!(said("2026-11-26T23:59:00Z"), "yesterday at 23:59");
        assert_eq!(said("2026-11-28T00:10:00Z"), "tomorrow at 00:10");
        assert_eq!(
            said("2026-11-21T20:13:00Z"),
            "on Saturday, 21 November, at 20:13"
        );
        let day = |text| on_a_day(at(text), dublin, now);
        assert_eq!(day("2025-11-21T20:13:00Z"), "on Friday, 21 November 2025");
    }

    #[test]
    fn days_and_places_are_in_words() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
        let said = |days| day_in_words(today - Days::new(days), Some(today));
        assert_eq!(said(0), "Today, Friday, 27 November 2026");
        assert_eq!(said(1), "Yesterday, Thursday, 26 November 2026");
        assert_eq!(said(10), "Tuesday, 17 November 2026");
        assert_eq!(place(chrono_tz::America::New_York), "New York");
    }
}
