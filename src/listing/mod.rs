//! Lists of orders as somebody looks for them: narrowed by what they met with, newest news first, summed up.
//!
//! What few orders meet is looked up first, by an index of its own, and the list is made of those; what many
//! meet is met soon on the way through the list. What either may be is noted with the news (`order::Mark`), and the
//! list goes through those that are noted. So a search takes as long among a million as among ten thousand. What
//! lies between has an end ([`PATIENCE`]): whoever asked is told that it was given up.

mod export;
mod only;
mod search;

use std::{cmp::Reverse, collections::BTreeSet, time::Duration};

use chrono::{DateTime, Utc};
use diesel::{dsl::count_star, prelude::*};
use uuid::Uuid;

use self::search::{is_few, with_part};
pub use self::{
    export::{Columns, head, record, stretch},
    only::Only,
    search::Search,
};
use crate::{
    db::{with_setting, within},
    foreign_text::composed,
    news::{List, News},
    order::{
        self, Condition, CurrencySum, FilterPart, Kind, Mark, Order, OrderFilter, OrderRow, Status,
    },
    schema::{blasts, order_news, orders},
};

/// So long may PostgreSQL work for a list, and for its sum. Together with the badge they stay below the
/// patience of whoever waits for the page.
pub const PATIENCE: Duration = Duration::from_millis(1_200);
/// Orders that are summed up, and looked at for a sum: some ten milliseconds. Each page of a list would wait for
/// all of a million again.
const SUMMED: i64 = 10_000;

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
        let mut found = Vec::new();
        for part in filter.parts() {
            found.extend(newest(connection, list, &part, after, limit)?);
        }
        // One that was noted between the two statements is in both.
        found.sort_by_key(|listed| Reverse(listed.place()));
        found.dedup_by_key(|listed| listed.order.id);
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    })
}

fn newest(
    connection: &mut PgConnection,
    list: Option<List>,
    filter: &FilterPart,
    after: Option<Place>,
    limit: i64,
) -> QueryResult<Vec<Listed>> {
    let others = filter.clone().with(|others| {
        // The list says kind and status already, of the same transaction. Said again, PostgreSQL without
        // statistics begins with all orders that stand so.
        if list.is_some() {
            (others.kind, others.status) = (None, None);
        }
        // This, too, is said of the row of the news.
        others.mark = None;
    });
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
    rows = match filter.mark {
        None => rows,
        Some(Mark::Unmailed) => rows.filter(order_news::may_be_unmailed),
        Some(Mark::Unopened) => rows.filter(order_news::may_be_unopened),
    };
    if let Some((at, id)) = after {
        // The first of the two is the index's; the second says it to the letter.
        let is_behind = order_news::at.lt(at).or(order_news::order_id.lt(id));
        rows = rows.filter(order_news::at.le(at)).filter(is_behind);
    }
    let rows: Vec<(Uuid, News, DateTime<Utc>)> = match filter.mark {
        None => rows.load(connection)?,
        // In the index's order: PostgreSQL believes that few of them fit, and would ask all before it sorts them.
        Some(_) => with_setting(connection, ("enable_sort", "off"), |connection| {
            rows.load(connection)
        })?,
    };
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

/// The references of all bills that fit, in the order of their letters; `None`: they are more than so many, or it
/// took too long.
pub fn references(
    connection: &mut PgConnection,
    filter: &OrderFilter,
    most: usize,
) -> QueryResult<Option<Vec<String>>> {
    let one_more = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let found = within(connection, PATIENCE, |connection| {
        let mut found = BTreeSet::new();
        for part in filter.parts() {
            found.extend(bills(connection, &part, one_more)?);
        }
        Ok(found)
    })?;
    let found = found.filter(|references| references.len() <= most);
    Ok(found.map(|references| references.into_iter().collect()))
}

/// References of bills that fit, so many at most.
fn bills(
    connection: &mut PgConnection,
    filter: &FilterPart,
    limit: i64,
) -> QueryResult<Vec<String>> {
    let mut bills = orders::table
        .filter(orders::id.eq_any(order::ids_of(connection, filter)?))
        .filter(orders::kind.eq(Kind::Billed))
        .order(orders::reference)
        .limit(limit)
        .select(orders::reference)
        .into_boxed();
    if let Some(blast) = filter.blast {
        bills = bills.filter(orders::id.eq_any(order::ids_of_blast(connection, blast)?));
    }
    bills.load(connection)
}

/// What all of them come to, by currency; `None`: they are too many, or it took too long.
pub fn sums(
    connection: &mut PgConnection,
    filter: &OrderFilter,
) -> QueryResult<Option<Vec<CurrencySum>>> {
    if is_too_much(connection, filter)? {
        return Ok(None);
    }
    within(connection, PATIENCE, |connection| {
        order::sums(connection, filter)
    })
}

/// Whether a sum would look at more orders than are summed up. Where few are looked up first it looks at those
/// alone, and in a mailing at those that it is for. What stranded orders owe is worth the wait: callers ask for it.
fn is_too_much(connection: &mut PgConnection, filter: &OrderFilter) -> QueryResult<bool> {
    if filter.among.is_some() || filter.blast.is_some() || filter.stranded_at.is_some() {
        return Ok(false);
    }
    // What has an index of its own; the other conditions are asked of each of them.
    let looked_at = OrderFilter {
        q: None,
        only: Vec::new(),
        ..filter.clone()
    };
    for part in looked_at.parts() {
        let one_more: Option<Uuid> = order::ids_of(connection, &part)?
            .offset(SUMMED)
            .first(connection)
            .optional()?;
        if one_more.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
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
