//! Why the database gave no answer, and what is tried again. Words never decide: a server may speak
//! any language.

use diesel::result::{DatabaseErrorKind, Error as QueryError};

/// Why the database gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// It did not answer within [`super::PATIENCE`], or was too busy: worth another try later.
    #[error("the database did not answer in time")]
    Late,
    /// No server answers there; in PostgreSQL's own words.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// A server answers and refuses the connection; in PostgreSQL's own words.
    #[error("the database refuses the connection: {0}")]
    NotLetIn(String),
    /// It can be read and not written to: a failover, or a disk that is full.
    #[error("the database cannot be written to")]
    ReadOnly,
    /// It has no tables of ours.
    #[error("the database has no tables yet: run freshmint migrate")]
    NoTables,
    /// It answered with an error.
    #[error("the database refused: {0}")]
    Query(#[from] QueryError),
    /// A migration failed.
    #[error("a migration failed: {0}")]
    Migration(String),
}

impl DbError {
    /// Whether it may be back in a moment, and should be asked again. What is refused will be refused
    /// again: the statement or the schema is wrong, and somebody has to look.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Late | Self::Unreachable(_) | Self::NotLetIn(_) | Self::ReadOnly => true,
            Self::NoTables | Self::Query(_) | Self::Migration(_) => false,
        }
    }

    /// Logs what kept `module` from going on: one level for a database that is away, another for a
    /// statement that it refused.
    pub fn log(&self, module: &str) {
        log::log!(self.level(), "{module}: {self}");
    }

    fn level(&self) -> log::Level {
        if self.is_away() {
            log::Level::Warn
        } else {
            log::Level::Error
        }
    }
}

/// What an error says about the connection and about another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The connection is dead; another one may do.
    Dead,
    /// The server was, or is, one that only reads (25006): another connection may lead to its successor.
    ReadOnly,
    /// Another transaction was in the way (40001); it has gone on by now.
    Conflict,
    /// The driver hides the code. It may be a deadlock (40P01), a deadline (55P03, 57014), a server that
    /// is shutting down (57P01), or a statement that will always be refused.
    Hidden,
    /// It will be refused again.
    Final,
}

impl Trouble {
    pub fn of(error: &QueryError) -> Self {
        match error {
            QueryError::BrokenTransactionManager => Self::Dead,
            QueryError::DatabaseError(kind, _) => Self::of_kind(kind),
            QueryError::RollbackErrorOnCommit {
                rollback_error,
                commit_error,
            } => match (Self::of(rollback_error), Self::of(commit_error)) {
                (Self::Dead, _) | (_, Self::Dead) => Self::Dead,
                (_, commit) => commit,
            },
            _ => Self::Final,
        }
    }

    fn of_kind(kind: &DatabaseErrorKind) -> Self {
        match kind {
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                Self::Dead
            }
            DatabaseErrorKind::ReadOnlyTransaction => Self::ReadOnly,
            DatabaseErrorKind::SerializationFailure => Self::Conflict,
            DatabaseErrorKind::Unknown => Self::Hidden,
            _ => Self::Final,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: DatabaseErrorKind) -> QueryError {
        QueryError::DatabaseError(kind, Box::new("Verklemmung entdeckt".to_owned()))
    }

    #[test]
    fn only_a_database_that_is_away_is_waited_for_without_an_error() {
        let refused = || DbError::Query(QueryError::NotFound);
        let level = |error: DbError| error.level();
        assert_eq!(level(DbError::Late), log::Level::Warn);
        assert_eq!(level(DbError::ReadOnly), log::Level::Warn);
        assert_eq!(level(DbError::NotLetIn("x".into())), log::Level::Warn);
        assert_eq!(level(refused()), log::Level::Error);
        assert_eq!(level(DbError::Migration("x".into())), log::Level::Error);
        assert!(refused().to_string().starts_with("the database refused: "));
    }

    #[test]
    fn words_in_any_language_decide_nothing() {
        let of = |kind| Trouble::of(&error(kind));
        assert_eq!(of(DatabaseErrorKind::Unknown), Trouble::Hidden);
        assert_eq!(
            of(DatabaseErrorKind::SerializationFailure),
            Trouble::Conflict
        );
        assert_eq!(
            of(DatabaseErrorKind::ReadOnlyTransaction),
            Trouble::ReadOnly
        );
        assert_eq!(of(DatabaseErrorKind::ClosedConnection), Trouble::Dead);
        assert_eq!(of(DatabaseErrorKind::UniqueViolation), Trouble::Final);
    }
}
