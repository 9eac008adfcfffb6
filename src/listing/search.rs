//! What a list is asked for, and the orders that can be it, where those are few or noted.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, Utc};
use diesel::{dsl::not, prelude::*};
use uuid::Uuid;

use super::Only;
use crate::{
    db::{for_its_values, with_setting, within},
    foreign_text::composed,
    news::{self, List},
    order::{self, By, Mark, OrderFilter},
    schema::{order_news, orders},
};

/// So long for what is noted: some milliseconds, unless a lock is in the way or the machine is busy.
const A_MOMENT: Duration = Duration::from_millis(300);
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
        let mark = self.only.iter().find_map(|only| only.mark());
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
        if let (None, Some(mark)) = (&filter.among, mark) {
            by_mark(connection, mark, &mut filter)?;
        }
        Ok(filter)
    }
}

/// Goes by what is noted, where that is not far behind, and found in a moment.
fn by_mark(connection: &mut PgConnection, mark: Mark, filter: &mut OrderFilter) -> QueryResult<()> {
    let found = within(connection, A_MOMENT, |connection| {
        let besides = match mark {
            // Whoever was mailed once is never again one that nobody was mailed about.
            Mark::Unmailed => Some(Vec::new()),
            // A link that was mailed since is noted soon.
            Mark::Unopened => match news::unread(connection, FEW)? {
                Some(orders) => Some(not_noted(connection, &orders)?),
                None => None,
            },
        };
        Ok((besides, noted(connection, mark, filter)?))
    })?;
    let Some((Some(besides), mut noted)) = found else {
        return Ok(());
    };
    match is_few(&noted) {
        true => {
            noted.extend(besides);
            filter.among = Some(noted);
        }
        false => (filter.mark, filter.besides) = (Some(mark), besides),
    }
    Ok(())
}

/// Those of these orders of which it is not noted that their link may have been mailed and not opened.
fn not_noted(connection: &mut PgConnection, orders: &[Uuid]) -> QueryResult<Vec<Uuid>> {
    order_news::table
        .filter(order_news::order_id.eq_any(orders))
        .filter(not(order_news::may_be_unopened))
        .select(order_news::order_id)
        .load(connection)
}

/// Some orders of the lists that are looked for which are noted so: more than are few, if there are.
fn noted(
    connection: &mut PgConnection,
    mark: Mark,
    filter: &OrderFilter,
) -> QueryResult<Vec<Uuid>> {
    let noted = || {
        let rows = order_news::table
            .filter(for_its_values())
            .limit(FEW + 1)
            .select(order_news::order_id)
            .into_boxed();
        match mark {
            Mark::Unmailed => rows.filter(order_news::may_be_unmailed),
            Mark::Unopened => rows.filter(order_news::may_be_unopened),
        }
    };
    let Some(status) = filter.status else {
        return noted().load(connection);
    };
    let mut found = Vec::new();
    // Carts are in one list, however they stand. One list after the other, in its order, and none sorted: else
    // PostgreSQL may read all that are noted, or pass over those of all other lists.
    for list in [List::Standing(status), List::Cart] {
        let rows = with_setting(connection, ("enable_sort", "off"), |connection| {
            noted()
                .filter(order_news::list.eq(list))
                .order((order_news::at.desc(), order_news::order_id.desc()))
                .load::<Uuid>(connection)
        });
        found.extend(rows?);
    }
    Ok(found)
}

pub(super) fn is_few(ids: &[Uuid]) -> bool {
    i64::try_from(ids.len()).is_ok_and(|count| count <= FEW)
}

/// Some orders with this in their reference, name or address, in no order: one more than are few, if there are.
pub(super) fn with_part(connection: &mut PgConnection, said: &str) -> QueryResult<Vec<Uuid>> {
    orders::table
        .filter(for_its_values())
        .filter(order::with_part(said, By::Part))
        .limit(FEW + 1)
        .select(orders::id)
        .load(connection)
}
