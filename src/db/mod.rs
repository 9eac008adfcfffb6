//! PostgreSQL: the pool, the embedded migrations, and [`Db::run`], the one way in.
//!
//! Nobody holds a connection while the network is waited for: a connection lives inside the closure
//! of one `run`, which is not async.
//!
//! **Errors.** A function that takes a connection and gives a [`QueryResult`](diesel::QueryResult)
//! fails with what PostgreSQL says, and so does one that gives a [`DbError`]; docs of a function say
//! only what else it may fail with. An error inside a transaction undoes all of it.
//!
//! **Time.** A clock of the database ([`clock_timestamp()`]) counts where replicas meet: leases, claims,
//! turns. Everything else has its time as a parameter, from a `Clock`.
//!
//! **Locks.** What has no row to lock has an [`AdvisoryLock`].

mod connection;
mod error;
mod functions;
mod lock;
mod migrate;

use std::time::Duration;

use diesel::{Connection, PgConnection, result::Error as QueryError};
use r2d2::Pool;

use self::{
    connection::Manager,
    error::{is_dead, is_deadlock},
};
pub use self::{
    error::DbError,
    functions::{clock_timestamp, from_now, greatest, interval, lower},
    lock::AdvisoryLock,
};
use crate::config::Secret;

/// How long a caller waits for the database before it is told that it is away: a payer is answered
/// within five seconds, and the page has to be written, too.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// So often is a transaction begun again that met another one in a deadlock. The other one goes on each
/// time, so that it takes several others, one after the other, to be unlucky more often.
const DEADLOCKS: u32 = 3;

/// A pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Manager>,
}

impl Db {
    /// A pool of at most `size` connections. Connects when first asked, so a service can start
    /// while its database is away.
    pub fn new(url: &Secret, size: u32) -> Self {
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .connection_timeout(PATIENCE)
            // The default asks the server before each use, which doubles every look-up. A dead
            // connection is found by its first statement instead, see `run_blocking`.
            .test_on_check_out(false)
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(Manager::new(url));
        Self { pool }
    }

    /// Runs `work` on a connection, on the blocking threads.
    ///
    /// `work` may be called again if its connection turns out to be dead, so it must be one
    /// statement or one transaction that does no harm when repeated.
    ///
    /// # Errors
    /// [`DbError::Away`] after [`PATIENCE`], else what PostgreSQL said.
    pub async fn run<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: Fn(&mut PgConnection) -> Result<T, QueryError> + Send + 'static,
    {
        let db = self.clone();
        let task = tokio::task::spawn_blocking(move || db.run_blocking(work));
        match tokio::time::timeout(PATIENCE, task).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
            Err(_) => Err(DbError::Away),
        }
    }

    /// Runs `work` in one transaction, as [`Db::run`] does.
    ///
    /// # Errors
    /// As [`Db::run`]; then nothing of it was done, unless the answer to its commit was lost.
    pub async fn transaction<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: Fn(&mut PgConnection) -> Result<T, QueryError> + Send + 'static,
    {
        self.run(move |connection| connection.transaction(|connection| work(connection)))
            .await
    }

    /// [`Db::run`] for commands, which have no async runtime to keep free.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub fn run_blocking<T>(
        &self,
        work: impl Fn(&mut PgConnection) -> Result<T, QueryError>,
    ) -> Result<T, DbError> {
        let mut deadlocks = 0;
        // After a restart of the server every pooled connection is dead; each is found so once.
        for _ in 0..=self.pool.max_size() + DEADLOCKS {
            let mut link = self.pool.get().map_err(|_| DbError::Away)?;
            match work(&mut link.connection) {
                Err(error) if is_dead(&error) => link.dead = true,
                Err(error) if is_deadlock(&error) && deadlocks < DEADLOCKS => deadlocks += 1,
                answer => return answer.map_err(DbError::Query),
            }
        }
        Err(DbError::Away)
    }
}
