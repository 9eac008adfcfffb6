//! Questions whose answer is worth only so much time.

use std::time::{Duration, Instant};

use diesel::{
    PgConnection, QueryResult, RunQueryDsl,
    connection::{Connection, SimpleConnection},
    result::Error as QueryError,
    sql_query,
    sql_types::Text,
};

#[derive(diesel::QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// What `ask` answers, where PostgreSQL has each of its statements done in `time`; else `None`, and whoever
/// asked says that it was too much. For what is good to know and may be about a million rows: a sum, a list
/// under a filter that few rows meet.
///
/// In a transaction of its own, or a savepoint where there is one already: what was done before it stays done.
pub fn within<T>(
    connection: &mut PgConnection,
    time: Duration,
    ask: impl FnOnce(&mut PgConnection) -> QueryResult<T>,
) -> QueryResult<Option<T>> {
    let begun = Instant::now();
    let answer = connection.transaction(|connection| {
        let before: Setting = sql_query("SELECT current_setting('statement_timeout') AS value")
            .get_result(connection)?;
        connection.batch_execute(&format!(
            "SET LOCAL statement_timeout = {}",
            time.as_millis()
        ))?;
        let answer = ask(connection)?;
        // A savepoint that is kept keeps the setting as well.
        sql_query("SELECT set_config('statement_timeout', $1, true)")
            .bind::<Text, _>(before.value)
            .execute(connection)?;
        Ok(answer)
    });
    match answer {
        // The driver hides the code of a statement that was ended, and its words are in the server's language.
        Err(QueryError::DatabaseError(..)) if begun.elapsed() >= time => Ok(None),
        answer => answer.map(Some),
    }
}
