//! Counts that come to an end: a page says "at least 10,000" sooner than it waits for all rows to be read.

use std::fmt::Display;

use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Text},
};
use serde::Serialize;

/// How many there are, as far as was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// So many.
    pub count: i64,
    /// There may be more.
    pub or_more: bool,
}

/// The count of rows of which `most` and one more were asked for.
pub fn at_most(rows: i64, most: i64) -> Count {
    Count {
        count: rows.min(most),
        or_more: rows > most,
    }
}

/// How many rows stand in each of some words, as far as was counted.
#[derive(Debug)]
pub struct Counts<W>(Vec<(W, i64)>);

impl<W: Copy + PartialEq> Counts<W> {
    /// How many stand in this one; `None`: it was not asked for.
    pub fn of(&self, word: W) -> Option<i64> {
        let found = self.0.iter().find(|(of, _)| *of == word);
        found.map(|(_, count)| *count)
    }
}

/// How many rows of a table stand in each of these words; of each, `most` are counted at most: a shop of some
/// years has a million mails that were sent. Table and column are ours, and the column has an index.
///
/// # Errors
/// What PostgreSQL says.
pub fn count_each<W: Copy + Display>(
    connection: &mut PgConnection,
    (table, column): (&str, &str),
    words: &[W],
    most: i64,
) -> QueryResult<Counts<W>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let rows: Vec<Row> = diesel::sql_query(format!(
        "SELECT (SELECT count(*) FROM (SELECT FROM {table} WHERE {column} = wanted.word LIMIT $2) few) AS count \
         FROM unnest($1) WITH ORDINALITY AS wanted (word, place) ORDER BY wanted.place"
    ))
    .bind::<Array<Text>, _>(words.iter().map(W::to_string).collect::<Vec<_>>())
    .bind::<BigInt, _>(most)
    .load(connection)?;
    let counts = rows.into_iter().map(|row| row.count);
    Ok(Counts(words.iter().copied().zip(counts).collect()))
}
