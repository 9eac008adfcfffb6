//! What was counted, over some days.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::{
    dsl::sum,
    prelude::*,
    sql_types::{Nullable, Numeric},
};
use serde::Serialize;

use super::{
    user_agent::Device,
    words::{Dimension, Page, Source, Who},
};
use crate::schema::{visit_counts, visit_totals};

#[diesel::declare_sql_function]
extern "SQL" {
    /// A sum as the whole number that it is; nothing, of no rows.
    #[sql_name = "int8"]
    fn whole(number: Nullable<Numeric>) -> Nullable<BigInt>;
}

/// Visits, and different people (or machines) among them, as far as one day tells them apart: whoever comes on
/// two days counts twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Visits by people.
    pub visits: i64,
    /// How many different people those were.
    pub visitors: i64,
    /// Visits by machines.
    pub machine_visits: i64,
    /// How many different ones those were.
    pub machines: i64,
}

impl Counted {
    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.visits += other.visits;
        self.visitors += other.visitors;
        self.machine_visits += other.machine_visits;
        self.machines += other.machines;
    }
}

/// Visits of one day that have all of these in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable)]
pub struct Row {
    /// The day (UTC).
    pub day: NaiveDate,
    /// Of which page.
    pub page: Page,
    /// How the link came.
    pub source: Source,
    /// On what.
    pub device: Device,
    /// By whom.
    pub visitor: Who,
    /// How many.
    pub visits: i64,
}

/// A value with its visits and visitors of some days.
type Summed = (Dimension, String, Who, Option<i64>, Option<i64>);

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Of each day with a visit.
    pub days: BTreeMap<NaiveDate, Counted>,
    /// Of each value with a visit, the most visits by people first.
    pub values: Vec<(Dimension, String, Counted)>,
}

impl Report {
    /// Of one dimension.
    pub fn of(&self, dimension: Dimension) -> impl Iterator<Item = (&str, Counted)> {
        let values = self.values.iter();
        let values = values.filter(move |(of, ..)| *of == dimension);
        values.map(|(_, value, counted)| (value.as_str(), *counted))
    }

    /// Of all days together.
    pub fn all(&self) -> Counted {
        let mut all = Counted::default();
        self.days.values().for_each(|counted| all.add(*counted));
        all
    }
}

/// What was counted from the first day to the last (UTC), that one included. Two statements, whatever was counted.
pub fn report(
    connection: &mut PgConnection,
    first: NaiveDate,
    last: NaiveDate,
) -> QueryResult<Report> {
    Ok(Report {
        days: days(connection, first, last)?,
        values: values(connection, first, last)?,
    })
}

/// The days alone.
pub fn days(
    connection: &mut PgConnection,
    first: NaiveDate,
    last: NaiveDate,
) -> QueryResult<BTreeMap<NaiveDate, Counted>> {
    let rows: Vec<(NaiveDate, Who, i64, i64)> = visit_totals::table
        .filter(visit_totals::day.between(first, last))
        .filter(visit_totals::dimension.eq(Dimension::All))
        .select((
            visit_totals::day,
            visit_totals::visitor,
            visit_totals::visits,
            visit_totals::visitors,
        ))
        .load(connection)?;
    let mut days: BTreeMap<NaiveDate, Counted> = BTreeMap::new();
    for (day, who, visits, visitors) in rows {
        let of = days.entry(day).or_default();
        of.add(counted(who, visits, visitors));
    }
    Ok(days)
}

fn values(
    connection: &mut PgConnection,
    first: NaiveDate,
    last: NaiveDate,
) -> QueryResult<Vec<(Dimension, String, Counted)>> {
    let rows: Vec<Summed> = visit_totals::table
        .filter(visit_totals::day.between(first, last))
        .filter(visit_totals::dimension.ne(Dimension::All))
        .group_by((
            visit_totals::dimension,
            visit_totals::value,
            visit_totals::visitor,
        ))
        .select((
            visit_totals::dimension,
            visit_totals::value,
            visit_totals::visitor,
            whole(sum(visit_totals::visits)),
            whole(sum(visit_totals::visitors)),
        ))
        .load(connection)?;
    let mut values: BTreeMap<(Dimension, String), Counted> = BTreeMap::new();
    for (dimension, value, who, visits, visitors) in rows {
        let of = values.entry((dimension, value)).or_default();
        of.add(counted(who, visits.unwrap_or(0), visitors.unwrap_or(0)));
    }
    let values = values.into_iter();
    let mut values: Vec<_> = values
        .map(|((dimension, value), counted)| (dimension, value, counted))
        .collect();
    values.sort_by(|(_, one, of), (_, other, than)| {
        let most = |counted: &Counted| (counted.visits, counted.machine_visits);
        most(than).cmp(&most(of)).then_with(|| one.cmp(other))
    });
    Ok(values)
}

/// The rows of those days, as they are.
pub fn rows(
    connection: &mut PgConnection,
    first: NaiveDate,
    last: NaiveDate,
) -> QueryResult<Vec<Row>> {
    visit_counts::table
        .filter(visit_counts::day.between(first, last))
        .order((
            visit_counts::day,
            visit_counts::page,
            visit_counts::source,
            visit_counts::device,
            visit_counts::visitor,
        ))
        .select((
            visit_counts::day,
            visit_counts::page,
            visit_counts::source,
            visit_counts::device,
            visit_counts::visitor,
            visit_counts::visits,
        ))
        .load(connection)
}

fn counted(who: Who, visits: i64, visitors: i64) -> Counted {
    match who {
        Who::Person => Counted {
            visits,
            visitors,
            ..Counted::default()
        },
        Who::Machine => Counted {
            machine_visits: visits,
            machines: visitors,
            ..Counted::default()
        },
    }
}
