//! Orders looked up: one, or a page of them.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{AsSelect, SqlTypeOf, count_star, exists, sql},
    pg::Pg,
    prelude::*,
    sql_types::{BigInt, Bool, Uuid as SqlUuid},
};
use serde::Serialize;
use uuid::Uuid;

use super::{Condition, Kind, Order, OrderRow, Status, of_blast, stranded};
use crate::{
    db::{for_its_values, lower, pattern_of_part},
    foreign_text::composed,
    schema::orders,
};

/// What is looked for in a list.
#[derive(Debug, Default, Clone)]
pub struct OrderFilter {
    /// Where it stands.
    pub status: Option<Status>,
    /// An address, in any case.
    pub email: Option<String>,
    /// One reference.
    pub reference: Option<String>,
    /// What the shop asks for, or carts.
    pub kind: Option<Kind>,
    /// Approved for this mailing, or mailed by it.
    pub blast: Option<Uuid>,
    /// Mailed, a checkout ended unpaid, and still owed, at this time.
    pub stranded_at: Option<DateTime<Utc>>,
    /// With this in its reference, name or address.
    pub q: Option<String>,
    /// So many have it that the orders are gone through: without statistics PostgreSQL believes that few do,
    /// and would read all of them by an index before it sorts them.
    pub q_is_common: bool,
    /// Those of which each of these holds.
    pub only: Vec<fn() -> Condition>,
    /// One of these.
    pub among: Option<Vec<Uuid>>,
    /// Only those before this id: where the page before ended.
    pub before: Option<Uuid>,
}

/// A page of orders, newest first.
pub fn list(
    connection: &mut PgConnection,
    filter: &OrderFilter,
    limit: i64,
) -> QueryResult<Vec<Order>> {
    let rows: Vec<OrderRow> = match filter.blast {
        Some(blast) => of_blast::list(connection, filter, blast, limit)?,
        None => matching(connection, filter)?
            .limit(limit)
            .load(connection)?,
    };
    rows.into_iter().map(OrderRow::decode).collect()
}

/// What is owed in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable)]
pub struct CurrencySum {
    /// `eur`
    pub currency: String,
    /// How many orders.
    pub orders: i64,
    /// What they come to, in minor units; those whose amount only Stripe knows count as nothing.
    pub amount: i64,
}

/// What orders come to, by currency, whatever page of them is looked at.
pub fn sums(connection: &mut PgConnection, filter: &OrderFilter) -> QueryResult<Vec<CurrencySum>> {
    let mut these = narrowed(connection, filter)?;
    if let Some(blast) = filter.blast {
        these = these.filter(orders::id.eq_any(of_blast::ids(connection, blast)?));
    }
    // Summed up as `numeric`, which no number of orders overflows.
    let amount = sql::<BigInt>("coalesce(sum(amount_total), 0)::bigint");
    orders::table
        .filter(orders::id.eq_any(these.select(orders::id)))
        .group_by(orders::currency)
        .select((orders::currency, count_star(), amount))
        .order(orders::currency)
        .load(connection)
}

/// What fits a filter, whatever its mailing, on this page and those behind it, newest first.
pub(super) fn matching<'f>(
    connection: &mut PgConnection,
    filter: &'f OrderFilter,
) -> QueryResult<orders::BoxedQuery<'f, Pg, SqlTypeOf<AsSelect<OrderRow, Pg>>>> {
    let mut query = narrowed(connection, filter)?;
    if let Some(before) = filter.before {
        query = query.filter(orders::id.lt(before));
    }
    Ok(query.select(OrderRow::as_select()).order(orders::id.desc()))
}

/// The ids of what fits a filter, whatever its mailing, on all pages: for a list in another order.
pub fn ids_of<'f>(
    connection: &mut PgConnection,
    filter: &'f OrderFilter,
) -> QueryResult<orders::BoxedQuery<'f, Pg, SqlUuid>> {
    Ok(narrowed(connection, filter)?.select(orders::id))
}

/// What fits a filter, whatever its mailing, on all pages. Each field has an index that ends with the id.
fn narrowed<'f>(
    connection: &mut PgConnection,
    filter: &'f OrderFilter,
) -> QueryResult<orders::BoxedQuery<'f, Pg>> {
    let mut query = orders::table.filter(for_its_values()).into_boxed();
    if let Some(status) = filter.status {
        query = query.filter(orders::status.eq(status));
    }
    if let Some(email) = &filter.email {
        query = query.filter(lower(orders::email).eq(email.trim().to_lowercase()));
    }
    if let Some(reference) = &filter.reference {
        query = query.filter(orders::reference.eq(form_of(connection, reference)?));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(orders::kind.eq(kind));
    }
    if let Some(said) = &filter.q {
        // With `pg_trgm` each of the three has an index for it, without it all orders are read.
        let part = pattern_of_part(said.trim());
        query = match filter.q_is_common {
            // No index has these expressions.
            true => query.filter(
                (orders::reference.concat("").ilike(part.clone()))
                    .or(orders::name.concat("").ilike(part.clone()))
                    .or(orders::email.concat("").ilike(part)),
            ),
            false => query.filter(
                orders::reference
                    .ilike(part.clone())
                    .or(orders::name.ilike(part.clone()))
                    .or(orders::email.ilike(part)),
            ),
        };
    }
    if let Some(now) = filter.stranded_at {
        query = query.filter(stranded(now));
    }
    for condition in &filter.only {
        query = query.filter(condition());
    }
    if let Some(ids) = &filter.among {
        query = query.filter(orders::id.eq_any(ids));
    }
    Ok(query)
}

/// The form in which a reference is kept: as a rule with composed letters. Of two that differ in their form
/// alone each is found by its own.
fn form_of(connection: &mut PgConnection, reference: &str) -> QueryResult<String> {
    let composed = composed(reference);
    if composed == reference {
        return Ok(composed);
    }
    let as_typed = orders::table.filter(orders::reference.eq(reference));
    let stands: bool = diesel::select(exists(as_typed)).get_result(connection)?;
    Ok(if stands {
        reference.to_owned()
    } else {
        composed
    })
}

/// The order with this id.
pub fn find(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Order>> {
    let row = orders::table
        .find(id)
        .select(OrderRow::as_select())
        .first(connection)
        .optional()?;
    row.map(OrderRow::decode).transpose()
}

/// The order with this reference.
pub fn find_by_reference(
    connection: &mut PgConnection,
    reference: &str,
) -> QueryResult<Option<Order>> {
    let filter = OrderFilter {
        reference: Some(reference.to_owned()),
        ..OrderFilter::default()
    };
    Ok(list(connection, &filter, 1)?.pop())
}

/// References that differ from another order's in the form of their letters alone (`ü` as one character or
/// as two), so that they could not be kept in one form; at most ten.
pub fn colliding_references(connection: &mut PgConnection) -> QueryResult<Vec<String>> {
    orders::table
        .filter(sql::<Bool>("reference IS NOT NFC NORMALIZED"))
        .order(orders::id)
        .limit(10)
        .select(orders::reference)
        .load(connection)
}
