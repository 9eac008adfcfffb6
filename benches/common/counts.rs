//! A year of counts, of visits and of the service's own figures.

use diesel::connection::SimpleConnection;

use crate::world::World;

const FILL: &str = include_str!("counts.sql");

/// Writes a year with so many visits. PostgreSQL has no statistics of it then.
pub fn fill(world: &World, visits: usize) {
    let mut connection = world.connect();
    let mut tell = |statement: &str| connection.batch_execute(statement).expect("a statement");
    tell(&format!("SET counts.visits = {visits}"));
    tell(FILL);
}
