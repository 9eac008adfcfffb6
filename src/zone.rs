//! The shop's own time: when its clocks show something.

use chrono::{
    DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

/// When clocks show this, the first time if they do twice. Where they leave it out, it is an hour later.
pub fn earliest(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let found = zone.from_local_datetime(&local).earliest().or_else(|| {
        let later = local.checked_add_signed(TimeDelta::hours(1))?;
        zone.from_local_datetime(&later).earliest()
    })?;
    Some(found.with_timezone(&Utc))
}

/// When a day begins; one that clocks left out whole, as where they crossed the date line, as by UTC.
pub fn begin_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    earliest(midnight, zone).unwrap_or_else(|| midnight.and_utc())
}

/// A time as a spreadsheet has it: by these clocks, to the minute, for people; without any in UTC, for programs.
pub fn in_a_cell(at: DateTime<Utc>, zone: Option<Tz>) -> String {
    match zone {
        Some(zone) => at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
        None => at.to_rfc3339_opts(SecondsFormat::Secs, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(day: &str, zone: Tz) -> String {
        let at = begin_of(day.parse().expect("a day"), zone);
        at.format("%d %H:%M").to_string()
    }

    #[test]
    fn a_day_begins_when_the_shops_clocks_show_midnight() {
        assert_eq!(begin("2026-11-03", Tz::UTC), "03 00:00");
        assert_eq!(begin("2026-11-03", Tz::Europe__Berlin), "02 23:00");
        assert_eq!(begin("2026-11-03", Tz::America__New_York), "03 05:00");
        // Clocks of Cairo go from midnight to one.
        assert_eq!(begin("2026-04-24", Tz::Africa__Cairo), "23 22:00");
        // Samoa had no such day.
        assert_eq!(begin("2011-12-30", Tz::Pacific__Apia), "30 00:00");
    }
}
