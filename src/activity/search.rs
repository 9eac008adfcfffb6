//! What somebody looks for in the log: words of a line, or a part of an order's reference, name or address.

use diesel::{
    dsl::max,
    prelude::*,
    sql_types::{BigInt, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use crate::{db::pattern_of_part, schema::activity};

/// Words of a search; the others are left out.
const WORDS: usize = 8;
/// Orders that a part is found in; whoever finds more says more of it.
const ORDERS: i64 = 200;
/// Lines that are looked up by their words, at most. With more, a page of them is found soon on the way through
/// the log.
const FEW: usize = 1_000;
/// The newest lines, which are all read first: some milliseconds, and a page if one of twenty has the words.
const NEWEST: i64 = 1_000;
/// Letters of a part at least: with fewer, an index of three letters each is of no use.
const LETTERS: usize = 3;

/// The words of a search as PostgreSQL takes them, each as a beginning; none: there is no word in it.
pub(super) fn words(said: &str) -> Option<String> {
    let words = said
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS)
        .map(|word| format!("'{}':*", word.to_lowercase()));
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join(" & "))
}

/// The number with which the newest lines before another begin.
pub(super) fn newest_lines(connection: &mut PgConnection, before: i64) -> QueryResult<i64> {
    let last: Option<i64> = activity::table
        .filter(activity::id.lt(before))
        .select(max(activity::id))
        .first(connection)?;
    Ok(last.map_or(i64::MIN, |last| last - NEWEST))
}

/// The lines with these words, where they are few. Asked for the newest of them, PostgreSQL goes through the log
/// from its end, all of it where nearly no line has them: it does not know how many have.
pub(super) fn few_lines(
    connection: &mut PgConnection,
    words: &str,
) -> QueryResult<Option<Vec<i64>>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let rows: Vec<Row> = diesel::sql_query(format!(
        "SELECT id FROM activity \
         WHERE to_tsvector('simple', what || ' ' || actor) @@ to_tsquery('simple', $1) LIMIT {FEW} + 1"
    ))
    .bind::<Text, _>(words)
    .load(connection)?;
    Ok((rows.len() <= FEW).then(|| rows.into_iter().map(|row| row.id).collect()))
}

/// The orders that have this in their reference, name or address, as `order::with_part` says it. With `pg_trgm` by its indexes, without it by
/// reading all orders.
pub(super) fn orders(connection: &mut PgConnection, said: &str) -> QueryResult<Vec<Uuid>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let said = said.trim();
    if said.chars().count() < LETTERS {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = diesel::sql_query(format!(
        "SELECT id FROM orders WHERE reference ILIKE $1 OR as_typed(name) ILIKE as_typed($1) OR email ILIKE $1 \
         ORDER BY id DESC LIMIT {ORDERS}"
    ))
    .bind::<Text, _>(pattern_of_part(said))
    .load(connection)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_words_whatever_signs_are_between_them() {
        let said = |text| words(text).unwrap_or_default();
        assert_eq!(said("Mail sent"), "'mail':* & 'sent':*");
        assert_eq!(said("  CUP-2026 "), "'cup':* & '2026':*");
        assert_eq!(said("o'neil & ! | :* \\"), "'o':* & 'neil':*");
        assert_eq!(said("Müller"), "'müller':*");
        assert_eq!(said("'; -- "), "");
        assert_eq!(said(&"word ".repeat(100)).matches('&').count(), WORDS - 1);
    }
}
