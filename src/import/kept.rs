//! Spreadsheets that were handed in on a page, as rows: until they are taken in, or for an hour.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types::Text};
use serde_json::{Value, json};
use uuid::Uuid;

use super::taken::Counts;
use crate::{
    app::App,
    db::DbError,
    foreign_text::{ForeignText, Limit},
    random,
    schema::imports,
};

/// Bytes of one: some hundred thousand lines.
pub const LARGEST: usize = 10 * 1024 * 1024;
/// So long one waits to be taken in. It holds addresses.
const WAITS: TimeDelta = TimeDelta::hours(1);
/// So long what came of one can be looked at; it has numbers alone.
const REMEMBERED: TimeDelta = TimeDelta::days(7);
/// So many wait at once at most: with one more the oldest goes.
const MOST: i64 = 20;

/// One of them.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = imports)]
pub struct Kept {
    /// Its row.
    pub id: Uuid,
    /// As the file was called.
    pub file: String,
    /// UTF-8; none once it is taken in.
    pub content: Option<String>,
    /// When it was taken in.
    pub done_at: Option<DateTime<Utc>>,
    /// By whom.
    pub done_by: Option<String>,
    /// What its new orders can be found by.
    pub name: Option<String>,
    counts: Option<Value>,
}

impl Kept {
    /// How many orders came to what, once it is taken in.
    pub fn counts(&self) -> Option<Counts> {
        serde_json::from_value(self.counts.clone()?).ok()
    }
}

/// Keeps one; tells its id.
pub fn keep(
    connection: &mut PgConnection,
    file: &str,
    content: &str,
    now: DateTime<Utc>,
) -> QueryResult<Uuid> {
    let id = random::row_id(now);
    diesel::insert_into(imports::table)
        .values((
            imports::id.eq(id),
            imports::file.eq(ForeignText::new(file, Limit::WORD).as_str()),
            imports::content.eq(content),
            imports::created_at.eq(now),
        ))
        .execute(connection)?;
    let too_many: Vec<Uuid> = imports::table
        .filter(imports::done_at.is_null())
        .order((imports::created_at.desc(), imports::id.desc()))
        .offset(MOST)
        .select(imports::id)
        .load(connection)?;
    diesel::delete(imports::table.filter(imports::id.eq_any(too_many))).execute(connection)?;
    Ok(id)
}

/// The one with this id, unless it is too old.
pub fn find(
    connection: &mut PgConnection,
    id: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<Option<Kept>> {
    let row = still_there(id, now).select(Kept::as_select());
    row.first(connection).optional()
}

/// The same, locked: two who take it in do so one after the other, and the second sees what the first has written.
pub fn lock(
    connection: &mut PgConnection,
    id: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<Option<Kept>> {
    let row = still_there(id, now).select(Kept::as_select());
    row.for_update().first(connection).optional()
}

#[diesel::dsl::auto_type]
fn still_there(id: Uuid, now: DateTime<Utc>) -> _ {
    let oldest: DateTime<Utc> = now - WAITS;
    let still = imports::done_at
        .is_not_null()
        .or(imports::created_at.gt(oldest));
    imports::table.find(id).filter(still)
}

/// It is taken in, in the transaction that does so: what stands in it is gone from here.
pub fn done(
    connection: &mut PgConnection,
    id: Uuid,
    (name, counts): (&str, Counts),
    (by, now): (&str, DateTime<Utc>),
) -> QueryResult<()> {
    diesel::update(imports::table.find(id))
        .set((
            imports::content.eq(None::<String>),
            imports::done_at.eq(now),
            imports::done_by.eq(by),
            imports::name.eq(name),
            imports::counts.eq(json!(counts)),
        ))
        .execute(connection)
        .map(drop)
}

/// Nobody will take it in: a mended one took its place, or they said no.
pub fn drop_it(connection: &mut PgConnection, id: Uuid) -> QueryResult<()> {
    let waits = imports::table.find(id).filter(imports::done_at.is_null());
    diesel::delete(waits).execute(connection).map(drop)
}

/// Deletes those that name an address, which is given in small letters. Nobody has taken them in yet: whoever handed one
/// in does so again, without that person.
pub fn erase(connection: &mut PgConnection, address: &str) -> QueryResult<()> {
    let named = "DELETE FROM imports WHERE done_at IS NULL AND strpos(lower(content), $1) > 0";
    diesel::sql_query(named)
        .bind::<Text, _>(address)
        .execute(connection)
        .map(drop)
}

/// Deletes what is too old; tells how many.
pub fn forget(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    let waited = imports::done_at
        .is_null()
        .and(imports::created_at.le(now - WAITS));
    let remembered = imports::created_at.le(now - REMEMBERED);
    diesel::delete(imports::table.filter(waited.or(remembered))).execute(connection)
}

/// The same, as the worker does every minute. Two at once do no harm.
///
/// # Errors
/// The database's.
pub async fn forget_old(app: &App) -> Result<(), DbError> {
    let now = app.clock.now();
    app.db
        .run(move |connection| forget(connection, now))
        .await
        .map(drop)
}
