//! New lines of the log, none lost: read below the oldest transaction that still runs.
//!
//! A line gets its number before its transaction commits, so that a higher number may be there first. A
//! reader goes by transaction and number, and reads what no running transaction can still add to.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};

/// How far a reader has come: a transaction, and a line of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    xact: u64,
    id: i64,
}

impl Place {
    /// As it is kept: the transaction, and the line.
    pub fn kept((xact, id): (i64, i64)) -> Self {
        let xact = u64::try_from(xact).unwrap_or(0);
        Self { xact, id }
    }

    /// What of it is to be kept.
    pub fn to_keep(self) -> (i64, i64) {
        (i64::try_from(self.xact).unwrap_or(i64::MAX), self.id)
    }
}

/// A line that is new to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct New {
    /// Its number.
    pub id: i64,
    /// Where a reader is who has had it.
    pub place: Place,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    xact: String,
}

impl Row {
    fn read(self) -> QueryResult<New> {
        let xact = self
            .xact
            .parse()
            .map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
        let id = self.id;
        let place = Place { xact, id };
        Ok(New { id, place })
    }
}

/// Up to `most` lines after a place, in the order in which they came to be there for everybody. By the table's
/// column: the name alone is that of the text beside it, by which 99 comes after 100 and which has no index.
pub fn after(connection: &mut PgConnection, place: Place, most: i64) -> QueryResult<Vec<New>> {
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT id, xact::text AS xact FROM activity \
         WHERE (xact, id) > ($1::text::xid8, $2) AND xact < pg_snapshot_xmin(pg_current_snapshot()) \
         ORDER BY activity.xact, activity.id LIMIT $3",
    )
    .bind::<Text, _>(place.xact.to_string())
    .bind::<BigInt, _>(place.id)
    .bind::<BigInt, _>(most)
    .load(connection)?;
    rows.into_iter().map(Row::read).collect()
}

/// The place behind which everything is that is not there yet.
pub fn newest(connection: &mut PgConnection) -> QueryResult<Place> {
    let row: Row = diesel::sql_query(
        "SELECT 0::bigint AS id, pg_snapshot_xmin(pg_current_snapshot())::text AS xact",
    )
    .get_result(connection)?;
    row.read().map(|new| new.place)
}

/// The line with which somebody who has had it begins: every line that is not there yet comes after it. 0 if
/// there is none.
pub fn settled(connection: &mut PgConnection) -> QueryResult<i64> {
    let row: Option<Row> = diesel::sql_query(
        "SELECT id, xact::text AS xact FROM activity WHERE xact < pg_snapshot_xmin(pg_current_snapshot()) \
         ORDER BY activity.xact DESC, activity.id DESC LIMIT 1",
    )
    .get_result(connection)
    .optional()?;
    Ok(row.map_or(0, |row| row.id))
}

/// Where a reader is who has had this line. One that is not there any more is so old that everything is new.
pub fn place_of(connection: &mut PgConnection, id: i64) -> QueryResult<Place> {
    let row: Option<Row> = diesel::sql_query(
        "SELECT id, coalesce(xact::text, '0') AS xact FROM activity WHERE id = $1",
    )
    .bind::<BigInt, _>(id)
    .get_result(connection)
    .optional()?;
    match row {
        Some(row) => row.read().map(|new| new.place),
        None => Ok(Place { xact: 0, id: 0 }),
    }
}
