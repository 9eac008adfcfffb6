//! Carts counted: by day, currency and figure, and without any person. What is kept is counted when
//! asked; of what is pruned the counts remain.
//!
//! A cart counts on the day on which its checkout ended (UTC), in its own currency, and with what was
//! in it, also where the money that came was another amount:
//!
//! * `abandoned`: every one;
//! * `with_email`: those whose address is known;
//! * `reminded`: those whose reminder a mail server took;
//! * `scheduled`: those whose reminder waits for its time; none of them are pruned;
//! * `recovered`: those whose address bought within 48 hours of the end, here or with another system;
//! * `not_sent: …`: those that led to no reminder, by reason.
//!
//! One of the other mode than our key counts as `not_sent: test_mode` alone.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::{prelude::*, upsert::excluded};
use uuid::Uuid;

use super::abandoned::{AbandonedCart, Reminder, Which, abandoned};
use crate::{reminder::rule::Reason, schema::recovery_totals};

pub(super) const ABANDONED: &str = "abandoned";
pub(super) const WITH_EMAIL: &str = "with_email";
pub(super) const REMINDED: &str = "reminded";
pub(super) const SCHEDULED: &str = "scheduled";
pub(super) const RECOVERED: &str = "recovered";
/// Before the reason.
pub(super) const NOT_SENT: &str = "not_sent: ";
/// The reason of a reminder that left our hands, and that no server is known to have taken.
const NOT_DELIVERED: &str = "not_delivered";

/// How many carts, and how much was in them.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = recovery_totals)]
pub(super) struct Total {
    pub day: NaiveDate,
    /// Lower-case ISO code; empty if Stripe told none.
    pub currency: String,
    pub figure: String,
    pub count: i64,
    /// In minor units.
    pub amount: i64,
}

/// Counts carts.
pub(super) fn count(carts: &[AbandonedCart]) -> Vec<Total> {
    let mut totals: BTreeMap<_, (i64, i64)> = BTreeMap::new();
    for cart in carts {
        for figure in figures(cart) {
            let key = (cart.expired_at.date_naive(), &cart.currency, figure);
            let (count, amount) = totals.entry(key).or_default();
            *count += 1;
            *amount = amount.saturating_add(cart.amount);
        }
    }
    let totals = totals
        .into_iter()
        .map(|((day, currency, figure), (count, amount))| Total {
            day,
            currency: currency.clone(),
            figure,
            count,
            amount,
        });
    totals.collect()
}

/// Where a cart counts.
fn figures(cart: &AbandonedCart) -> Vec<String> {
    let reminder = match cart.reminder {
        Reminder::Sent => REMINDED.to_owned(),
        Reminder::Scheduled => SCHEDULED.to_owned(),
        Reminder::NotDelivered => format!("{NOT_SENT}{NOT_DELIVERED}"),
        Reminder::Skipped(reason) => format!("{NOT_SENT}{}", reason.map_or("", Reason::name)),
    };
    if cart.is_of_the_other_mode() {
        return vec![reminder];
    }
    let others = [
        (ABANDONED, true),
        (WITH_EMAIL, cart.with_email),
        (RECOVERED, cart.recovered),
    ];
    let others = others.into_iter().filter(|(_, counts)| *counts);
    others
        .map(|(name, _)| name.to_owned())
        .chain([reminder])
        .collect()
}

/// Adds the carts of these sessions, in the transaction in which they go.
pub fn remain(connection: &mut PgConnection, sessions: &[Uuid]) -> QueryResult<()> {
    let mut gone = abandoned(connection, Which::Of(sessions))?;
    for cart in &mut gone {
        // What waits for its time goes with its cart.
        if cart.reminder == Reminder::Scheduled {
            cart.reminder = Reminder::Skipped(Some(Reason::TooOld));
        }
    }
    let totals = count(&gone);
    if totals.is_empty() {
        return Ok(());
    }
    diesel::insert_into(recovery_totals::table)
        .values(&totals)
        .on_conflict((
            recovery_totals::day,
            recovery_totals::currency,
            recovery_totals::figure,
        ))
        .do_update()
        .set((
            recovery_totals::count.eq(recovery_totals::count + excluded(recovery_totals::count)),
            recovery_totals::amount.eq(recovery_totals::amount + excluded(recovery_totals::amount)),
        ))
        .execute(connection)
        .map(drop)
}

/// What remains of the carts of those days that were pruned.
pub(super) fn pruned(
    connection: &mut PgConnection,
    first: NaiveDate,
    last: NaiveDate,
) -> QueryResult<Vec<Total>> {
    recovery_totals::table
        .filter(recovery_totals::day.between(first, last))
        .select(Total::as_select())
        .load(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cart(expired_at: &str, currency: &str, amount: i64, reminder: Reminder) -> AbandonedCart {
        AbandonedCart {
            expired_at: expired_at.parse().expect("a time"),
            currency: currency.to_owned(),
            amount,
            with_email: reminder == Reminder::Sent,
            recovered: false,
            reminder,
        }
    }

    fn skipped(reason: Reason) -> Reminder {
        Reminder::Skipped(Some(reason))
    }

    fn told(left: &[AbandonedCart]) -> Vec<String> {
        let told = count(left).into_iter().map(|total| {
            let Total {
                day,
                currency,
                figure,
                count,
                amount,
            } = total;
            format!("{day} {currency} {figure}: {count} {amount}")
        });
        told.collect()
    }

    #[test]
    fn carts_count_on_the_day_of_their_end_in_utc_and_in_their_own_currency() {
        let left = [
            cart("2026-11-20T23:59:59+00:00", "eur", 1_000, Reminder::Sent),
            cart("2026-11-21T00:00:00+00:00", "eur", 200, Reminder::Sent),
            cart("2026-11-21T01:30:00+02:00", "eur", 30, Reminder::Sent),
            cart("2026-11-21T12:00:00+00:00", "chf", 4, Reminder::Scheduled),
        ];
        assert_eq!(
            told(&left),
            [
                "2026-11-20 eur abandoned: 2 1030",
                "2026-11-20 eur reminded: 2 1030",
                "2026-11-20 eur with_email: 2 1030",
                "2026-11-21 chf abandoned: 1 4",
                "2026-11-21 chf scheduled: 1 4",
                "2026-11-21 eur abandoned: 1 200",
                "2026-11-21 eur reminded: 1 200",
                "2026-11-21 eur with_email: 1 200",
            ]
        );
    }

    #[test]
    fn every_cart_has_a_reminder_or_a_reason_and_one_of_the_other_mode_has_nothing_else() {
        let at = "2026-11-21T12:00:00+00:00";
        let left = [
            cart(at, "eur", 100, skipped(Reason::Suppressed)),
            cart(at, "eur", 20, Reminder::NotDelivered),
            cart(at, "eur", 3, skipped(Reason::TestMode)),
        ];
        assert_eq!(
            told(&left),
            [
                "2026-11-21 eur abandoned: 2 120",
                "2026-11-21 eur not_sent: not_delivered: 1 20",
                "2026-11-21 eur not_sent: suppressed: 1 100",
                "2026-11-21 eur not_sent: test_mode: 1 3",
            ]
        );
    }
}
