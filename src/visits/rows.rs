//! Visits as rows, as many as one transaction takes. Every replica goes through the tables in the same order, and
//! through their rows in the order of their keys, so that no two wait for each other: the day's salt, markers,
//! counts.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{Array, Binary, Date},
    upsert::excluded,
};

use super::{
    Country, Visit,
    marker::{Fingerprint, Marker, Salt},
    source,
    user_agent::Device,
    words::{Dimension, Page, Source, Who},
};
use crate::schema::{settings, visit_counts, visit_salts, visit_totals};

/// What a row of `visit_counts` is about.
type Mixed = (NaiveDate, Page, Source, Device, Who);

/// What a row of `visit_totals` is about.
type Single = (NaiveDate, Dimension, String, Who);

/// One of those, with the visits and those who are new in it.
#[derive(Debug, Default)]
struct Total {
    visits: i64,
    visitors: i64,
}

/// Whether the shop counts none.
pub fn is_off(connection: &mut PgConnection) -> QueryResult<bool> {
    let months: i32 = settings::table
        .select(settings::visits_months)
        .first(connection)?;
    Ok(months == 0)
}

/// Adds visits. `fresh` becomes the salt of `today`, if it has none.
pub(super) fn write(
    connection: &mut PgConnection,
    visits: &[(Visit, i64)],
    today: NaiveDate,
    fresh: &Salt,
) -> QueryResult<()> {
    let sources = source::of(connection, visits.iter().map(|(visit, _)| visit.about))?;
    let mut mixed: BTreeMap<Mixed, i64> = BTreeMap::new();
    let mut totals: BTreeMap<Single, Total> = BTreeMap::new();
    let mut people: BTreeMap<NaiveDate, Vec<(Fingerprint, Single)>> = BTreeMap::new();
    for (visit, count) in visits {
        let source = sources.of(visit.about);
        let key = (
            visit.day,
            visit.page,
            source,
            visit.program.device,
            visit.who,
        );
        *mixed.entry(key).or_default() += count;
        for single in singles(visit, source) {
            totals.entry(single.clone()).or_default().visits += count;
            let day = people.entry(visit.day).or_default();
            day.push((visit.fingerprint, single));
        }
    }
    for (day, people) in people {
        if let Some(salt) = salt(connection, day, today, fresh)? {
            for new in new_ones(connection, day, &salt, people)? {
                totals.entry(new).or_default().visitors += 1;
            }
        }
    }
    add_mixed(connection, &mixed)?;
    add_totals(connection, &totals)
}

/// All that a visit counts in by itself.
fn singles(visit: &Visit, source: Source) -> Vec<Single> {
    let program = visit.program;
    let mut all = vec![
        (Dimension::All, "all".to_owned()),
        (Dimension::Page, visit.page.name().to_owned()),
        (Dimension::Source, source.name().to_owned()),
    ];
    // Of a program nothing else is known that says anything.
    if visit.who == Who::Person {
        all.extend([
            (Dimension::Device, program.device.name().to_owned()),
            (Dimension::Browser, program.browser.name().to_owned()),
            (Dimension::System, program.system.name().to_owned()),
        ]);
        let country = visit.country.map(Country::code);
        all.extend(country.map(|country| (Dimension::Country, country)));
    }
    let all = all.into_iter();
    all.map(|(dimension, value)| (visit.day, dimension, value, visit.who))
        .collect()
}

/// The salt of a day, held until the transaction ends, so that nobody forgets the day meanwhile. One that is
/// over gets none any more: whoever came then is not known again, and does not count as new.
fn salt(
    connection: &mut PgConnection,
    day: NaiveDate,
    today: NaiveDate,
    fresh: &Salt,
) -> QueryResult<Option<Salt>> {
    if day == today {
        diesel::insert_into(visit_salts::table)
            .values((
                visit_salts::day.eq(day),
                visit_salts::salt.eq(fresh.as_slice()),
            ))
            .on_conflict_do_nothing()
            .execute(connection)?;
    }
    let salt: Option<Vec<u8>> = visit_salts::table
        .find(day)
        .select(visit_salts::salt)
        .for_key_share()
        .first(connection)
        .optional()?;
    Ok(salt.and_then(|salt| salt.try_into().ok()))
}

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = Binary)]
    marker: Vec<u8>,
}

/// Writes markers, and tells what those are about that were not there: each is a person who is new in it.
fn new_ones(
    connection: &mut PgConnection,
    day: NaiveDate,
    salt: &Salt,
    people: Vec<(Fingerprint, Single)>,
) -> QueryResult<Vec<Single>> {
    let marked: BTreeMap<Marker, Single> = people
        .into_iter()
        .map(|(fingerprint, single)| {
            let (_, dimension, value, who) = &single;
            let marker = fingerprint.marker(salt, *dimension, value, who.name());
            (marker, single)
        })
        .collect();
    let markers: Vec<&[u8]> = marked.keys().map(|marker| &marker[..]).collect();
    // As one parameter: a statement has fewer places for values than so many visits may have markers.
    let written: Vec<Written> = diesel::sql_query(
        "INSERT INTO visit_markers (day, marker) SELECT $1, unnest($2) ON CONFLICT DO NOTHING RETURNING marker",
    )
    .bind::<Date, _>(day)
    .bind::<Array<Binary>, _>(markers)
    .load(connection)?;
    let new: HashSet<Vec<u8>> = written.into_iter().map(|row| row.marker).collect();
    let new = marked
        .into_iter()
        .filter(|(marker, _)| new.contains(marker.as_slice()));
    Ok(new.map(|(_, single)| single).collect())
}

fn add_mixed(connection: &mut PgConnection, mixed: &BTreeMap<Mixed, i64>) -> QueryResult<()> {
    let rows: Vec<_> = mixed
        .iter()
        .map(|((day, page, source, device, who), count)| {
            (
                visit_counts::day.eq(*day),
                visit_counts::page.eq(*page),
                visit_counts::source.eq(*source),
                visit_counts::device.eq(*device),
                visit_counts::visitor.eq(*who),
                visit_counts::visits.eq(*count),
            )
        })
        .collect();
    diesel::insert_into(visit_counts::table)
        .values(rows)
        .on_conflict((
            visit_counts::day,
            visit_counts::page,
            visit_counts::source,
            visit_counts::device,
            visit_counts::visitor,
        ))
        .do_update()
        .set(visit_counts::visits.eq(visit_counts::visits + excluded(visit_counts::visits)))
        .execute(connection)
        .map(drop)
}

fn add_totals(connection: &mut PgConnection, totals: &BTreeMap<Single, Total>) -> QueryResult<()> {
    let rows: Vec<_> = totals
        .iter()
        .map(|((day, dimension, value, who), total)| {
            (
                visit_totals::day.eq(*day),
                visit_totals::dimension.eq(*dimension),
                visit_totals::value.eq(value),
                visit_totals::visitor.eq(*who),
                visit_totals::visits.eq(total.visits),
                visit_totals::visitors.eq(total.visitors),
            )
        })
        .collect();
    diesel::insert_into(visit_totals::table)
        .values(rows)
        .on_conflict((
            visit_totals::day,
            visit_totals::dimension,
            visit_totals::value,
            visit_totals::visitor,
        ))
        .do_update()
        .set((
            visit_totals::visits.eq(visit_totals::visits + excluded(visit_totals::visits)),
            visit_totals::visitors.eq(visit_totals::visitors + excluded(visit_totals::visitors)),
        ))
        .execute(connection)
        .map(drop)
}
