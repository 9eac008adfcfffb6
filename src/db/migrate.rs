//! The embedded migrations.

use diesel::{Connection, PgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{AdvisoryLock, Db, DbError};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

impl Db {
    /// Applies the embedded migrations that the database does not have yet; tells their names.
    ///
    /// # Errors
    /// [`DbError::Migration`] with PostgreSQL's words.
    pub fn migrate(&self) -> Result<Vec<String>, DbError> {
        self.with_harness(|connection| {
            connection.transaction(|connection| {
                AdvisoryLock::Migrations.take(connection)?;
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
