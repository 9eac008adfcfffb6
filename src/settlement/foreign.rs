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
    match session.status {
        Status::Paid | Status::PaymentPending => bought(connection, session, now)?,
        Status::PaymentFailed => {
            if let Some(purchase) = purchase(connection, session, now)? {
                reminder::not_bought(connection, &purchase)?;
            }
        }
        Status::Open | Status::Expired => {}
    }
    let sum = session.amount_total.unwrap_or(0);
    let is_money = session.status == Status::Paid && sum != 0;
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

/// Somebody has bought: they are not reminded of a cart.
pub(super) fn bought(
    connection: &mut PgConnection,
    session: &Session,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    match purchase(connection, session, now)? {
        Some(purchase) => reminder::bought(connection, &purchase),
        None => Ok(()),
    }
}

/// What a checkout is about, if it has an address; one without an amount sets up a card.
fn purchase<'a>(
    connection: &mut PgConnection,
    session: &'a Session,
    now: DateTime<Utc>,
) -> QueryResult<Option<Purchase<'a>>> {
    let (Some(address), Some(amount)) = (&session.email, session.amount_total) else {
        return Ok(None);
    };
    Ok(Some(Purchase {
        stripe_session_id: &session.id,
        address_hash: AddressKey::load(connection)?.hash(address),
        amount,
        currency: session.currency.as_deref().unwrap_or_default(),
        bought_at: session.told_at.unwrap_or(now),
    }))
}
