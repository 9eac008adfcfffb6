//! Why the database gave no answer.

use diesel::result::{DatabaseErrorKind, Error as QueryError};

/// Why the database gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// It cannot be reached, or did not answer within [`super::PATIENCE`]: worth another try later.
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
    /// Whether it gave no answer: worth another try later. Else it has said no.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Away)
    }

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

/// PostgreSQL ended our transaction because another one and ours waited for each other: what was
/// asked has not been done, and the other one has gone on by now.
pub(super) fn is_deadlock(error: &QueryError) -> bool {
    matches!(error, QueryError::DatabaseError(_, info) if info.message() == "deadlock detected")
}

pub(super) fn is_dead(error: &QueryError) -> bool {
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
