//! Cases as rows.

use diesel::prelude::*;
use uuid::Uuid;

use super::Kind;
use crate::{order::Doing, random, schema::cases};

/// A case that is being opened.
#[derive(Debug)]
pub struct Opening<'a> {
    /// What does not add up.
    pub kind: Kind,
    /// What it is about, once: a session (`cs_…`), a dispute (`dp_…`), or a payment intent (`pi_…`).
    pub about: &'a str,
    /// Whose money it is counted for, if anybody's.
    pub order_id: Option<Uuid>,
    /// Our row of the payment.
    pub payment_id: Option<Uuid>,
    /// `pi_…`; a subscription's payment has none.
    pub payment_intent: Option<&'a str>,
    /// In minor units.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: &'a str,
    /// An orphan's payer, as Stripe knows them.
    pub email: Option<&'a str>,
}

/// Opens a case; tells whether it is new. One that was opened before stays as it is, also where it
/// is resolved.
///
/// # Errors
/// What PostgreSQL says.
pub fn open(connection: &mut PgConnection, opening: &Opening, doing: &Doing) -> QueryResult<bool> {
    let new = diesel::insert_into(cases::table)
        .values((
            cases::id.eq(random::row_id(doing.at)),
            cases::kind.eq(opening.kind.name()),
            cases::about.eq(opening.about),
            cases::order_id.eq(opening.order_id),
            cases::payment_id.eq(opening.payment_id),
            cases::payment_intent.eq(opening.payment_intent),
            cases::amount.eq(opening.amount),
            cases::currency.eq(opening.currency),
            cases::email.eq(opening.email),
            cases::opened_at.eq(doing.at),
        ))
        .on_conflict_do_nothing()
        .execute(connection)?;
    Ok(new > 0)
}

/// Whether money that does not fit an order still waits for somebody to decide.
///
/// # Errors
/// What PostgreSQL says.
pub fn in_review(connection: &mut PgConnection, order_id: Uuid) -> QueryResult<bool> {
    let waiting = cases::table
        .filter(cases::order_id.eq(order_id))
        .filter(cases::kind.eq(Kind::Mismatch.name()))
        .filter(cases::resolved_at.is_null());
    diesel::select(diesel::dsl::exists(waiting)).get_result(connection)
}

/// Closes what is open about something: it was settled at Stripe, or a person has decided. Tells
/// whether anything was.
///
/// # Errors
/// What PostgreSQL says.
pub fn close(
    connection: &mut PgConnection,
    about: &str,
    order_id: Option<Uuid>,
    how: &str,
    doing: &Doing,
) -> QueryResult<bool> {
    let open = cases::table
        .filter(cases::about.eq(about))
        .filter(cases::order_id.is_not_distinct_from(order_id))
        .filter(cases::resolved_at.is_null());
    let closed = diesel::update(open)
        .set((
            cases::resolved_at.eq(doing.at),
            cases::resolved_how.eq(how),
            cases::resolved_by.eq(&doing.actor),
            cases::note.eq(&doing.note),
            cases::refunding_at.eq(None::<chrono::DateTime<chrono::Utc>>),
        ))
        .execute(connection)?;
    Ok(closed > 0)
}
