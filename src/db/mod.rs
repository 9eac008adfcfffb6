//! PostgreSQL: lanes of connections, the embedded migrations, and [`Db::run`], the one way in.
//!
//! Nobody holds a connection while the network is waited for: a connection lives inside the closure
//! of one `run`, which is not async.
//!
//! **Errors.** A function that takes a connection and gives a [`QueryResult`]
//! fails with what PostgreSQL says, and so does one that gives a [`DbError`]; docs of a function say
//! only what else it may fail with. An error inside a transaction undoes all of it.
//!
//! **Time.** A clock of the database ([`clock_timestamp()`]) counts where replicas meet: leases, claims,
//! turns. Everything else has its time as a parameter, from a `Clock`.
//!
//! **Deadlines.** Every statement has one inside PostgreSQL (`limits.rs`): from the connection's start, or
//! behind a transaction pooler in each transaction.
//!
//! **Locks.** What has no row to lock has an [`AdvisoryLock`].

mod bounded;
mod connection;
mod count;
mod error;
mod functions;
mod lane;
mod limits;
mod lock;
mod migrate;
mod part;
mod prepared;
mod refusal;
mod setting;
mod statistics;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::{
    Connection, PgConnection, QueryResult, connection::SimpleConnection,
    result::Error as QueryError,
};
use r2d2::{NopErrorHandler, Pool};
use tokio::{sync::Semaphore, time::timeout};

pub use self::{
    bounded::within,
    connection::listening,
    count::{Count, Counts, at_most, count_each},
    error::DbError,
    functions::{as_typed, clock_timestamp, for_its_values, from_now, greatest, interval, lower},
    lane::{Lane, Lanes},
    limits::PATIENCE,
    lock::{AdvisoryLock, take_first},
    migrate::{migrate, pending, ready},
    part::pattern_of_part,
    prepared::{PreparedSql, prepared, prepared_sql},
    setting::with_setting,
    statistics::{gather_statistics, gather_statistics_at_start},
};
use self::{
    connection::{Address, Link, Manager},
    error::Trouble,
    limits::{CONNECTING, Limits},
};
use crate::config;

/// So often is work begun again that met another transaction, or a connection that is dead or cannot
/// write. Whoever is in the way goes on each time, so that it takes several to be unlucky more often.
const REPEATS: u32 = 3;
/// The first pause before a repeat; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The connections of one lane. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Manager>,
    address: Arc<Address>,
    /// As many as there are connections. A turn comes before a thread is taken, so that a lane never has
    /// more threads than connections.
    turns: Arc<Semaphore>,
    limits: Limits,
    /// The deadlines are set in each transaction, whatever the connection has.
    sets_limits: bool,
}

impl Db {
    /// For a command, before which a person sits: its statements may take minutes.
    pub fn for_command(database: &config::Database) -> Self {
        let db = Self::with(Address::of(database, Limits::LONG), 2);
        Self {
            limits: Limits::LONG,
            sets_limits: database.is_pooled(),
            ..db
        }
    }

    /// At most `size` connections. Connects when first asked, so a service can start while its database is
    /// away.
    fn with(address: Address, size: u32) -> Self {
        let address = Arc::new(address);
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .connection_timeout(CONNECTING)
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(Manager(Arc::clone(&address)));
        Self {
            pool,
            address,
            turns: Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1))),
            limits: Limits::USUAL,
            sets_limits: false,
        }
    }

    /// The same connections with patience for what is long by nature: each closure is one transaction
    /// with deadlines of its own.
    pub fn patient(&self) -> Self {
        Self {
            limits: Limits::LONG,
            sets_limits: true,
            ..self.clone()
        }
    }

    /// Runs `work` on a connection, on the blocking threads.
    ///
    /// `work` may be called again if its connection turns out to be dead, or if the driver does not tell
    /// why it failed, so it must be one statement or one transaction that does no harm when repeated.
    ///
    /// # Errors
    /// [`DbError::Late`] after [`PATIENCE`], else what PostgreSQL said.
    pub async fn run<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: Fn(&mut PgConnection) -> Result<T, QueryError> + Send + 'static,
    {
        self.asked(move |db| db.tries(|link| db.limited(link, &work)))
            .await
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
        self.asked(move |db| db.tries(|link| db.in_transaction(link, &work)))
            .await
    }

    /// Runs `work` as [`Db::run`] does, with one look at all tables: what others write meanwhile is not
    /// seen by any of its statements.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub async fn snapshot<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: Fn(&mut PgConnection) -> Result<T, QueryError> + Send + 'static,
    {
        self.asked(move |db| {
            db.tries(|link| {
                let has_limits = db.has_limits(link);
                let mut snapshot = link.connection.build_transaction().repeatable_read();
                snapshot.run(|connection| {
                    db.set_limits(connection, has_limits)?;
                    work(connection)
                })
            })
        })
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
        self.tries(|link| self.limited(link, &work))
    }

    /// [`Db::transaction`] for threads of their own, which have none either.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub fn transaction_blocking<T>(
        &self,
        work: impl Fn(&mut PgConnection) -> Result<T, QueryError>,
    ) -> Result<T, DbError> {
        self.tries(|link| self.in_transaction(link, &work))
    }

    /// Behind a transaction pooler: what gives our role deadlines of its own, if it has none. SQL.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub async fn missing_role_settings(&self) -> Result<Option<String>, DbError> {
        if !self.address.is_pooled() {
            return Ok(None);
        }
        self.run(|connection| connection::missing_role_settings(connection, Limits::USUAL))
            .await
    }

    /// Asks on a blocking thread, and waits for the answer no longer than the caller has patience.
    async fn asked<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Self) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        let began = Instant::now();
        let turn = timeout(
            self.limits.patience,
            Arc::clone(&self.turns).acquire_owned(),
        );
        let turn = turn.await.map_err(|_| DbError::Late)?;
        let db = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            // Whoever asked may have gone; the turn ends with the work.
            let _turn = turn;
            ask(&db)
        });
        match timeout(self.limits.patience.saturating_sub(began.elapsed()), task).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
            Err(_) => {
                // PostgreSQL's own deadline has passed: the server hangs, and other connections with it.
                self.address.forget_connections();
                Err(DbError::Late)
            }
        }
    }

    /// Works until it is done, or until another try is of no use or comes too late.
    fn tries<T>(&self, work: impl Fn(&mut Link) -> QueryResult<T>) -> Result<T, DbError> {
        let (began, mut pause) = (Instant::now(), FIRST_PAUSE);
        for repeat in 0..=REPEATS {
            let mut link = self.pool.get().map_err(|_| self.address.refusal())?;
            let asked = Instant::now();
            let error = match work(&mut link) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let is_last = repeat == REPEATS || began.elapsed() >= self.limits.repeats;
            let trouble = Trouble::of(&error);
            if matches!(trouble, Trouble::Dead | Trouble::ReadOnly) {
                self.address.forget_connections();
            }
            let end = match trouble {
                Trouble::Dead => DbError::Late,
                Trouble::ReadOnly => DbError::ReadOnly,
                Trouble::Hidden if self.limits.are_met_after(asked.elapsed()) => {
                    return Err(DbError::Late);
                }
                Trouble::Hidden
                    if is_last && migrate::is_empty(&mut link.connection).unwrap_or(false) =>
                {
                    DbError::NoTables
                }
                Trouble::Hidden | Trouble::Conflict => DbError::Query(error),
                Trouble::Final => return Err(DbError::Query(error)),
            };
            if is_last {
                return Err(end);
            }
            // The pause is nobody's: others may have the connection meanwhile.
            drop(link);
            std::thread::sleep(pause);
            pause *= 2;
        }
        Err(DbError::Late)
    }

    /// Does the work under its deadlines.
    fn limited<T>(
        &self,
        link: &mut Link,
        work: impl Fn(&mut PgConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        if self.has_limits(link) {
            work(&mut link.connection)
        } else {
            self.in_transaction(link, work)
        }
    }

    fn in_transaction<T>(
        &self,
        link: &mut Link,
        work: impl Fn(&mut PgConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        let has_limits = self.has_limits(link);
        link.connection.transaction(|connection| {
            self.set_limits(connection, has_limits)?;
            work(connection)
        })
    }

    fn has_limits(&self, link: &Link) -> bool {
        link.has_limits && !self.sets_limits
    }

    fn set_limits(&self, connection: &mut PgConnection, has_limits: bool) -> QueryResult<()> {
        if has_limits {
            return Ok(());
        }
        connection.batch_execute(&self.limits.set_local())
    }
}
