//! On tables of thousands of rows, nothing that somebody waits for reads a whole one: also in a database that
//! was filled a moment ago, of which PostgreSQL has no statistics until a worker starts.

mod lists;
mod payers;
mod plans;

use diesel::{RunQueryDsl, connection::SimpleConnection, sql_query};
use freshmint::db::gather_statistics;

use self::plans::Plans;
use crate::support::{World, cluster::Database};

/// The same rows as `cargo bench --bench growth` measures on.
const FILL: &str = include_str!("../../../benches/growth/fill.sql");
/// Enough for PostgreSQL to prefer an index wherever there is one.
const ORDERS: usize = 20_000;

/// A database with the rows, on a server that writes the plan of each statement into its log.
fn filled() -> (Database, Plans) {
    let database = Database::on_a_server_of_its_own();
    let mut connection = database.connect();
    let mut tell = |statement: &str| {
        let told = connection.batch_execute(statement);
        told.unwrap_or_else(|error| panic!("{statement:.200}: {error}"));
    };
    // Nobody gathers statistics behind the test's back.
    tell("ALTER SYSTEM SET autovacuum = off");
    tell("SELECT pg_reload_conf()");
    tell(&format!("SET growth.orders = {ORDERS}"));
    tell(FILL);
    // It comes with PostgreSQL; some systems have it in a package of its own (contrib).
    tell("LOAD 'auto_explain'");
    for setting in [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_analyze = on",
        "auto_explain.log_timing = off",
        "auto_explain.log_buffers = on",
    ] {
        tell(&format!("ALTER DATABASE postgres SET {setting}"));
    }
    let (folder, _) = database.place();
    (database, Plans::of(&folder))
}

/// What a worker does at its start, and an import at its end.
fn gather(world: &World) {
    let gathered = (world.app.db).run_blocking(|connection| {
        let first = gather_statistics(connection)?;
        Ok((first, gather_statistics(connection)?))
    });
    let (gathered, again) = gathered.expect("the database answers");
    assert!(
        gathered.contains(&"session_orders".to_owned()),
        "{gathered:?}"
    );
    assert_eq!(again, Vec::<String>::new(), "each is looked at once");
}

/// Has PostgreSQL plan so from now on, in every session.
fn plan(world: &World, mode: &str) {
    let mut connection = world.database.connect();
    for statement in [
        &format!("ALTER SYSTEM SET plan_cache_mode = '{mode}'"),
        "SELECT pg_reload_conf()",
    ] {
        sql_query(statement)
            .execute(&mut connection)
            .expect("a statement");
    }
    // Sessions take the setting over when they are next asked.
    std::thread::sleep(std::time::Duration::from_millis(200));
}
