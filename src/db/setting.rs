//! A setting of PostgreSQL that stands for a while.

use diesel::{PgConnection, QueryResult, QueryableByName, RunQueryDsl, sql_query, sql_types::Text};

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// What `work` gives while a setting has this value, inside the caller's transaction. Then it has the value from
/// before, which nothing else gives back to it where a savepoint is kept. Where `work` fails, the end of the
/// transaction or the savepoint does so.
pub fn with_setting<T>(
    connection: &mut PgConnection,
    (name, value): (&str, &str),
    work: impl FnOnce(&mut PgConnection) -> QueryResult<T>,
) -> QueryResult<T> {
    let before: Setting = sql_query("SELECT current_setting($1) AS value")
        .bind::<Text, _>(name)
        .get_result(connection)?;
    set(connection, name, value)?;
    let done = work(connection)?;
    set(connection, name, &before.value)?;
    Ok(done)
}

fn set(connection: &mut PgConnection, name: &str, value: &str) -> QueryResult<()> {
    sql_query("SELECT set_config($1, $2, true)")
        .bind::<Text, _>(name)
        .bind::<Text, _>(value)
        .execute(connection)
        .map(drop)
}
