//! Plans that PostgreSQL made while the shop was empty, and keeps.

use diesel::{
    Connection, PgConnection, RunQueryDsl,
    connection::SimpleConnection,
    dsl::sql,
    sql_types::{BigInt, Text},
};
use freshmint::{checkout, db::Lane};

use crate::support::World;

/// As the connections of payers are opened.
const AS_PAYERS: &str =
    "SET jit = off; SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";

/// Live sessions of others. What they refer to is not there.
const MANY: &str = "SET session_replication_role = replica; \
     CREATE TEMP TABLE many AS SELECT n, gen_random_uuid() AS id FROM generate_series(1, 1000) n; \
     INSERT INTO checkout_sessions (id, stripe_id, state, origin, asked_by, url, created_at, expires_at) \
         SELECT id, 'cs_' || n, 'open', 'click', 'person', 'https://checkout.stripe.com/' || n, now(), now() \
         FROM many; \
     INSERT INTO session_orders (session_id, order_id, amount, version, attempt, live) \
         SELECT id, id, 1, 1, 1, true FROM many; \
     SET session_replication_role = origin";

#[test]
fn a_click_reads_no_live_session_of_another_order() {
    let world = World::new();
    let order = world.order("CUP-1");
    let mut connection = world.database.connect();
    let look = |connection: &mut PgConnection| {
        let found = checkout::load(connection, order.id).expect("the database answers");
        assert!(found.is_some());
    };
    connection.batch_execute(AS_PAYERS).expect("it is set");
    look(&mut connection);
    connection.batch_execute(MANY).expect("rows");
    let read = connection.transaction(|connection| {
        let before = rows_read(connection)?;
        look(connection);
        rows_read(connection).map(|after| after - before)
    });
    let read = read.expect("the database answers");
    assert!(read < 10, "{read} rows of session_orders");
}

#[test]
fn payers_and_the_worker_wait_for_no_other_process_of_the_database() {
    let world = World::new();
    let shown = |lane| {
        let app = world.app.on(lane);
        let shown = app.db.run_blocking(|connection| {
            diesel::select(sql::<Text>(
                "current_setting('max_parallel_workers_per_gather')",
            ))
            .get_result::<String>(connection)
        });
        shown.expect("the database answers")
    };
    assert_eq!(shown(Lane::Payers), "0");
    assert_eq!(shown(Lane::Worker), "0");
    // A search through all orders is worth it.
    assert_ne!(shown(Lane::Api), "0");
}

/// What this connection has read of the table, in this transaction and before.
fn rows_read(connection: &mut PgConnection) -> diesel::QueryResult<i64> {
    diesel::select(sql::<BigInt>(
        "coalesce((SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) \
         FROM pg_stat_xact_user_tables WHERE relname = 'session_orders'), 0)",
    ))
    .get_result(connection)
}
