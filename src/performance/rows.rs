//! Figures as rows: one for each minute (or day), figure and bound, of all replicas together.

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound, NaiveDate, TimeDelta, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Date, Integer, Text, Timestamptz},
};

use super::{Faster, Kind, Totals, faster};
use crate::schema::{performance_days, performance_minutes};

/// Minutes are kept for so long.
const MINUTES_KEPT: TimeDelta = TimeDelta::days(30);
/// Days are kept for three years: a season is compared with those before.
const DAYS_KEPT: TimeDelta = TimeDelta::days(3 * 366);
/// Rows of one batch that goes.
const ROWS: i64 = 5_000;

/// What was measured over some time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures(BTreeMap<(Kind, i32), i64>);

impl Figures {
    /// How many, or the greatest.
    pub fn count(&self, kind: Kind) -> Option<i64> {
        let of = self.of(kind);
        match of.is_empty() {
            true => None,
            false => Some(of.iter().map(|(_, count)| count).sum()),
        }
    }

    /// The time that this share were faster than.
    pub fn faster(&self, kind: Kind, share: f64) -> Option<Faster> {
        faster(&self.of(kind), share)
    }

    /// With more of it.
    pub fn add(&mut self, kind: Kind, up_to: i32, count: i64) {
        let stands = self.0.entry((kind, up_to)).or_default();
        *stands = match kind.is_greatest() {
            true => count.max(*stands),
            false => *stands + count,
        };
    }

    /// With all of another time.
    pub fn join(&mut self, other: &Self) {
        for ((kind, up_to), count) in &other.0 {
            self.add(*kind, *up_to, *count);
        }
    }

    fn of(&self, kind: Kind) -> Vec<(i32, i64)> {
        let rows = self.0.range((kind, i32::MIN)..=(kind, i32::MAX));
        rows.map(|((_, up_to), count)| (*up_to, *count)).collect()
    }
}

/// Adds figures to this minute and this day, in the order of their keys, as every replica does.
pub(super) fn add(
    connection: &mut PgConnection,
    new: &Totals,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
    let kinds: Vec<&str> = new.keys().map(|(kind, _)| kind.name()).collect();
    let bounds: Vec<i32> = new.keys().map(|(_, up_to)| *up_to).collect();
    let counts: Vec<i64> = new.values().copied().collect();
    diesel::sql_query(upsert("performance_minutes", "minute"))
        .bind::<Timestamptz, _>(minute)
        .bind::<Array<Text>, _>(&kinds)
        .bind::<Array<Integer>, _>(&bounds)
        .bind::<Array<BigInt>, _>(&counts)
        .execute(connection)?;
    diesel::sql_query(upsert("performance_days", "day"))
        .bind::<Date, _>(now.date_naive())
        .bind::<Array<Text>, _>(&kinds)
        .bind::<Array<Integer>, _>(&bounds)
        .bind::<Array<BigInt>, _>(&counts)
        .execute(connection)
        .map(drop)
}

fn upsert(table: &str, at: &str) -> String {
    let greatest: Vec<String> = Kind::ALL
        .into_iter()
        .filter(|kind| kind.is_greatest())
        .map(|kind| format!("'{kind}'"))
        .collect();
    format!(
        "INSERT INTO {table} AS stands ({at}, kind, up_to, count) \
         SELECT $1, new.* FROM unnest($2, $3, $4) new \
         ON CONFLICT ({at}, kind, up_to) DO UPDATE SET count = CASE \
             WHEN stands.kind IN ({}) THEN greatest(stands.count, excluded.count) \
             ELSE stands.count + excluded.count END",
        greatest.join(", ")
    )
}

/// Of each of those days with a figure (UTC).
pub fn days(
    connection: &mut PgConnection,
    first: NaiveDate,
    last: NaiveDate,
) -> QueryResult<BTreeMap<NaiveDate, Figures>> {
    let rows: Vec<(NaiveDate, Kind, i32, i64)> = performance_days::table
        .filter(performance_days::day.between(first, last))
        .load(connection)?;
    let mut days: BTreeMap<NaiveDate, Figures> = BTreeMap::new();
    for (day, kind, up_to, count) in rows {
        days.entry(day).or_default().add(kind, up_to, count);
    }
    Ok(days)
}

/// Of the minutes since then.
pub fn lately(connection: &mut PgConnection, since: DateTime<Utc>) -> QueryResult<Figures> {
    let rows: Vec<(Kind, i32, i64)> = performance_minutes::table
        .filter(performance_minutes::minute.ge(since))
        .select((
            performance_minutes::kind,
            performance_minutes::up_to,
            performance_minutes::count,
        ))
        .load(connection)?;
    let mut figures = Figures::default();
    for (kind, up_to, count) in rows {
        figures.add(kind, up_to, count);
    }
    Ok(figures)
}

/// Deletes one batch of what nobody looks at any more.
pub fn old(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    let first = (now - DAYS_KEPT).date_naive();
    let days = performance_days::table.filter(performance_days::day.lt(first));
    let days = diesel::delete(days).execute(connection)?;
    let minutes = performance_minutes::table
        .filter(performance_minutes::minute.lt(now - MINUTES_KEPT))
        .order(performance_minutes::minute)
        .select(performance_minutes::minute)
        .limit(ROWS);
    let minutes: Vec<DateTime<Utc>> = minutes.load(connection)?;
    let Some(last) = minutes.last() else {
        return Ok(days);
    };
    let gone = performance_minutes::table.filter(performance_minutes::minute.le(last));
    Ok(days + diesel::delete(gone).execute(connection)?)
}
