//! A database with many orders and what belongs to them, written by one file of SQL.

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use freshmint::{app::App, config::Secret, db};

/// The tests of growth have the same rows.
const FILL: &str = include_str!("../growth/fill.sql");

/// How much is in it.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub orders: usize,
    /// Lines of the log for each of them.
    pub lines: usize,
}

/// Migrates an empty database and fills it. PostgreSQL has no statistics of it then, and gathers none by itself.
pub fn fill(url: &str, size: Size) {
    db::migrate(&Secret::new(url.to_owned())).expect("the migrations apply");
    let mut connection = PgConnection::establish(url).expect("the database answers");
    let mut tell = |statement: &str| connection.batch_execute(statement).expect("a statement");
    tell("ALTER SYSTEM SET autovacuum = off");
    tell("SELECT pg_reload_conf()");
    tell(&format!("SET growth.orders = {}", size.orders));
    tell(&format!("SET growth.lines = {}", size.lines));
    tell(FILL);
    // Or the pages of the write-ahead log are written while something is measured.
    tell("CHECKPOINT");
}

/// As a worker does it at its start.
pub fn gather_statistics(app: &App) {
    let gathered = app.db.patient().run_blocking(db::gather_statistics);
    assert!(!gathered.expect("the database answers").is_empty());
}
