//! The database is slow, moves, or does not let us in: each costs its own request and nothing else.

mod access;
mod locked;
mod moving;
mod pooler;

use std::time::{Duration, Instant};

use diesel::{PgConnection, connection::SimpleConnection};
use reqwest::Method;

use crate::support::{
    Answer, World,
    browser::{person, runtime, send},
    cluster::Database,
};

/// Somebody else's transaction that holds a lock on a table until it is dropped.
struct Lock(PgConnection);

impl Lock {
    fn on(database: &Database, table: &str) -> Self {
        let mut connection = database.connect();
        connection
            .batch_execute(&format!(
                "BEGIN; LOCK TABLE \"{table}\" IN ACCESS EXCLUSIVE MODE"
            ))
            .expect("the lock is to be had");
        Self(connection)
    }

    fn release(mut self) {
        self.0.batch_execute("COMMIT").expect("the lock ends");
    }
}

fn timed(url: &str) -> (Answer, Duration) {
    let asked = Instant::now();
    let answer = World::anybody_gets(url);
    (answer, asked.elapsed())
}

/// So many callers of the API at once, whom nobody waits for.
fn callers(world: &World, base: &str, path: &str, count: usize) {
    let token = world.token(freshmint::token::Role::Viewer);
    for _ in 0..count {
        let request = person(Method::GET, &format!("{base}/api/v1{path}"));
        drop(runtime().spawn(send(request.bearer_auth(token.expose()))));
    }
}

/// Several statements, outside of any transaction.
fn script(world: &World, statements: &str) {
    let mut connection = world.database.connect();
    for statement in statements.split(';') {
        connection.batch_execute(statement).expect("a statement");
    }
}

fn end_connections(world: &World) {
    world.texts(
        "SELECT pg_terminate_backend(pid)::text AS text FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
}
