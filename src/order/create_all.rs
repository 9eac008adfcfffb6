//! Taking many orders in with a few statements: those of a file, some at a time.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use uuid::Uuid;

use super::{
    Created, OrderRow, Standing, create::create_from, draft::NewOrder, history_line,
    row::NewOrderRow,
};
use crate::{
    activity::{self, Doing, Level},
    random,
    schema::orders,
};

/// Orders of one statement: PostgreSQL takes 65,535 values in all, and a row has 18. More than these make
/// it no faster, and each is in memory three times while it is written.
pub const AT_ONCE: usize = 1_000;

/// What became of one of many orders that were handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandedIn {
    /// It is new.
    New,
    /// An order stands under its reference.
    Stands(Box<Standing>),
}

impl From<Created> for HandedIn {
    fn from(created: Created) -> Self {
        match created {
            Created::New(_) => Self::New,
            Created::Stands(standing) => Self::Stands(Box::new(standing)),
        }
    }
}

/// Takes at most [`AT_ONCE`] orders of an import in, each under a reference of its own, inside the caller's
/// transaction; tells of each what became of it, in their order.
///
/// One that stands is neither written nor locked, so that no payer waits for the end of a long import.
/// Whoever goes on to change it takes it in with `create`.
pub fn create_all(
    connection: &mut PgConnection,
    given: &[&NewOrder],
    import: Option<&str>,
    doing: &Doing,
) -> QueryResult<Vec<HandedIn>> {
    let row = |order: &&NewOrder| {
        NewOrderRow::billed(order, random::row_id(doing.at), doing.at).imported(import)
    };
    let rows: Vec<NewOrderRow> = given.iter().map(row).collect();
    let new = insert(connection, &rows, doing)?;
    let stand = given
        .iter()
        .zip(&rows)
        .filter(|(_, row)| !new.contains(&row.id));
    let mut standing = rows_of(connection, stand.map(|(order, _)| order.reference.as_str()))?;
    let mut told = Vec::with_capacity(given.len());
    for (order, row) in given.iter().zip(&rows) {
        told.push(if new.contains(&row.id) {
            HandedIn::New
        } else if let Some(stored) = standing.remove(order.reference.as_str()) {
            let standing = Standing::of(stored, order, &row.content_hash)?;
            HandedIn::Stands(Box::new(standing))
        } else {
            // It was deleted between the two statements.
            create_from(connection, order, import, doing)?.into()
        });
    }
    Ok(told)
}

/// Writes those whose reference is free, with a line of history each; tells their ids. A twin that another
/// transaction has written is waited for.
fn insert(
    connection: &mut PgConnection,
    rows: &[NewOrderRow],
    doing: &Doing,
) -> QueryResult<HashSet<Uuid>> {
    let new: Vec<Uuid> = diesel::insert_into(orders::table)
        .values(rows)
        .on_conflict(orders::reference)
        .do_nothing()
        .returning(orders::id)
        .get_results(connection)?;
    let line = |id: &Uuid| history_line(*id, doing, Level::Info, "order created".to_owned());
    activity::record_all(connection, new.iter().map(line).collect())?;
    Ok(new.into_iter().collect())
}

/// The orders that stand under the references of at most [`AT_ONCE`] orders, in their order. Nothing is written
/// and nothing locked.
pub fn standing(
    connection: &mut PgConnection,
    given: &[&NewOrder],
) -> QueryResult<Vec<Option<Standing>>> {
    let references = given.iter().map(|order| order.reference.as_str());
    let mut rows = rows_of(connection, references)?;
    let all = given.iter().map(|order| {
        let stored = rows.remove(order.reference.as_str());
        stored
            .map(|stored| Standing::of(stored, order, &order.content_hash()))
            .transpose()
    });
    all.collect()
}

fn rows_of<'r>(
    connection: &mut PgConnection,
    references: impl Iterator<Item = &'r str>,
) -> QueryResult<HashMap<String, OrderRow>> {
    let references: Vec<&str> = references.collect();
    if references.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<OrderRow> = orders::table
        .filter(orders::reference.eq_any(references))
        .select(OrderRow::as_select())
        .load(connection)?;
    Ok(rows
        .into_iter()
        .map(|row| (row.reference.clone(), row))
        .collect())
}
