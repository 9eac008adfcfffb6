//! A failover: for a moment the database can only be read, its connections die, transactions fail.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::{RunQueryDsl, sql_query};
use freshmint::db::DbError;

use super::{end_connections, script};
use crate::support::{World, browser::runtime, cluster::Database};

#[test]
fn a_database_that_was_read_only_is_written_to_as_soon_as_it_can_be() {
    let world = World::on(Database::on_a_server_of_its_own(), &[]);
    let (first, second) = (world.order("CUP-1"), world.order("CUP-2"));
    assert_eq!(world.click(&first).status, 303);
    script(
        &world,
        "ALTER DATABASE postgres SET default_transaction_read_only = on",
    );
    end_connections(&world);
    for _ in 0..4 {
        assert_eq!(world.click(&second).status, 503);
    }
    let ready = world.get("/readyz");
    assert_eq!(ready.status, 503);
    assert_eq!(ready.body, "the database cannot be written to\n");
    let (code, told, _) = world.command(&["doctor"]);
    assert!(
        code == 1 && told.contains("can be read and not written to"),
        "{told}"
    );

    script(
        &world,
        "SET default_transaction_read_only = off; \
         ALTER DATABASE postgres RESET default_transaction_read_only",
    );
    // The connections of the meantime can only read; they are given up at the first word.
    assert_eq!(world.click(&second).status, 303);
    assert_eq!(world.get("/readyz").status, 200);
}

#[test]
fn connections_that_were_ended_cost_nobody_anything() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    for _ in 0..5 {
        end_connections(&world);
        assert_eq!(world.click(&order).status, 303);
        assert_eq!(world.get("/readyz").status, 200);
    }
}

/// What PostgreSQL raises with this code, as often as this; tells the answer and the calls.
fn raised(world: &World, code: &str, times: usize) -> (Result<usize, DbError>, usize) {
    let calls = Arc::new(AtomicUsize::new(0));
    let (counted, code) = (Arc::clone(&calls), code.to_owned());
    let done = runtime().block_on(world.app.db.transaction(move |connection| {
        if counted.fetch_add(1, Ordering::SeqCst) < times {
            let raise = format!(
                "DO $$ BEGIN RAISE EXCEPTION 'Verklemmung entdeckt' USING ERRCODE = '{code}'; END $$"
            );
            sql_query(raise).execute(connection)?;
        }
        sql_query("SELECT 1").execute(connection)
    }));
    (done, calls.load(Ordering::SeqCst))
}

#[test]
fn what_another_transaction_spoiled_is_done_again_whatever_the_servers_language() {
    let world = World::new();
    // Deadlock, serialization failure, a server that shuts down, a server that only reads.
    for code in ["40P01", "40001", "57P01", "25006"] {
        let (done, calls) = raised(&world, code, 2);
        assert!(done.is_ok(), "{code}: {done:?}");
        assert_eq!(calls, 3, "{code}");
    }
    let (done, calls) = raised(&world, "40001", 99);
    assert!(matches!(done, Err(DbError::Query(_))), "{done:?}");
    assert_eq!(calls, 4);
    let (done, calls) = raised(&world, "23505", 99);
    assert!(matches!(done, Err(DbError::Query(_))), "{done:?}");
    assert_eq!(calls, 1, "a unique violation stays one");
}

#[test]
fn a_statement_that_takes_too_long_is_ended_in_time_and_not_begun_again() {
    let world = World::new();
    let asked = Instant::now();
    let done = world
        .app
        .db
        .run_blocking(|connection| sql_query("SELECT pg_sleep(30)").execute(connection));
    assert!(matches!(done, Err(DbError::Late)), "{done:?}");
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
    let patient = world.app.db.patient();
    let done =
        patient.run_blocking(|connection| sql_query("SELECT pg_sleep(4)").execute(connection));
    assert!(done.is_ok(), "{done:?}");
}
