//! What a file would do, before it does.

use diesel::{prelude::*, result::Error as QueryError};
use uuid::Uuid;

use super::{
    AT_ONCE,
    compare::{Compared, Way, compare},
    file::{Entry, Import},
    take_in::TakingIn,
    taken::{Brought, Taken},
};
use crate::{
    activity::Doing,
    order::{self, Standing, draft::NewOrder},
};

/// What would become of each order of a file, in their order. Nothing is kept. What an older system has done about an
/// order is tried and taken back, since nothing else says what it comes to; all other orders are read alone.
pub fn look(
    connection: &mut PgConnection,
    import: &Import,
    way: Way,
    doing: &Doing,
) -> QueryResult<Vec<Taken>> {
    let mut taking_in = TakingIn {
        name: None,
        way,
        said: &import.said,
        doing,
        locked: None,
        moved: Vec::new(),
    };
    let mut all = Vec::with_capacity(import.orders.len());
    for entries in import.orders.chunks(AT_ONCE) {
        let stands = standing(connection, entries)?;
        for (entry, stands) in entries.iter().zip(stands) {
            all.push(match entry.prior.is_empty() {
                true => would_be(stands.as_ref(), entry, import, way),
                false => tried(connection, &mut taking_in, entry)?,
            });
        }
    }
    Ok(all)
}

fn would_be(stands: Option<&Standing>, entry: &Entry, import: &Import, way: Way) -> Taken {
    let Some(stands) = stands else {
        return Taken::New(Brought::default());
    };
    let compared = compare(stands, &entry.order, &import.said, way);
    let (taken, _) = Taken::beside(&stands.order, compared);
    taken
}

/// Takes one in, and takes that back.
fn tried(
    connection: &mut PgConnection,
    taking_in: &mut TakingIn,
    entry: &Entry,
) -> QueryResult<Taken> {
    let mut came = None;
    let undone = connection.transaction::<(), _, _>(|connection| {
        came = Some(taking_in.with_prior(connection, entry)?);
        Err(QueryError::RollbackTransaction)
    });
    match undone {
        Err(QueryError::RollbackTransaction) | Ok(()) => came.ok_or(QueryError::NotFound),
        Err(error) => Err(error),
    }
}

/// The orders that are to be changed.
pub(super) fn standing_apart(
    connection: &mut PgConnection,
    import: &Import,
) -> QueryResult<Vec<Uuid>> {
    let mut apart = Vec::new();
    for entries in import.orders.chunks(AT_ONCE) {
        let stands = standing(connection, entries)?;
        for (entry, stands) in entries.iter().zip(stands) {
            let Some(stands) = stands else {
                continue;
            };
            let compared = compare(&stands, &entry.order, &import.said, Way::Update);
            if let Compared::Changed(..) = compared {
                apart.push(stands.order.id);
            }
        }
    }
    Ok(apart)
}

fn standing(
    connection: &mut PgConnection,
    entries: &[Entry],
) -> QueryResult<Vec<Option<Standing>>> {
    let given: Vec<&NewOrder> = entries.iter().map(|entry| &entry.order).collect();
    order::standing(connection, &given)
}
