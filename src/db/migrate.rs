//! The embedded migrations.

use std::collections::HashSet;

use diesel::{
    Connection, PgConnection, QueryDsl, QueryResult, RunQueryDsl,
    dsl::sql,
    migration::{Migration, MigrationSource},
    pg::Pg,
    result::{DatabaseErrorKind, Error as QueryError},
    sql_query,
    sql_types::Bool,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{AdvisoryLock, Db, DbError, connection::Address, limits::Limits};
use crate::config::Secret;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

diesel::table! {
    /// Diesel's own: which migrations have been applied.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// Applies the embedded migrations that the database does not have yet; tells their names. Goes past a
/// transaction pooler, with deadlines for what is long by nature.
///
/// # Errors
/// [`DbError::Migration`] with PostgreSQL's words.
pub fn migrate(direct: &Secret) -> Result<Vec<String>, DbError> {
    let db = Db::with(Address::direct(direct, Limits::MIGRATING), 1);
    let mut link = db.pool.get().map_err(|_| db.address.refusal())?;
    let applied = link.connection.transaction(|connection| {
        AdvisoryLock::Migrations.take(connection)?;
        let applied = connection.run_pending_migrations(MIGRATIONS)?;
        Ok(applied.iter().map(ToString::to_string).collect())
    });
    applied.map_err(|error: Box<dyn std::error::Error + Send + Sync>| {
        DbError::Migration(error.to_string())
    })
}

/// The names of the migrations that are still to be applied. Reads and creates nothing, so that a role
/// that may only read and write rows can ask.
pub fn pending(connection: &mut PgConnection) -> QueryResult<Vec<String>> {
    if sees_no_schema(connection)? {
        // Fails, in PostgreSQL's own words.
        sql_query("SELECT FROM public.__diesel_schema_migrations").execute(connection)?;
    }
    let applied: HashSet<String> = if has_tables(connection)? {
        let versions =
            __diesel_schema_migrations::table.select(__diesel_schema_migrations::version);
        versions.load(connection)?.into_iter().collect()
    } else {
        HashSet::new()
    };
    let all: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS
        .migrations()
        .map_err(QueryError::QueryBuilderError)?;
    let names = all.iter().map(|migration| migration.name());
    let mut pending: Vec<String> = names
        .filter(|name| !applied.contains(&name.version().to_string()))
        .map(ToString::to_string)
        .collect();
    pending.sort();
    Ok(pending)
}

/// As [`pending`], from a database that can be written to.
///
/// # Errors
/// `ReadOnlyTransaction`, as if a row had been written: the connection is given up, since it may lead to
/// what was the main server before a failover.
pub fn ready(connection: &mut PgConnection) -> QueryResult<Vec<String>> {
    let setting = sql::<Bool>("current_setting('transaction_read_only')::boolean");
    if diesel::select(setting).get_result(connection)? {
        let said = "the database can be read and not written to".to_owned();
        let kind = DatabaseErrorKind::ReadOnlyTransaction;
        return Err(QueryError::DatabaseError(kind, Box::new(said)));
    }
    pending(connection)
}

/// Whether this is a database of ours without tables, and not one that we may not look at.
pub(super) fn is_empty(connection: &mut PgConnection) -> QueryResult<bool> {
    Ok(!sees_no_schema(connection)? && !has_tables(connection)?)
}

/// The role has no right on any schema of its search path; names of tables are then unknown to it.
fn sees_no_schema(connection: &mut PgConnection) -> QueryResult<bool> {
    diesel::select(sql::<Bool>("current_schema() IS NULL")).get_result(connection)
}

/// Whether any migration was ever applied.
fn has_tables(connection: &mut PgConnection) -> QueryResult<bool> {
    diesel::select(sql::<Bool>(
        "to_regclass('__diesel_schema_migrations') IS NOT NULL",
    ))
    .get_result(connection)
}
