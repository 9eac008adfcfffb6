//! Figures: what became of the carts of the last days. Counted when asked, from what is kept and from
//! the totals of what has been pruned.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use diesel::prelude::*;
use serde::Serialize;

use super::{
    abandoned::{Which, abandoned},
    totals::{
        ABANDONED, NOT_SENT, RECOVERED, REMINDED, SCHEDULED, Total, WITH_EMAIL, count, pruned,
    },
};
use crate::{
    order::{Kind, Order, OrderRow},
    reminder::rule::{Reason, not_owed},
    schema::{carts, orders, session_orders},
};

/// What became of carts.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Over how many days.
    pub days: i64,
    /// Checkouts of other systems that expired, in our key's mode.
    pub abandoned: usize,
    /// Those of them whose payer gave an address.
    pub with_email: usize,
    /// Reminders that a mail server has taken.
    pub reminders_sent: usize,
    /// Reminders that wait for their time.
    pub reminders_scheduled: usize,
    /// Carts that led to no reminder, by the rule's reason; `not_delivered` where a mail left our hands,
    /// and no server is known to have taken it.
    pub not_sent: BTreeMap<String, usize>,
    /// Carts with an address that bought something within 48 hours, with or without our mail.
    pub recovered: usize,
    /// `recovered` of `with_email`, from 0 to 1; none without such a cart.
    pub recovery_rate: Option<f64>,
    /// Carts that were bought through the reminder's link.
    pub bought_through_link: usize,
    /// In minor units, by currency.
    pub amounts: BTreeMap<String, Amounts>,
}

/// Sums of one currency, in its minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Amounts {
    /// What was in the carts.
    pub abandoned: i64,
    /// What was in those that count as recovered.
    pub recovered: i64,
    /// What was paid through the reminder's link.
    pub through_link: i64,
}

/// The figures of today and the `days` whole days before (UTC): what has been pruned is known by the
/// day.
pub fn figures(
    connection: &mut PgConnection,
    days: i64,
    now: DateTime<Utc>,
) -> QueryResult<Figures> {
    let first = (now - Duration::days(days)).date_naive();
    let (figures, _) = until(connection, first, now)?;
    Ok(Figures { days, ..figures })
}

/// The figures of carts that ended on these days (UTC), the last one included.
pub fn figures_between(
    connection: &mut PgConnection,
    first: NaiveDate,
    last: NaiveDate,
) -> QueryResult<Figures> {
    until(connection, first, end_of(last)).map(|(figures, _)| figures)
}

/// The same, and beside it that of each day on which a checkout ended, without what was paid through links.
pub fn figures_by_day(
    connection: &mut PgConnection,
    first: NaiveDate,
    last: NaiveDate,
) -> QueryResult<(Figures, BTreeMap<NaiveDate, Figures>)> {
    let (figures, totals) = until(connection, first, end_of(last))?;
    let mut days: BTreeMap<NaiveDate, Figures> = BTreeMap::new();
    for total in &totals {
        days.entry(total.day).or_default().add(total);
    }
    Ok((figures, days))
}

/// The last moment of a day that PostgreSQL tells from the next day.
fn end_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + Duration::days(1) - Duration::microseconds(1)
}

/// From the first day to this moment, that one included; and the totals that the figures are made of.
fn until(
    connection: &mut PgConnection,
    first: NaiveDate,
    last: DateTime<Utc>,
) -> QueryResult<(Figures, Vec<Total>)> {
    let since = first.and_time(NaiveTime::MIN).and_utc();
    // Of what is kept, and of what was pruned.
    let mut totals = count(&abandoned(connection, Which::EndedBetween(since, last))?);
    totals.extend(pruned(connection, first, last.date_naive())?);
    let mut figures = Figures {
        days: (last.date_naive() - first).num_days() + 1,
        ..Figures::default()
    };
    for total in &totals {
        figures.add(total);
    }
    for order in paid(connection, since, last)? {
        let paid = order.paid.or(order.owed()).map_or(0, |paid| paid.minor);
        figures.bought_through_link += 1;
        let sums = figures.amounts.entry(order.currency.code().to_owned());
        sums.or_default().through_link += paid;
    }
    figures.recovery_rate = rate(figures.recovered, figures.with_email);
    Ok((figures, totals))
}

impl Figures {
    fn add(&mut self, total: &Total) {
        let count = usize::try_from(total.count).unwrap_or(0);
        match total.figure.as_str() {
            ABANDONED => {
                self.abandoned += count;
                if let Some(sums) = self.sums(total) {
                    sums.abandoned += total.amount;
                }
            }
            RECOVERED => {
                self.recovered += count;
                if let Some(sums) = self.sums(total) {
                    sums.recovered += total.amount;
                }
            }
            WITH_EMAIL => self.with_email += count,
            REMINDED => self.reminders_sent += count,
            SCHEDULED => self.reminders_scheduled += count,
            other => {
                if let Some(reason) = other.strip_prefix(NOT_SENT) {
                    *self.not_sent.entry(reason.to_owned()).or_default() += count;
                }
            }
        }
    }

    /// Of the total's currency, if Stripe told one.
    fn sums(&mut self, total: &Total) -> Option<&mut Amounts> {
        let currency = Some(&total.currency).filter(|currency| !currency.is_empty())?;
        Some(self.amounts.entry(currency.clone()).or_default())
    }
}

/// The orders that restore carts of that time and were paid, also those whose money went back since.
fn paid(
    connection: &mut PgConnection,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
) -> QueryResult<Vec<Order>> {
    let rows: Vec<OrderRow> = session_orders::table
        .inner_join(orders::table)
        .inner_join(carts::table.on(carts::session_id.eq(session_orders::session_id)))
        .filter(carts::expired_at.between(first, last))
        .filter(orders::kind.eq(Kind::Recovered))
        .select(OrderRow::as_select())
        .load(connection)?;
    let orders: Vec<Order> = rows
        .into_iter()
        .map(OrderRow::decode)
        .collect::<QueryResult<_>>()?;
    let is_paid = |order: &Order| not_owed(order.state) == Some(Reason::Paid);
    Ok(orders.into_iter().filter(is_paid).collect())
}

/// A share of a whole, in four decimals.
#[allow(clippy::cast_precision_loss, reason = "no shop has so many carts")]
fn rate(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}
