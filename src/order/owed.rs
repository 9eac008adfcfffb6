//! What is owed, and whether the order or Stripe alone knows it.

use diesel::prelude::*;
use uuid::Uuid;

use super::{Order, line, money::Money, state::State};
use crate::schema::orders;

impl Order {
    /// What is owed today, before taxes and discounts; `None` until Stripe has told what a catalogue
    /// price comes to.
    pub fn owed(&self) -> Option<Money> {
        Some(Money::new(self.amount_total?, self.currency))
    }

    /// What it counts for as it stands: what came and was kept, what went back of one that went back whole, else
    /// what was asked for.
    pub fn counts_for(&self) -> Option<Money> {
        let came = self.paid.or_else(|| self.owed());
        match self.state {
            State::Paid { .. } => came,
            State::PartiallyRefunded { refunded, .. } => {
                came.map(|came| Money::new(came.minor - refunded, came.currency))
            }
            State::Refunded { refunded, .. } => {
                let currency = came.map_or(self.currency, |came| came.currency);
                Some(Money::new(refunded, currency))
            }
            State::Open
            | State::Processing { .. }
            | State::InReview { .. }
            | State::SettledOffline { .. }
            | State::Cancelled { .. } => self.owed(),
        }
    }

    /// Whether Stripe alone knows what a line comes to.
    pub fn has_catalogue_prices(&self) -> bool {
        line::have_catalogue_prices(&self.lines)
    }

    /// Whether what is paid may differ from what is owed by shipping, taxes and discounts.
    pub fn is_adjusted_at_checkout(&self) -> bool {
        self.has_additions() || self.promotion_codes || self.has_catalogue_prices()
    }
}

/// Keeps what Stripe told that the catalogue prices of a locked order come to today. No version
/// counts this: nobody asks for anything else.
pub fn set_amount(connection: &mut PgConnection, id: Uuid, amount: i64) -> QueryResult<()> {
    diesel::update(orders::table.find(id))
        .set(orders::amount_total.eq(amount))
        .execute(connection)
        .map(drop)
}
