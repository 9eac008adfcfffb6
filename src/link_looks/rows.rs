//! Looks at links as rows.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Nullable, Timestamptz},
    upsert::excluded,
};
use uuid::Uuid;

use crate::{
    order::Kind,
    schema::{link_looks, orders},
};

#[diesel::declare_sql_function]
extern "SQL" {
    /// The later of two times, of which one may be none.
    #[sql_name = "greatest"]
    fn latest(one: Nullable<Timestamptz>, other: Nullable<Timestamptz>) -> Nullable<Timestamptz>;
}

/// The last looks at an order's link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Queryable)]
pub struct LastLooks {
    /// By somebody.
    pub by_person: Option<DateTime<Utc>>,
    /// By a program that looks before, or in place of, a person.
    pub by_machine: Option<DateTime<Utc>>,
}

impl LastLooks {
    /// Of both, the latest of each kind.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            by_person: self.by_person.max(other.by_person),
            by_machine: self.by_machine.max(other.by_machine),
        }
    }
}

/// Writes looks at bills, sorted by order; gives back those that have to wait.
pub(super) fn write(
    connection: &mut PgConnection,
    looks: &[(Uuid, LastLooks)],
) -> QueryResult<Vec<(Uuid, LastLooks)>> {
    let ids: Vec<Uuid> = looks.iter().map(|(order, _)| *order).collect();
    let bills: Vec<(Uuid, Option<Uuid>)> = orders::table
        .left_join(link_looks::table)
        .filter(orders::id.eq_any(ids))
        .filter(orders::kind.eq(Kind::Billed))
        .select((orders::id, link_looks::order_id.nullable()))
        .load(connection)?;
    let first = bills.iter().filter(|(_, known)| known.is_none());
    let first: Vec<Uuid> = first.map(|(order, _)| *order).collect();
    let waiting = locked(connection, &first)?;
    let bills: HashSet<Uuid> = bills.into_iter().map(|(order, _)| order).collect();
    let (left, now): (Vec<_>, Vec<_>) = looks
        .iter()
        .filter(|(order, _)| bills.contains(order))
        .partition(|(order, _)| waiting.contains(order));
    upsert(connection, &now)?;
    Ok(left)
}

/// Locks orders as a row that refers to them does, and tells those that somebody else has locked. Whoever pays
/// holds the order's row: its look waits for the next batch, and no payer waits for one that waits with rows
/// locked.
fn locked(connection: &mut PgConnection, orders: &[Uuid]) -> QueryResult<HashSet<Uuid>> {
    if orders.is_empty() {
        return Ok(HashSet::new());
    }
    let free: HashSet<Uuid> = orders::table
        .filter(orders::id.eq_any(orders))
        .order(orders::id)
        .select(orders::id)
        .for_key_share()
        .skip_locked()
        .load(connection)?
        .into_iter()
        .collect();
    let locked = orders.iter().filter(|order| !free.contains(order));
    Ok(locked.copied().collect())
}

/// In the order of ids, as every replica does, so that no two wait for each other.
fn upsert(connection: &mut PgConnection, looks: &[(Uuid, LastLooks)]) -> QueryResult<()> {
    // Parameters of a statement are at most 65,535; three a row.
    for part in looks.chunks(2_000) {
        let rows = part.iter().map(|(order, look)| {
            (
                link_looks::order_id.eq(*order),
                link_looks::by_person.eq(look.by_person),
                link_looks::by_machine.eq(look.by_machine),
            )
        });
        diesel::insert_into(link_looks::table)
            .values(rows.collect::<Vec<_>>())
            .on_conflict(link_looks::order_id)
            .do_update()
            // An older batch may come later, from another replica.
            .set((
                link_looks::by_person.eq(latest(
                    link_looks::by_person,
                    excluded(link_looks::by_person),
                )),
                link_looks::by_machine.eq(latest(
                    link_looks::by_machine,
                    excluded(link_looks::by_machine),
                )),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// The last looks at an order's link, as far as they are written.
pub fn of_order(connection: &mut PgConnection, order: Uuid) -> QueryResult<LastLooks> {
    let found = link_looks::table
        .find(order)
        .select((link_looks::by_person, link_looks::by_machine))
        .first(connection)
        .optional()?;
    Ok(found.unwrap_or_default())
}
