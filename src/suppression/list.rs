//! The list as people see it: newest first, or those with a part in their address.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::sql,
    pg::Pg,
    prelude::*,
    sql_types::{Bool, Bytea, Timestamptz},
};

use super::{AddressHash, AddressKey, Suppression};
use crate::{
    db::{for_its_values, pattern_of_part},
    schema::suppressions,
};

/// Letters of a part at least: with fewer, an index of three letters each is of no use.
const LETTERS: usize = 3;

/// A page of the list, newest first; `before` is where the page before ended.
pub fn list(
    connection: &mut PgConnection,
    before: Option<(DateTime<Utc>, Vec<u8>)>,
    limit: i64,
) -> QueryResult<Vec<Suppression>> {
    page(before, limit).load(connection)
}

/// The same of addresses with this in them. A whole one is found also where only its hash is kept, and
/// comes first. A part has three letters at least; with fewer nothing is found.
pub fn search(
    connection: &mut PgConnection,
    said: &str,
    before: Option<(DateTime<Utc>, Vec<u8>)>,
    limit: i64,
) -> QueryResult<Vec<Suppression>> {
    let whole = AddressKey::load(connection)?.hash(said);
    let mut found: Vec<Suppression> = match before {
        None => find(connection, whole)?.into_iter().collect(),
        Some(_) => Vec::new(),
    };
    if said.trim().chars().count() >= LETTERS {
        let with_it: Vec<Suppression> = page(before, limit)
            .filter(suppressions::address.ilike(pattern_of_part(said.trim())))
            .filter(suppressions::address_hash.ne(whole.0.to_vec()))
            .filter(for_its_values())
            .load(connection)?;
        found.extend(with_it);
    }
    Ok(found)
}

/// One address on the list.
pub fn find(connection: &mut PgConnection, hash: AddressHash) -> QueryResult<Option<Suppression>> {
    suppressions::table
        .find(&hash.0[..])
        .select(Suppression::as_select())
        .first(connection)
        .optional()
}

fn page(
    before: Option<(DateTime<Utc>, Vec<u8>)>,
    limit: i64,
) -> diesel::dsl::IntoBoxed<
    'static,
    diesel::dsl::Select<suppressions::table, diesel::dsl::AsSelect<Suppression, Pg>>,
    Pg,
> {
    let mut query = suppressions::table
        .select(Suppression::as_select())
        .into_boxed()
        .order((
            suppressions::since.desc(),
            suppressions::address_hash.desc(),
        ))
        .limit(limit);
    if let Some((since, hash)) = before {
        // As one comparison, which finds the place in the index: two with an "or" between them pass over all
        // that a file put there in the same moment.
        let place = sql::<Bool>("(since, address_hash) < (")
            .bind::<Timestamptz, _>(since)
            .sql(", ")
            .bind::<Bytea, _>(hash)
            .sql(")");
        query = query.filter(place);
    }
    query
}
