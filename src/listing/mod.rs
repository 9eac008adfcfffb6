//! Lists of orders as somebody looks for them: narrowed by what they met with, newest news first, summed up.
//!
//! What few orders meet is looked up first, by an index of its own, and the list is made of those; what many
//! meet is met soon on the way through the list. So a search takes as long among a million as among ten
//! thousand. What lies between has an end ([`PATIENCE`]): whoever asked is told that it was too much.

mod export;
mod only;

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, Utc};
use diesel::{dsl::count_star, prelude::*};
use uuid::Uuid;

pub use self::{
    export::{Columns, head, record, stretch},
    only::Only,
};
use crate::{
    db::{for_its_values, pattern_of_part, within},
    foreign_text::composed,
    news::{List, News},
    order::{self, Condition, CurrencySum, Kind, Order, OrderFilter, OrderRow, Status},
    schema::{blasts, order_news, orders},
};

/// So long may PostgreSQL work for a list, and for its sum. Together with the badge they stay below the
/// patience of whoever waits for the page.
pub const PATIENCE: Duration = Duration::from_millis(1_200);
/// Orders that are looked up first, at most. With more, a list is gone through: soon a page of them is found.
const FEW: i64 = 1_000;

/// What is asked for: a filter, and what each order must have met with.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Which orders.
    pub orders: OrderFilter,
    /// Of these, those of which all of these hold.
    pub only: Vec<Only>,
}

impl Search {
    /// The filter for it, at this time.
    pub fn filter(
        mut self,
        connection: &mut PgConnection,
        now: DateTime<Utc>,
    ) -> QueryResult<OrderFilter> {
        for only in &self.only {
            match only.condition() {
                Some(condition) => self.orders.only.push(condition),
                None => self.orders.stranded_at = Some(now),
            }
        }
        let mut filter = self.orders;
        filter.q = filter.q.map(|said| composed(said.trim()));
        let mut few: Vec<Vec<Uuid>> = Vec::new();
        for only in self.only {
            few.extend(
                only.candidates(connection, FEW + 1)?
                    .filter(|ids| is_few(ids)),
            );
        }
        if let Some(said) = &filter.q {
            let found = with_part(connection, said)?;
            filter.q_is_common = !is_few(&found);
            few.extend(Some(found).filter(|ids| is_few(ids)));
        }
        filter.among = few.into_iter().reduce(|one, other| {
            let (one, other): (Vec<Uuid>, HashSet<Uuid>) = (one, other.into_iter().collect());
            one.into_iter().filter(|id| other.contains(id)).collect()
        });
        Ok(filter)
    }
}

fn is_few(ids: &[Uuid]) -> bool {
    i64::try_from(ids.len()).is_ok_and(|count| count <= FEW)
}

/// Some orders with this in their reference, name or address, in no order: one more than are few, if there are.
fn with_part(connection: &mut PgConnection, said: &str) -> QueryResult<Vec<Uuid>> {
    let part = pattern_of_part(said);
    orders::table
        .filter(for_its_values())
        .filter(
            orders::reference
                .ilike(part.clone())
                .or(orders::name.ilike(part.clone()))
                .or(orders::email.ilike(part)),
        )
        .limit(FEW + 1)
        .select(orders::id)
        .load(connection)
}

/// Where a page ended: the last news' time, and its order.
pub type Place = (DateTime<Utc>, Uuid);

/// An order with its last news.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The order.
    pub order: Order,
    /// What is new about it.
    pub news: News,
    /// Since when.
    pub at: DateTime<Utc>,
}

impl Listed {
    /// Where a page ends that ends with it.
    pub fn place(&self) -> Place {
        (self.at, self.order.id)
    }
}

/// A page of a list, newest news first; `None`: it took too long. `list`: all of them, if it is none.
pub fn page(
    connection: &mut PgConnection,
    list: Option<List>,
    filter: &OrderFilter,
    after: Option<Place>,
    limit: i64,
) -> QueryResult<Option<Vec<Listed>>> {
    within(connection, PATIENCE, |connection| {
        newest(connection, list, filter, after, limit)
    })
}

fn newest(
    connection: &mut PgConnection,
    list: Option<List>,
    filter: &OrderFilter,
    after: Option<Place>,
    limit: i64,
) -> QueryResult<Vec<Listed>> {
    // The list says kind and status already, of the same transaction. Said again, PostgreSQL without statistics
    // begins with all orders that stand so.
    let others = match list {
        Some(_) => OrderFilter {
            kind: None,
            status: None,
            ..filter.clone()
        },
        None => filter.clone(),
    };
    let mut rows = order_news::table
        .filter(order_news::order_id.eq_any(order::ids_of(connection, &others)?))
        .order((order_news::at.desc(), order_news::order_id.desc()))
        .limit(limit)
        .select((order_news::order_id, order_news::news, order_news::at))
        .into_boxed();
    if let Some(blast) = filter.blast {
        rows = rows.filter(order_news::order_id.eq_any(order::ids_of_blast(connection, blast)?));
    }
    if let Some(list) = list {
        rows = rows.filter(order_news::list.eq(list));
    }
    if let Some((at, id)) = after {
        // The first of the two is the index's; the second says it to the letter.
        let is_behind = order_news::at.lt(at).or(order_news::order_id.lt(id));
        rows = rows.filter(order_news::at.le(at)).filter(is_behind);
    }
    let rows: Vec<(Uuid, News, DateTime<Utc>)> = rows.load(connection)?;
    let ids: Vec<Uuid> = rows.iter().map(|(id, ..)| *id).collect();
    let mut orders = these(connection, &ids)?;
    let listed = rows.into_iter().filter_map(|(id, news, at)| {
        let place = orders.iter().position(|order| order.id == id)?;
        let order = orders.swap_remove(place);
        Some(Listed { order, news, at })
    });
    Ok(listed.collect())
}

/// These orders, in no order.
pub fn these(connection: &mut PgConnection, ids: &[Uuid]) -> QueryResult<Vec<Order>> {
    let rows: Vec<OrderRow> = orders::table
        .filter(orders::id.eq_any(ids))
        .select(OrderRow::as_select())
        .load(connection)?;
    rows.into_iter().map(OrderRow::decode).collect()
}

/// What all of them come to, by currency; `None`: it took too long.
pub fn sums(
    connection: &mut PgConnection,
    filter: &OrderFilter,
) -> QueryResult<Option<Vec<CurrencySum>>> {
    within(connection, PATIENCE, |connection| {
        order::sums(connection, filter)
    })
}

/// In which lists the orders are that have this in their reference, name or address, and how many; where they
/// are more than are few, some of them are not counted, and no list is told.
pub fn elsewhere(connection: &mut PgConnection, said: &str) -> QueryResult<Vec<(List, i64)>> {
    let found = within(connection, PATIENCE, |connection| {
        with_part(connection, &composed(said))
    })?;
    let Some(ids) = found.filter(|ids| is_few(ids)) else {
        return Ok(Vec::new());
    };
    order_news::table
        .filter(order_news::order_id.eq_any(ids))
        .group_by(order_news::list)
        .select((order_news::list, count_star()))
        .order(order_news::list)
        .load(connection)
}

/// The currency of the newest order that the shop asked for: most likely that of its next one, too.
pub fn usual_currency(connection: &mut PgConnection) -> QueryResult<Option<String>> {
    orders::table
        .filter(orders::kind.eq(Kind::Billed))
        .order(orders::id.desc())
        .select(orders::currency)
        .first(connection)
        .optional()
}

/// Whether there is an order at all.
pub fn is_any(connection: &mut PgConnection) -> QueryResult<bool> {
    let first: Option<Uuid> = orders::table
        .select(orders::id)
        .first(connection)
        .optional()?;
    Ok(first.is_some())
}

/// That an order has been paid, in whatever way, and not all of it given back.
pub fn is_paid() -> Condition {
    Box::new(orders::status.eq_any([
        Status::Paid,
        Status::SettledOffline,
        Status::PartiallyRefunded,
    ]))
}

/// The newest mailings by name, for whoever picks one.
pub fn mailings(connection: &mut PgConnection, limit: i64) -> QueryResult<Vec<(Uuid, String)>> {
    blasts::table
        .order(blasts::id.desc())
        .limit(limit)
        .select((blasts::id, blasts::name))
        .load(connection)
}
