//! What a process told from memory, it also tells to be over; if it is gone by then, another one does.
//!
//! As soon as the database answers, what was told stands in a row, which says how long the process
//! lives at least. After that it is gone: whoever finds the row has told of its cause from then on, so that a
//! restart leaves no pager ringing.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::away::Memory;
use crate::{
    app::App,
    db::{clock_timestamp, from_now},
    random,
    schema::told_from_memory,
};

/// A process looks every two seconds, and waits a few for the database: one that has not come for so long is
/// gone.
const GONE_AFTER: Duration = Duration::from_secs(20);

/// What is told of, and since when it was so.
type Told = (String, DateTime<Utc>);

/// A process that keeps what it has told, and takes over what others had.
#[derive(Debug)]
pub struct Heir {
    process: Uuid,
    has_rows: bool,
}

impl Heir {
    /// A process that has told nothing yet.
    pub fn new(app: &App) -> Self {
        Self {
            process: random::row_id(app.clock.now()),
            has_rows: false,
        }
    }

    /// Keeps what these memories have told, and lets them remember what a process told that is gone. Never an
    /// error: while the database is away, or only reads, the next turn is as good.
    pub async fn turn(&mut self, app: &App, memories: &mut [&mut Memory]) {
        let told: Vec<Told> = memories
            .iter()
            .filter_map(|memory| memory.has_told())
            .collect();
        let (process, forgets) = (self.process, self.has_rows);
        self.has_rows = !told.is_empty();
        let inherited = app
            .db
            .transaction(move |connection| {
                if forgets {
                    forget(connection, process, &told)?;
                }
                keep(connection, process, &told)?;
                let inherited = take_over(connection)?;
                keep(connection, process, &inherited)?;
                Ok(inherited)
            })
            .await;
        // What was not written may have been: a row that nobody prolongs is taken over again.
        for (cause, since) in inherited.unwrap_or_default() {
            self.has_rows = true;
            for memory in memories.iter_mut() {
                memory.inherit(&cause, since);
            }
        }
    }
}

/// What has been told to be over.
fn forget(connection: &mut PgConnection, process: Uuid, told: &[Told]) -> QueryResult<()> {
    let causes = told.iter().map(|(cause, _)| cause);
    let over = told_from_memory::table
        .filter(told_from_memory::process.eq(process))
        .filter(told_from_memory::cause.ne_all(causes));
    diesel::delete(over).execute(connection).map(drop)
}

fn keep(connection: &mut PgConnection, process: Uuid, told: &[Told]) -> QueryResult<()> {
    for (cause, since) in told {
        diesel::insert_into(told_from_memory::table)
            .values((
                told_from_memory::process.eq(process),
                told_from_memory::cause.eq(cause),
                told_from_memory::since.eq(since),
                told_from_memory::alive_until.eq(from_now(GONE_AFTER)),
            ))
            .on_conflict((told_from_memory::process, told_from_memory::cause))
            .do_update()
            .set(told_from_memory::alive_until.eq(from_now(GONE_AFTER)))
            .execute(connection)?;
    }
    Ok(())
}

/// Two that find the same row: the second one waits, and then finds none.
fn take_over(connection: &mut PgConnection) -> QueryResult<Vec<Told>> {
    let of_the_gone = told_from_memory::alive_until.lt(clock_timestamp());
    diesel::delete(told_from_memory::table.filter(of_the_gone))
        .returning((told_from_memory::cause, told_from_memory::since))
        .get_results(connection)
}
