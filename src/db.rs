//! PostgreSQL: the pool, the embedded migrations, and [`Db::run`], the one way in.
//!
//! Nobody holds a connection while the network is waited for: a connection lives inside the closure
//! of one `run`, which is not async.

use std::time::Duration;

use diesel::{
    Connection, ConnectionError, PgConnection,
    connection::SimpleConnection,
    result::{DatabaseErrorKind, Error as QueryError},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use r2d2::{ManageConnection, Pool};
use url::Url;

use crate::config::Secret;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// How long a caller waits for the database before it is told that it is away.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// So often is a transaction begun again that met another one in a deadlock.
const DEADLOCKS: u32 = 3;

/// Why the database gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// It cannot be reached, or did not answer within [`PATIENCE`]: worth another try later.
    #[error("the database cannot be reached")]
    Away,
    /// It answered with an error.
    #[error("the database refused: {0}")]
    Query(#[from] QueryError),
    /// A migration failed.
    #[error("a migration failed: {0}")]
    Migration(String),
}

impl DbError {
    /// Logs what kept `module` from going on: one sentence for a database that is away, another for
    /// a statement that it refused.
    pub fn log(&self, module: &str) {
        log::log!(self.level(), "{module}: {self}");
    }

    /// What is away comes back, and is asked again. What is refused will be refused again: the
    /// statement or the schema is wrong, and somebody has to look.
    fn level(&self) -> log::Level {
        match self {
            Self::Away => log::Level::Warn,
            Self::Query(_) | Self::Migration(_) => log::Level::Error,
        }
    }
}

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
            .build_unchecked(Manager {
                url: impatient(url),
            });
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

    /// Applies the embedded migrations that the database does not have yet; tells their names.
    ///
    /// # Errors
    /// [`DbError::Migration`] with PostgreSQL's words.
    pub fn migrate(&self) -> Result<Vec<String>, DbError> {
        self.with_harness(|connection| {
            connection.transaction(|connection| {
                // Two replicas that start at once: the second waits and finds nothing to do.
                connection.batch_execute("SELECT pg_advisory_xact_lock(7205759403792793)")?;
                let applied = connection.run_pending_migrations(MIGRATIONS)?;
                Ok(applied.iter().map(ToString::to_string).collect())
            })
        })
    }

    /// The names of the migrations that are still to be applied.
    ///
    /// # Errors
    /// As [`Db::migrate`].
    pub fn pending_migrations(&self) -> Result<Vec<String>, DbError> {
        self.with_harness(|connection| {
            let pending = connection.pending_migrations(MIGRATIONS)?;
            Ok(pending
                .iter()
                .map(|migration| migration.name().to_string())
                .collect())
        })
    }

    fn with_harness<T>(
        &self,
        work: impl Fn(&mut PgConnection) -> Result<T, Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<T, DbError> {
        let mut said = DbError::Away;
        // As in `run_blocking`; an error here does not tell whether the connection is dead.
        for _ in 0..=self.pool.max_size() {
            let mut link = self.pool.get().map_err(|_| DbError::Away)?;
            match work(&mut link.connection) {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    link.dead = true;
                    said = DbError::Migration(error.to_string());
                }
            }
        }
        Err(said)
    }
}

/// The address with limits for a server that has gone without a word (a failover, a cut network):
/// libpq's own would let a connection wait for a quarter of an hour. What the address says itself
/// stays, and so does one that is not written as a URL.
fn impatient(url: &Secret) -> Secret {
    let Ok(mut address) = Url::parse(url.expose()) else {
        return url.clone();
    };
    let said: Vec<String> = address
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    let limits = [
        ("connect_timeout", "4"),
        ("tcp_user_timeout", "10000"),
        ("keepalives_idle", "30"),
    ];
    for (name, value) in limits
        .iter()
        .filter(|(name, _)| !said.iter().any(|said| said == name))
    {
        address.query_pairs_mut().append_pair(name, value);
    }
    Secret::new(address)
}

/// A pooled connection, and whether a statement found it dead.
struct Link {
    connection: PgConnection,
    dead: bool,
}

struct Manager {
    url: Secret,
}

impl ManageConnection for Manager {
    type Connection = Link;
    type Error = ConnectionError;

    fn connect(&self) -> Result<Link, ConnectionError> {
        let connection = PgConnection::establish(self.url.expose())?;
        Ok(Link {
            connection,
            dead: false,
        })
    }

    fn is_valid(&self, _link: &mut Link) -> Result<(), ConnectionError> {
        Ok(())
    }

    fn has_broken(&self, link: &mut Link) -> bool {
        use diesel::r2d2::R2D2Connection;
        link.dead || link.connection.is_broken()
    }
}

/// PostgreSQL ended our transaction because another one and ours waited for each other: what was
/// asked has not been done, and the other one has gone on by now.
fn is_deadlock(error: &QueryError) -> bool {
    matches!(error, QueryError::DatabaseError(_, info) if info.message() == "deadlock detected")
}

fn is_dead(error: &QueryError) -> bool {
    match error {
        QueryError::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _,
        )
        | QueryError::BrokenTransactionManager => true,
        // libpq has no error class of its own for a server that is shutting down or starting up.
        QueryError::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            let said = info.message();
            said.contains("terminating connection") || said.contains("server closed the connection")
        }
        QueryError::RollbackErrorOnCommit {
            rollback_error,
            commit_error,
        } => is_dead(rollback_error) || is_dead(commit_error),
        _ => false,
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// PostgreSQL's `lower`: addresses are compared in any case.
    fn lower(
        text: diesel::sql_types::Nullable<diesel::sql_types::Text>,
    ) -> diesel::sql_types::Nullable<diesel::sql_types::Text>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_database_that_is_away_is_waited_for_without_an_error() {
        let refused = || DbError::Query(QueryError::NotFound);
        let level = |error: DbError| error.level();
        assert_eq!(level(DbError::Away), log::Level::Warn);
        assert_eq!(level(refused()), log::Level::Error);
        assert_eq!(level(DbError::Migration("x".into())), log::Level::Error);
        assert!(refused().to_string().starts_with("the database refused: "));
    }
}
