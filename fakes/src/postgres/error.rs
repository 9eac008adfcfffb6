//! What can go wrong, in sentences for the person in front of the terminal.

use std::io;

/// Why there is no server.
#[derive(Debug)]
pub enum StartError {
    /// No server is installed, or none that the server's user may run.
    NotInstalled,
    /// We are root, which PostgreSQL refuses, and there is nobody to hand the server to.
    NoUser,
    /// The folder or the supervisor's shell could not be made.
    System(io::Error),
    /// PostgreSQL did not do what it was told; with the last lines of its log.
    Postgres {
        /// `create`, `start` or `stop`.
        order: &'static str,
        /// The end of the server's log.
        log: String,
    },
    /// The server runs but was not reached, or another one was.
    Unreachable(DatabaseError),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StartError::NotInstalled => f.write_str(
                "PostgreSQL's server (initdb, pg_ctl, postgres) was not found: run deploy/setup.sh, \
                 or install the package postgresql (Debian, Ubuntu), postgresql-server (Fedora) or \
                 postgresql@17 (Homebrew), or put its programs on the PATH.",
            ),
            StartError::NoUser => f.write_str(
                "PostgreSQL refuses to be run by root, and there is neither a user postgres nor a \
                 user nobody to run it: start this as another user.",
            ),
            StartError::System(error) => write!(f, "A private PostgreSQL has no place here: {error}"),
            StartError::Postgres { order, log } => {
                write!(f, "The private PostgreSQL did not {order}. The end of its log:\n{log}")
            }
            StartError::Unreachable(error) => write!(f, "The private PostgreSQL runs, but: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        StartError::System(error)
    }
}

/// Why a database was not created, cloned or dropped.
#[derive(Debug)]
pub enum DatabaseError {
    /// The server did not answer: it is stopped.
    Away(diesel::ConnectionError),
    /// It answered, and refused.
    Refused(diesel::result::Error),
    /// The server that answered keeps its data elsewhere.
    NotOurs(String),
}

impl std::fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DatabaseError::Away(error) => write!(f, "the server does not answer: {error}"),
            DatabaseError::Refused(error) => write!(f, "the server refused: {error}"),
            DatabaseError::NotOurs(data) => write!(
                f,
                "another server answered, with its data in {data}: unset PGHOSTADDR and its like"
            ),
        }
    }
}

impl std::error::Error for DatabaseError {}

impl From<diesel::ConnectionError> for DatabaseError {
    fn from(error: diesel::ConnectionError) -> Self {
        DatabaseError::Away(error)
    }
}

impl From<diesel::result::Error> for DatabaseError {
    fn from(error: diesel::result::Error) -> Self {
        DatabaseError::Refused(error)
    }
}
