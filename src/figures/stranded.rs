//! Links that are dead: open orders that were mailed and whose checkout ended unpaid.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::Shown;
use crate::{
    mail::{BlastState, Kind},
    order::{self, CurrencySum, OrderFilter, stranded},
    schema::{blasts, orders, outbox_orders},
};

/// So many mailings have a series of their own; what older ones left is one more.
const MAILINGS: i64 = 20;
/// Of an older mailing.
const OTHER: &str = "other";
/// Of no mailing: a link that was sent alone, or by an older system.
const NONE: &str = "none";

/// Each order counts once, for the newest mailing that it had, so that they add up.
pub(super) fn by_mailing(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Shown> {
    let of_order = outbox_orders::table
        .filter(outbox_orders::order_id.eq(orders::id))
        .filter(outbox_orders::kind.eq(Kind::Blast))
        .order(outbox_orders::mail_id.desc())
        .limit(1);
    let newest: Vec<Option<Uuid>> = orders::table
        .filter(stranded(now))
        .select(of_order.select(outbox_orders::blast_id).single_value())
        .load(connection)?;
    let mut counts: BTreeMap<String, i64> = BTreeMap::from([(OTHER, 0), (NONE, 0)].map(owned));
    let shown = shown_mailings(connection)?;
    counts.extend(shown.iter().map(|id| (id.to_string(), 0)));
    for mailing in newest {
        let label = match mailing {
            None => NONE.to_owned(),
            Some(id) if shown.contains(&id) => id.to_string(),
            Some(_) => OTHER.to_owned(),
        };
        *counts.entry(label).or_default() += 1;
    }
    Ok(Box::new(move |figures| {
        figures.stranded_orders.reset();
        for (mailing, count) in &counts {
            figures
                .stranded_orders
                .with_label_values(&[mailing])
                .set(*count);
        }
    }))
}

fn owned((label, count): (&str, i64)) -> (String, i64) {
    (label.to_owned(), count)
}

/// The newest ones that were started and stand.
fn shown_mailings(connection: &mut PgConnection) -> QueryResult<Vec<Uuid>> {
    blasts::table
        .filter(blasts::state.eq_any([BlastState::Sending, BlastState::Paused]))
        .order(blasts::id.desc())
        .limit(MAILINGS)
        .select(blasts::id)
        .load(connection)
}

/// What they owe.
pub(super) fn by_currency(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Shown> {
    let filter = OrderFilter {
        stranded_at: Some(now),
        ..OrderFilter::default()
    };
    let sums = order::sums(connection, &filter)?;
    Ok(Box::new(move |figures| {
        figures.stranded_amount.reset();
        for CurrencySum {
            currency, amount, ..
        } in &sums
        {
            figures
                .stranded_amount
                .with_label_values(&[currency])
                .set(*amount);
        }
    }))
}
