//! Figures: what became of the carts of the last days. Counted when asked, from what is kept and from
//! the totals of what has been pruned.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    order::state::State,
    order::{Order, OrderRow},
    retention::totals::COMES_BACK,
    schema::{carts, orders, purchases, recovery_totals, reminder_decisions, session_orders},
    suppression::{AddressHash, AddressKey},
};

/// What became of carts.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Over how many days.
    pub days: i64,
    /// Checkouts of other systems that expired.
    pub abandoned: usize,
    /// Those of them whose payer gave an address.
    pub with_email: usize,
    /// Reminders that a mail server has taken.
    pub reminders_sent: usize,
    /// Reminders that wait for their time.
    pub reminders_scheduled: usize,
    /// Carts that led to no reminder, by reason.
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

/// The figures of the `days` days before `now`.
///
/// # Errors
/// What PostgreSQL says.
pub fn figures(
    connection: &mut PgConnection,
    days: i64,
    now: DateTime<Utc>,
) -> QueryResult<Figures> {
    let since = now - Duration::days(days);
    let carts: Vec<Cart> = carts::table
        .filter(carts::expired_at.ge(since))
        .filter(carts::expired_at.le(now))
        .select(Cart::as_select())
        .load(connection)?;
    let bought = bought(connection, since)?;
    let restored = restored(connection, since)?;
    let mut figures = Figures {
        days,
        abandoned: carts.len(),
        ..Figures::default()
    };
    for cart in &carts {
        let amount = cart.amount.unwrap_or(0);
        let sums = figures
            .amounts
            .entry(cart.currency.clone().unwrap_or_default())
            .or_default();
        sums.abandoned += amount;
        let Some(hash) = &cart.address_hash else {
            continue;
        };
        figures.with_email += 1;
        let soon = cart.expired_at..=cart.expired_at + COMES_BACK;
        let times = bought.get(hash.as_slice());
        if times.is_some_and(|times| times.iter().any(|at| soon.contains(at))) {
            figures.recovered += 1;
            sums.recovered += amount;
        }
    }
    let known: HashSet<Uuid> = carts.iter().map(|cart| cart.session_id).collect();
    for order in restored
        .iter()
        .filter(|(session, _)| known.contains(session))
    {
        if let State::Paid { .. } | State::PartiallyRefunded { .. } | State::Refunded { .. } =
            order.1.state
        {
            figures.bought_through_link += 1;
            let code = order.1.currency.code().to_owned();
            let paid = order.1.paid.or(order.1.owed()).map_or(0, |paid| paid.minor);
            figures.amounts.entry(code).or_default().through_link += paid;
        }
    }
    decisions(connection, &mut figures, since, now)?;
    pruned(connection, &mut figures, since)?;
    figures.recovery_rate = rate(figures.recovered, figures.with_email);
    Ok(figures)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = carts)]
struct Cart {
    session_id: Uuid,
    address_hash: Option<Vec<u8>>,
    amount: Option<i64>,
    currency: Option<String>,
    expired_at: DateTime<Utc>,
}

/// When each address bought something, here or elsewhere.
pub(super) fn bought(
    connection: &mut PgConnection,
    since: DateTime<Utc>,
) -> QueryResult<HashMap<Vec<u8>, Vec<DateTime<Utc>>>> {
    let mut bought: HashMap<Vec<u8>, Vec<DateTime<Utc>>> = HashMap::new();
    let elsewhere: Vec<(Vec<u8>, DateTime<Utc>)> = purchases::table
        .filter(purchases::bought_at.ge(since))
        .select((purchases::address_hash, purchases::bought_at))
        .load(connection)?;
    let here: Vec<(Option<String>, Option<DateTime<Utc>>)> = orders::table
        .filter(orders::paid_at.ge(since))
        .select((orders::email, orders::paid_at))
        .load(connection)?;
    let key = AddressKey::load(connection)?;
    let here = here.into_iter().filter_map(|(email, at)| {
        let AddressHash(hash) = key.hash(&email?);
        Some((hash.to_vec(), at?))
    });
    for (hash, at) in elsewhere.into_iter().chain(here) {
        bought.entry(hash).or_default().push(at);
    }
    Ok(bought)
}

/// The orders that restore carts, each with the session that was left.
fn restored(
    connection: &mut PgConnection,
    since: DateTime<Utc>,
) -> QueryResult<Vec<(Uuid, Order)>> {
    let rows: Vec<(Uuid, OrderRow)> = session_orders::table
        .inner_join(orders::table)
        .inner_join(carts::table.on(carts::session_id.eq(session_orders::session_id)))
        .filter(carts::expired_at.ge(since))
        .filter(orders::kind.eq("recovered"))
        .select((session_orders::session_id, OrderRow::as_select()))
        .load(connection)?;
    rows.into_iter()
        .map(|(session, row)| Ok((session, row.decode()?)))
        .collect()
}

fn decisions(
    connection: &mut PgConnection,
    figures: &mut Figures,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let rows: Vec<(String, Option<String>, i64)> = reminder_decisions::table
        .inner_join(carts::table.on(carts::session_id.eq(reminder_decisions::session_id)))
        .filter(carts::expired_at.between(since, now))
        .group_by((reminder_decisions::decision, reminder_decisions::reason))
        .select((
            reminder_decisions::decision,
            reminder_decisions::reason,
            diesel::dsl::count_star(),
        ))
        .load(connection)?;
    for (decision, reason, count) in rows {
        let count = usize::try_from(count).unwrap_or(0);
        match (decision.as_str(), reason) {
            ("sent", _) => figures.reminders_sent += count,
            ("scheduled", _) => figures.reminders_scheduled += count,
            (_, Some(reason)) => *figures.not_sent.entry(reason).or_default() += count,
            (_, None) => {}
        }
    }
    Ok(())
}

/// What has been pruned of the same days.
fn pruned(
    connection: &mut PgConnection,
    figures: &mut Figures,
    since: DateTime<Utc>,
) -> QueryResult<()> {
    let rows: Vec<(String, String, i64, i64)> = recovery_totals::table
        .filter(recovery_totals::day.ge(since.date_naive()))
        .select((
            recovery_totals::currency,
            recovery_totals::figure,
            recovery_totals::count,
            recovery_totals::amount,
        ))
        .load(connection)?;
    for (currency, figure, count, amount) in rows {
        let count = usize::try_from(count).unwrap_or(0);
        let sums = figures.amounts.entry(currency).or_default();
        match figure.as_str() {
            "abandoned" => {
                figures.abandoned += count;
                sums.abandoned += amount;
            }
            "with_email" => figures.with_email += count,
            "reminded" => figures.reminders_sent += count,
            "recovered" => {
                figures.recovered += count;
                sums.recovered += amount;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A share of a whole, in four decimals.
#[allow(clippy::cast_precision_loss, reason = "no shop has so many carts")]
fn rate(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}
