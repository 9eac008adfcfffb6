//! Orders looked up: one, or a page of them.

use diesel::{
    dsl::{AsSelect, IntoBoxed, Select, exists, sql},
    pg::Pg,
    prelude::*,
    sql_types::Bool,
};
use uuid::Uuid;

use super::{Kind, Order, OrderRow, Status, of_blast, text::composed};
use crate::{
    db::{for_its_values, lower},
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

/// What fits a filter, whatever its mailing, newest first. Each field has an index that ends with the id.
pub(super) fn matching<'f>(
    connection: &mut PgConnection,
    filter: &'f OrderFilter,
) -> QueryResult<Matching<'f>> {
    let mut query = orders::table
        .select(OrderRow::as_select())
        .order(orders::id.desc())
        .filter(for_its_values())
        .into_boxed();
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
    if let Some(before) = filter.before {
        query = query.filter(orders::id.lt(before));
    }
    Ok(query)
}

type Matching<'f> = IntoBoxed<'f, Select<orders::table, AsSelect<OrderRow, Pg>>, Pg>;

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
