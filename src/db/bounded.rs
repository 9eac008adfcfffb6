//! Questions whose answer is worth only so much time.

use std::time::{Duration, Instant};

use diesel::{PgConnection, QueryResult, connection::Connection, result::Error as QueryError};

use super::setting::with_setting;

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
    let milliseconds = time.as_millis().to_string();
    let answer = connection.transaction(|connection| {
        with_setting(connection, ("statement_timeout", &milliseconds), ask)
    });
    match answer {
        // The driver hides the code of a statement that was ended, and its words are in the server's language.
        Err(QueryError::DatabaseError(..)) if begun.elapsed() >= time => Ok(None),
        answer => answer.map(Some),
    }
}
