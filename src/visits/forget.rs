//! What goes: who came, when the day is over; counts, when they are as old as the shop keeps them.

use chrono::{DateTime, Months, NaiveDate, Utc};
use diesel::{dsl::count, prelude::*};

use crate::schema::{visit_counts, visit_markers, visit_salts, visit_totals};

/// Forgets who came on days before today. The salt goes first, as batches take it first: whoever writes one of
/// such a day is waited for, and finds none afterwards.
pub fn days_gone(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
    let today = now.date_naive();
    diesel::delete(visit_salts::table.filter(visit_salts::day.lt(today))).execute(connection)?;
    diesel::delete(visit_markers::table.filter(visit_markers::day.lt(today)))
        .execute(connection)?;
    Ok(())
}

/// The first day whose counts are kept, of so many months; tomorrow, where none are.
pub fn oldest_kept(months: i32, now: DateTime<Utc>) -> NaiveDate {
    let today = now.date_naive();
    let kept = today.checked_sub_months(Months::new(months.unsigned_abs()));
    match months {
        0 => today.succ_opt().unwrap_or(today),
        _ => kept.unwrap_or(NaiveDate::MIN),
    }
}

/// Deletes the counts of the oldest day before `first`; how many rows they were.
pub fn old(connection: &mut PgConnection, first: NaiveDate) -> QueryResult<usize> {
    let oldest = visit_totals::table.select(visit_totals::day);
    let oldest: Option<NaiveDate> = oldest
        .filter(visit_totals::day.lt(first))
        .order(visit_totals::day)
        .first(connection)
        .optional()?;
    let Some(oldest) = oldest else {
        return Ok(0);
    };
    let mixed = diesel::delete(visit_counts::table.filter(visit_counts::day.le(oldest)))
        .execute(connection)?;
    let totals = visit_totals::table.filter(visit_totals::day.le(oldest));
    Ok(mixed + diesel::delete(totals).execute(connection)?)
}

/// Of how many days there are counts from before `first`.
pub fn count_old(connection: &mut PgConnection, first: NaiveDate) -> QueryResult<i64> {
    visit_totals::table
        .filter(visit_totals::day.lt(first))
        .select(count(visit_totals::day).aggregate_distinct())
        .first(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_the_calendar_and_none_keeps_nothing() {
        let now: DateTime<Utc> = "2026-03-31T12:00:00Z".parse().expect("a time");
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        assert_eq!(oldest_kept(1, now), day("2026-02-28"));
        assert_eq!(oldest_kept(12, now), day("2025-03-31"));
        assert_eq!(oldest_kept(0, now), day("2026-04-01"));
    }
}
