//! Sessions that no row of ours knows: another system's, or our own after a restored backup.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{FoundBy, Settled, payment};
use crate::{
    gateway::{Session, session::Status},
    reminder::purchases,
    settings,
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
    purchases::learn(connection, session, now)?;
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
