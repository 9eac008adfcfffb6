//! PostgreSQL's statistics of our tables, where it has none.
//!
//! It gathers them itself, some minutes after thousands of rows have come. Until then it guesses that an
//! order has thousands of checkouts, and reads whole tables to join them: after an import, and in a database
//! that was just restored.

use diesel::{prelude::*, sql_query, sql_types::Text};

use super::{Db, DbError};

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Has PostgreSQL look at each table of ours with half a megabyte or more that it knows nothing of; tells
/// which. It takes less than a second a table, blocks neither reads nor writes, and passes over tables that
/// belong to another role.
pub fn gather_statistics(connection: &mut PgConnection) -> QueryResult<Vec<String>> {
    let tables = unknown_tables(connection)?;
    look_at(connection, &tables)?;
    Ok(tables)
}

/// The same at the start of a worker. Nobody waits for it, and nothing depends on it: where a table is
/// locked it does not wait either.
pub async fn gather_statistics_at_start(db: Db) {
    match at_start(&db).await {
        Ok(tables) if tables.is_empty() => {}
        Ok(tables) => log::info!(
            "PostgreSQL knew nothing of {} and has looked at them now",
            tables.join(", ")
        ),
        Err(error) => error.log("statistics"),
    }
}

async fn at_start(db: &Db) -> Result<Vec<String>, DbError> {
    let tables = db.run(unknown_tables).await?;
    if !tables.is_empty() {
        let tables = tables.clone();
        db.patient()
            .transaction(move |connection| look_at(connection, &tables))
            .await?;
    }
    Ok(tables)
}

fn unknown_tables(connection: &mut PgConnection) -> QueryResult<Vec<String>> {
    let unknown: Vec<Table> = sql_query(
        "SELECT oid::regclass::text AS name FROM pg_class \
         WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace \
           AND pg_relation_size(oid) >= 524288 \
           AND NOT EXISTS (SELECT FROM pg_stats \
                           WHERE schemaname = current_schema() AND tablename = relname) ORDER BY 1",
    )
    .load(connection)?;
    Ok(unknown.into_iter().map(|table| table.name).collect())
}

fn look_at(connection: &mut PgConnection, tables: &[String]) -> QueryResult<()> {
    for table in tables {
        // The name is quoted where it has to be, by PostgreSQL.
        sql_query(format!("ANALYZE {table}")).execute(connection)?;
    }
    Ok(())
}
