//! Orders looked up: one, or a page of them.

use std::{cmp::Reverse, collections::BTreeMap};

use diesel::{
    dsl::{AsSelect, SqlTypeOf, count_star, exists, sql},
    pg::Pg,
    prelude::*,
    sql_types::{BigInt, Bool, Text, Uuid as SqlUuid},
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Order, OrderRow, Status,
    filter::{FilterPart, Mark, OrderFilter},
    of_blast,
    part::{By, with_part},
    stranded,
};
use crate::{
    db::{for_its_values, lower},
    foreign_text::composed,
    schema::{order_news, orders},
};

/// A page of orders, newest first.
pub fn list(
    connection: &mut PgConnection,
    filter: &OrderFilter,
    limit: i64,
) -> QueryResult<Vec<Order>> {
    let mut rows: Vec<OrderRow> = Vec::new();
    for part in filter.parts() {
        rows.extend(match part.blast {
            Some(blast) => of_blast::list(connection, &part, blast, limit)?,
            None => matching(connection, &part)?.limit(limit).load(connection)?,
        });
    }
    let orders: QueryResult<Vec<Order>> = rows.into_iter().map(OrderRow::decode).collect();
    let mut orders = orders?;
    // One that was noted between the two statements is in both.
    orders.sort_by_key(|order| Reverse(order.id));
    orders.dedup_by_key(|order| order.id);
    orders.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(orders)
}

/// What orders count for in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable)]
pub struct CurrencySum {
    /// `eur`
    pub currency: String,
    /// How many orders.
    pub orders: i64,
    /// What they come to, in minor units; those whose amount only Stripe knows count as nothing.
    pub amount: i64,
}

/// What orders count for ([`Order::counts_for`]), by currency, whatever page of them is looked at.
pub fn sums(connection: &mut PgConnection, filter: &OrderFilter) -> QueryResult<Vec<CurrencySum>> {
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for part in filter.parts() {
        for sum in sums_of_part(connection, &part)? {
            let (orders, amount) = sums.entry(sum.currency).or_default();
            *orders += sum.orders;
            *amount = amount.saturating_add(sum.amount);
        }
    }
    let sums = sums.into_iter();
    let sums = sums.map(|(currency, (orders, amount))| CurrencySum {
        currency,
        orders,
        amount,
    });
    Ok(sums.collect())
}

fn sums_of_part(
    connection: &mut PgConnection,
    filter: &FilterPart,
) -> QueryResult<Vec<CurrencySum>> {
    let mut these = narrowed(connection, filter)?;
    if let Some(blast) = filter.blast {
        these = these.filter(orders::id.eq_any(of_blast::ids(connection, blast)?));
    }
    // Summed up as `numeric`, which no number of orders overflows.
    let amount = format!(
        "coalesce(sum(CASE status WHEN '{}' THEN coalesce(paid_amount, amount_total) \
             WHEN '{}' THEN coalesce(paid_amount, amount_total) - refunded_amount \
             WHEN '{}' THEN refunded_amount ELSE amount_total END), 0)::bigint",
        Status::Paid,
        Status::PartiallyRefunded,
        Status::Refunded
    );
    let currency = format!(
        "CASE WHEN status IN ('{}', '{}', '{}') THEN coalesce(paid_currency, currency) ELSE currency END",
        Status::Paid,
        Status::PartiallyRefunded,
        Status::Refunded
    );
    orders::table
        .filter(orders::id.eq_any(these.select(orders::id)))
        .group_by(sql::<Text>(&currency))
        .select((sql::<Text>(&currency), count_star(), sql::<BigInt>(&amount)))
        .load(connection)
}

/// What fits a filter, whatever its mailing, on this page and those behind it, newest first.
pub(super) fn matching<'f>(
    connection: &mut PgConnection,
    filter: &'f FilterPart,
) -> QueryResult<orders::BoxedQuery<'f, Pg, SqlTypeOf<AsSelect<OrderRow, Pg>>>> {
    let mut query = narrowed(connection, filter)?;
    if let Some(before) = filter.before {
        query = query.filter(orders::id.lt(before));
    }
    Ok(query.select(OrderRow::as_select()).order(orders::id.desc()))
}

/// The ids of what fits, whatever its mailing, on all pages: for a list in another order.
pub fn ids_of<'f>(
    connection: &mut PgConnection,
    filter: &'f FilterPart,
) -> QueryResult<orders::BoxedQuery<'f, Pg, SqlUuid>> {
    Ok(narrowed(connection, filter)?.select(orders::id))
}

/// What fits a filter, whatever its mailing, on all pages. Each field has an index that ends with the id.
fn narrowed<'f>(
    connection: &mut PgConnection,
    filter: &'f FilterPart,
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
    if let Some(import) = &filter.import {
        query = query.filter(orders::import.eq(import));
    }
    if let Some(said) = &filter.q {
        let by = if filter.q_is_common {
            By::Order
        } else {
            By::Part
        };
        query = query.filter(with_part(said, by));
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
    let noted = order_news::table.select(order_news::order_id);
    match filter.mark {
        None => {}
        Some(Mark::Unmailed) => {
            query = query.filter(orders::id.eq_any(noted.filter(order_news::may_be_unmailed)));
        }
        Some(Mark::Unopened) => {
            query = query.filter(orders::id.eq_any(noted.filter(order_news::may_be_unopened)));
        }
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
