//! How rows go: some at a time, each batch a transaction of its own. A run that is killed loses the batch
//! in hand alone, and no lock is held for longer than a batch takes.

use diesel::{
    PgConnection, QueryResult,
    query_dsl::methods::{ExecuteDsl, LoadQuery},
};

use crate::{app::App, db::DbError};

/// Runs a batch again until it finds nothing to do; tells how much it did in all.
pub(super) async fn until_nothing_is_left<F>(app: &App, batch: F) -> Result<usize, DbError>
where
    F: Fn(&mut PgConnection) -> QueryResult<usize> + Clone + Send + 'static,
{
    let mut all = 0;
    loop {
        match in_one(app, batch.clone()).await? {
            0 => return Ok(all),
            some => all += some,
        }
    }
}

/// Does something in one transaction.
pub(super) async fn in_one<T, F>(app: &App, work: F) -> Result<T, DbError>
where
    T: Send + 'static,
    F: Fn(&mut PgConnection) -> QueryResult<T> + Send + 'static,
{
    app.db.patient().transaction(work).await
}

/// Deletes one batch of a table's rows, in the caller's transaction; tells how many. `old` finds the keys
/// of the batch, `rows` are those of the keys that still may go.
///
/// The keys are found first and not locked, so that many rows that stay are passed over without a lock.
/// What the condition says may therefore have changed for some when they are deleted: `rows` says it again
/// wherever it can.
pub(super) fn delete<'query, Key, Old, Rows>(
    connection: &mut PgConnection,
    old: Old,
    rows: impl FnOnce(Vec<Key>) -> Rows,
) -> QueryResult<usize>
where
    Old: LoadQuery<'query, PgConnection, Key>,
    Rows: ExecuteDsl<PgConnection>,
{
    let keys: Vec<Key> = old.internal_load(connection)?.collect::<QueryResult<_>>()?;
    if keys.is_empty() {
        return Ok(0);
    }
    ExecuteDsl::execute(rows(keys), connection)
}
