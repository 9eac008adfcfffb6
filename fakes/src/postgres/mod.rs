//! A PostgreSQL server of our own, for the demo, the tests and the benches.
//!
//! It needs the programs of a server, not a server: nothing that is already there is used, changed
//! or asked.
//!
//! Files: `programs` finds the programs, `user` and `folder` decide who runs the server and where,
//! `settings` how, and `supervisor` runs it and clears it away.

mod error;
mod folder;
mod programs;
mod settings;
mod supervisor;
mod user;

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryResult, RunQueryDsl};
use tempfile::TempDir;

pub use error::{DatabaseError, StartError};
pub use settings::Durability;
use supervisor::Supervisor;
use user::User;

/// A PostgreSQL server of our own on a Unix socket, with nothing in it yet. It is gone, data and
/// all, when the value is dropped or the process dies, however it dies.
pub struct PrivatePostgres {
    // Before the folder: fields are dropped in this order, and the server lives in the folder.
    supervisor: Mutex<Supervisor>,
    folder: TempDir,
}

impl PrivatePostgres {
    /// Starts a server for throw-away data; half a second or so.
    ///
    /// # Errors
    /// If no server is installed, or it does not start; the sentence says what to do.
    pub fn start() -> Result<PrivatePostgres, StartError> {
        PrivatePostgres::start_with(Durability::default())
    }

    /// Starts a server and returns when it answers.
    ///
    /// # Errors
    /// See [`PrivatePostgres::start`].
    pub fn start_with(durability: Durability) -> Result<PrivatePostgres, StartError> {
        let user = server_user()?;
        let programs = programs::find(user.as_ref()).ok_or(StartError::NotInstalled)?;
        let folder = folder::create(user.as_ref(), durability)?;
        let settings = settings::lines(folder.path(), durability);
        let supervisor = Supervisor::start(&programs, folder.path(), &settings, user.as_ref())?;
        let server = PrivatePostgres {
            supervisor: Mutex::new(supervisor),
            folder,
        };
        server.order("create")?;
        server.start_again()?;
        Ok(server)
    }

    /// The address of a database on this server, for libpq and for a `DATABASE_URL`.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let socket = percent_encoded(&self.folder.path().to_string_lossy());
        format!(
            "postgres://freshmint@/{}?host={socket}&port=5432",
            percent_encoded(database)
        )
    }

    /// The server's own folder. What is put there goes with it, however this process ends.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Creates an empty database.
    ///
    /// # Errors
    /// If it is there already, or the server is stopped.
    pub fn create_database(&self, name: &str) -> Result<(), DatabaseError> {
        self.tell(&format!("CREATE DATABASE {}", quoted(name)))
    }

    /// Drops a database, whoever is still connected to it. Kept in memory, a few hundred of them
    /// would fill a small machine.
    ///
    /// # Errors
    /// If the server is stopped, or the database holds a transaction that was prepared.
    pub fn drop_database(&self, name: &str) -> Result<(), DatabaseError> {
        let name = quoted(name);
        self.tell(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    }

    /// Creates a database as a copy of another one: some ten milliseconds in memory, up to a
    /// hundred on a disk.
    ///
    /// # Errors
    /// If the name is taken, somebody stays connected to the template, or the server is stopped.
    pub fn clone_database(&self, template: &str, name: &str) -> Result<(), DatabaseError> {
        let mut connection = PgConnection::establish(&self.url("postgres"))?;
        let version = setting(&mut connection, "server_version_num")?;
        // PostgreSQL 14 copies files and knows no other way. Since 15 every page goes through the
        // write-ahead log, which takes up to twice as long where nothing is written through.
        let strategy = if version.as_str() < "150000" {
            ""
        } else {
            " STRATEGY FILE_COPY"
        };
        let (name, template) = (quoted(name), quoted(template));
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}{strategy}");
        Ok(connection.batch_execute(&sql)?)
    }

    /// Stops the server and keeps its data: the database is away. Clients are disconnected.
    ///
    /// # Errors
    /// If it does not stop, for instance because it was stopped already.
    pub fn stop(&self) -> Result<(), StartError> {
        self.order("stop")
    }

    /// Starts a stopped server on the same data and the same socket, and returns when it answers.
    ///
    /// # Errors
    /// If it does not start within a minute, for instance because it runs.
    pub fn start_again(&self) -> Result<(), StartError> {
        self.order("start")?;
        self.check_that_it_is_ours()
            .map_err(StartError::Unreachable)
    }

    fn order(&self, order: &'static str) -> Result<(), StartError> {
        let mut supervisor = self
            .supervisor
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if supervisor.order(order) {
            Ok(())
        } else {
            Err(StartError::Postgres {
                order,
                log: log_tail(self.folder.path()),
            })
        }
    }

    /// Variables such as `PGHOSTADDR` lead libpq, and so us, away from the host in an address.
    fn check_that_it_is_ours(&self) -> Result<(), DatabaseError> {
        let mut connection = PgConnection::establish(&self.url("postgres"))?;
        let data = setting(&mut connection, "data_directory")?;
        if Path::new(&data) == self.folder.path().join("data") {
            Ok(())
        } else {
            Err(DatabaseError::NotOurs(data))
        }
    }

    fn tell(&self, sql: &str) -> Result<(), DatabaseError> {
        let mut connection = PgConnection::establish(&self.url("postgres"))?;
        Ok(connection.batch_execute(sql)?)
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        self.supervisor
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .finish();
    }
}

/// Nobody else, unless we are root.
fn server_user() -> Result<Option<User>, StartError> {
    if user::is_root() {
        User::unprivileged().ok_or(StartError::NoUser).map(Some)
    } else {
        Ok(None)
    }
}

fn setting(connection: &mut PgConnection, name: &str) -> QueryResult<String> {
    diesel::select(
        sql::<Text>("current_setting(")
            .bind::<Text, _>(name)
            .sql(")"),
    )
    .get_result(connection)
}

/// Gone with the folder, so it goes into the error.
fn log_tail(folder: &Path) -> String {
    const LINES: usize = 20;
    let log = fs::read(folder.join("log")).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
