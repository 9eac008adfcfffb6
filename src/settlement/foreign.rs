//! Sessions that no row of ours knows: another system's, or our own after a restored backup.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{FoundBy, Settled, payment};
use crate::{
    gateway::{Session, session::Status},
    reminder::{self, Purchase},
    settings,
    suppression::AddressKey,
};

/// A session that no row of ours knows. A paid one that carries our mark is money that a person must
/// place; one that another system opened is, where the shop wants to know of those.
pub(super) fn without_a_row(
    connection: &mut PgConnection,
    session: &Session,
    found_by: FoundBy,
    now: DateTime<Utc>,
) -> QueryResult<Settled> {
    let marked = session.is_marked();
    if !marked && session.status == Status::Paid {
        bought(connection, session, now)?;
    }
    let is_money = session.status == Status::Paid && session.amount_total != Some(0);
    if is_money && (marked || settings::read(connection)?.orphan_cases) {
        payment::record(connection, session, None, &[], found_by, now)?;
        return Ok(Settled::Unknown);
    }
    Ok(if marked {
        Settled::Unknown
    } else {
        Settled::Foreign
    })
}

/// Somebody has bought with another system: they are not reminded of a cart.
fn bought(connection: &mut PgConnection, session: &Session, now: DateTime<Utc>) -> QueryResult<()> {
    let Some(address) = &session.email else {
        return Ok(());
    };
    let purchase = Purchase {
        stripe_session_id: &session.id,
        address_hash: AddressKey::load(connection)?.hash(address),
        amount: session.amount_total.unwrap_or(0),
        currency: session.currency.as_deref().unwrap_or_default(),
        bought_at: session.told_at.unwrap_or(now),
    };
    reminder::bought(connection, &purchase)
}
