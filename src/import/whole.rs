//! A whole file as one thing: every order, or none.

use std::collections::HashSet;

use diesel::{prelude::*, result::Error as QueryError};
use serde_json::json;
use uuid::Uuid;

use super::{
    AT_ONCE,
    compare::Way,
    file::Import,
    look::standing_apart,
    name::ImportName,
    take_in::{TakingIn, take_up_events},
    taken::{Counts, Taken},
};
use crate::{
    activity::{self, Category, Doing, Line},
    checkout::close::with_open_sessions,
    db::{AdvisoryLock, take_first},
    order,
};

/// What became of a file.
#[derive(Debug)]
pub struct Report {
    /// What became of each of its orders, in their order.
    pub taken: Vec<Taken>,
    /// Events of Stripe that are taken up again.
    pub events: usize,
    /// What its new orders can be found by.
    pub name: ImportName,
}

impl Report {
    /// Whether all of the file can be taken: no line is bad, and no order is refused.
    pub fn is_sound(&self, import: &Import) -> bool {
        import.bad.is_empty() && Counts::of(&self.taken).refused == 0
    }
}

/// How it ended.
#[derive(Debug)]
pub enum Came {
    /// It was taken in.
    Kept(Report),
    /// Nothing was written, since it was not to be kept.
    Undone(Report),
    /// Nothing was written: these orders are to be changed, and can be paid as they stand. Their sessions are to
    /// be closed first.
    StillOpen(Vec<Uuid>),
}

enum Stop {
    Undone(Report),
    StillOpen(Vec<Uuid>),
    Query(QueryError),
}

impl From<QueryError> for Stop {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

/// Takes a file in, if `keep` says so of what became of its orders; `step` is told after some orders how many
/// there were. It may be called inside a transaction, which stays clean where nothing was kept.
///
/// Locks: imports take turns, so that no two of them wait for each other's rows. The orders that are to be changed
/// are then locked in one statement, by id, as everybody locks them, before any row is written.
pub fn whole(
    connection: &mut PgConnection,
    (file, import, way): (&str, &Import, Way),
    doing: &Doing,
    dry: bool,
    keep: impl FnOnce(&Report) -> bool,
    mut step: impl FnMut(usize),
) -> QueryResult<Came> {
    let done = connection.transaction(|connection| {
        take_first(connection, AdvisoryLock::Import)?;
        let name = ImportName::of_file(connection, file)?;
        let locked = match (dry, way) {
            (true, _) => None,
            (false, Way::Add) => Some(HashSet::new()),
            (false, Way::Update) => Some(lock(connection, import)?),
        };
        let mut taking_in = TakingIn {
            name: Some(&name),
            way,
            said: &import.said,
            doing,
            locked,
            moved: Vec::new(),
        };
        let mut taken = Vec::with_capacity(import.orders.len());
        for entries in import.orders.chunks(AT_ONCE) {
            taken.extend(taking_in.some(connection, entries)?);
            step(entries.len());
        }
        if !taking_in.moved.is_empty() {
            return Err(Stop::StillOpen(taking_in.moved));
        }
        let report = Report {
            taken,
            events: take_up_events(connection, &import.orders)?,
            name,
        };
        if dry || !keep(&report) {
            return Err(Stop::Undone(report));
        }
        record(connection, &report, doing)?;
        Ok(report)
    });
    match done {
        Ok(report) => Ok(Came::Kept(report)),
        Err(Stop::Undone(report)) => Ok(Came::Undone(report)),
        Err(Stop::StillOpen(orders)) => Ok(Came::StillOpen(orders)),
        Err(Stop::Query(error)) => Err(error),
    }
}

/// Locks the orders that are to be changed. One that has a payable session is told: it may not be changed yet.
fn lock(connection: &mut PgConnection, import: &Import) -> Result<HashSet<Uuid>, Stop> {
    let apart = standing_apart(connection, import)?;
    order::lock(connection, &apart)?;
    let open = with_open_sessions(connection, &apart)?;
    if open.is_empty() {
        Ok(apart.into_iter().collect())
    } else {
        Err(Stop::StillOpen(open))
    }
}

/// One line about all of it, with numbers alone: what an order went through stands in its own lines.
fn record(connection: &mut PgConnection, report: &Report, doing: &Doing) -> QueryResult<()> {
    let counts = Counts::of(&report.taken);
    if !counts.writes() {
        return Ok(());
    }
    let what = format!("a spreadsheet was taken in: {}", counts.in_words());
    let line = Line::about(None, Category::Order, what, doing).detail(json!(counts));
    activity::record(connection, line)
}
