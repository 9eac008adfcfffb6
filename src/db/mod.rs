//! PostgreSQL: lanes of connections, the embedded migrations, and [`Db::run`], the one way in.
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
//! **Deadlines.** Every statement has one inside PostgreSQL (`limits.rs`): from the connection's start, or
//! behind a transaction pooler in each transaction.
//!
//! **Locks.** What has no row to lock has an [`AdvisoryLock`].

mod connection;
mod error;
mod functions;
mod lane;
mod limits;
mod lock;
mod migrate;
mod pool;
mod refusal;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use diesel::{
    Connection, PgConnection, QueryResult, connection::SimpleConnection,
    result::Error as QueryError,
};
use tokio::time::timeout;

use self::{connection::Address, error::Trouble, limits::Limits, pool::Pool};
pub use self::{
    connection::listening,
    error::DbError,
    functions::{clock_timestamp, from_now, greatest, interval, lower},
    lane::{Lane, Lanes},
    limits::PATIENCE,
    lock::AdvisoryLock,
    migrate::{migrate, pending, ready},
};
use crate::config::{self, Secret};

/// So often is work begun again that met another transaction, or a connection that is dead or cannot
/// write. Whoever is in the way goes on each time, so that it takes several to be unlucky more often.
const REPEATS: u32 = 3;
/// The first pause before a repeat; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// PostgreSQL's own deadline has passed by then. Who still waits does so for a server that hangs: the
/// thread is lost, and its turn goes to another one.
const HUNG: Duration = Duration::from_secs(10);

/// The connections of one lane. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: Arc<Pool>,
    limits: Limits,
    /// The deadlines are set in each transaction, since the connection does not have them.
    sets_limits: bool,
}

impl Db {
    /// At most `size` connections straight to PostgreSQL. Connects when first asked, so a service can
    /// start while its database is away.
    pub fn new(url: &Secret, size: u32) -> Self {
        Self::with(Address::direct(url, Limits::USUAL), size)
    }

    /// For a command, before which a person sits: its statements may take minutes.
    pub fn for_command(database: &config::Database) -> Self {
        let db = Self::with(Address::of(database, Limits::LONG), 2);
        Self {
            limits: Limits::LONG,
            ..db
        }
    }

    fn with(address: Address, size: u32) -> Self {
        Self {
            sets_limits: address.pooled,
            limits: Limits::USUAL,
            pool: Arc::new(Pool::new(address, size)),
        }
    }

    /// The same connections with patience for what is long by nature: each closure is one transaction
    /// with deadlines of its own.
    pub fn patient(&self) -> Self {
        Self {
            pool: Arc::clone(&self.pool),
            limits: Limits::LONG,
            sets_limits: true,
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
        self.asked(move |db| db.tries(|connection| db.limited(connection, &work)))
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
        self.run(move |connection| connection.transaction(|connection| work(connection)))
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
            db.tries(|connection| {
                connection
                    .build_transaction()
                    .repeatable_read()
                    .run(|connection| {
                        db.set_limits(connection)?;
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
        let _turn = futures::executor::block_on(self.pool.turn())?;
        self.tries(|connection| self.limited(connection, &work))
    }

    /// Asks on a blocking thread, and waits for the answer no longer than the caller has patience.
    async fn asked<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Self) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        let began = Instant::now();
        let turn = timeout(self.limits.patience, self.pool.turn());
        let turn = turn.await.map_err(|_| DbError::Late)??;
        let turn = Arc::new(Mutex::new(Some(turn)));
        let (db, kept) = (self.clone(), Arc::clone(&turn));
        let task = tokio::task::spawn_blocking(move || {
            let answer = ask(&db);
            // Whoever asked may have gone; the turn ends with the work.
            end(&kept);
            answer
        });
        match timeout(self.limits.patience.saturating_sub(began.elapsed()), task).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(panic)) => {
                end(&turn);
                std::panic::resume_unwind(panic.into_panic())
            }
            Err(_) => {
                // The other connections may hang as this one does.
                self.pool.forget_free();
                tokio::spawn(async move {
                    tokio::time::sleep(HUNG).await;
                    end(&turn);
                });
                Err(DbError::Late)
            }
        }
    }

    /// Works until it is done, or until another try is of no use or comes too late.
    fn tries<T>(&self, work: impl Fn(&mut PgConnection) -> QueryResult<T>) -> Result<T, DbError> {
        let (began, mut pause) = (Instant::now(), FIRST_PAUSE);
        for repeat in 0.. {
            let mut link = self.pool.take()?;
            let asked = Instant::now();
            let error = match work(&mut link.connection) {
                Ok(answer) => {
                    self.pool.give_back(link);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let trouble = Trouble::of(&error);
            let is_last = repeat == REPEATS || began.elapsed() >= self.limits.repeats;
            let end = match trouble {
                Trouble::Dead | Trouble::ReadOnly => {
                    drop(link);
                    self.pool.forget_free();
                    is_last.then(|| match trouble {
                        Trouble::ReadOnly => DbError::ReadOnly,
                        _ => DbError::Late,
                    })
                }
                Trouble::Hidden if self.limits.are_met_after(asked.elapsed()) => {
                    self.pool.give_back(link);
                    Some(DbError::Late)
                }
                Trouble::Hidden
                    if is_last && migrate::is_empty(&mut link.connection).unwrap_or(false) =>
                {
                    Some(DbError::NoTables)
                }
                Trouble::Hidden | Trouble::Conflict if !is_last => {
                    self.pool.give_back(link);
                    None
                }
                Trouble::Hidden | Trouble::Conflict | Trouble::Final => {
                    self.pool.give_back(link);
                    Some(DbError::Query(error))
                }
            };
            if let Some(end) = end {
                return Err(end);
            }
            std::thread::sleep(pause);
            pause *= 2;
        }
        Err(DbError::Late)
    }

    /// Does the work under its deadlines.
    fn limited<T>(
        &self,
        connection: &mut PgConnection,
        work: impl Fn(&mut PgConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        if !self.sets_limits {
            return work(connection);
        }
        connection.transaction(|connection| {
            self.set_limits(connection)?;
            work(connection)
        })
    }

    fn set_limits(&self, connection: &mut PgConnection) -> QueryResult<()> {
        if self.sets_limits {
            connection.batch_execute(&self.limits.set_local())?;
        }
        Ok(())
    }
}

fn end<T>(turn: &Mutex<Option<T>>) {
    drop(turn.lock().unwrap_or_else(PoisonError::into_inner).take());
}
