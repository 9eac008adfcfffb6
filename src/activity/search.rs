//! What somebody looks for in the log: words of a line, or a part of an order's reference, name or address.

use diesel::{
    prelude::*,
    sql_types::{Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use crate::db::pattern_of_part;

/// Words of a search; the others are left out.
const WORDS: usize = 8;
/// Orders that a part is found in; whoever finds more says more of it.
const ORDERS: i64 = 200;
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

/// The orders that have this in their reference, name or address. With `pg_trgm` by its indexes, without it by
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
        "SELECT id FROM orders WHERE reference ILIKE $1 OR name ILIKE $1 OR email ILIKE $1 \
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
