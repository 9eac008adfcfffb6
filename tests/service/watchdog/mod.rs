//! Whoever watches from outside: what is told of a worker that goes on, and of one that does not.

mod heartbeat;
mod readiness;

use diesel::{PgConnection, connection::SimpleConnection};

use crate::support::World;

/// Takes a table that a loop needs, until [`let_go`].
fn hold(world: &World, table: &str) -> PgConnection {
    let mut connection = world.database.connect();
    let lock = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
    connection.batch_execute(&lock).expect("a lock");
    connection
}

fn let_go(mut connection: PgConnection) {
    connection.batch_execute("ROLLBACK").expect("it was held");
}
