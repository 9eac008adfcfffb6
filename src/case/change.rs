//! How cases change: opened and closed by what is found at Stripe, resolved by people.

use chrono::{DateTime, Utc};
use diesel::{
    IntoSql,
    prelude::*,
    sql_types::{Nullable, Text},
};
use uuid::Uuid;

use super::{
    Case, Kind,
    action::{Ending, How},
};
use crate::{
    activity::{self, Cause, Doing},
    random,
    schema::cases,
};

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
pub fn open(connection: &mut PgConnection, opening: &Opening, doing: &Doing) -> QueryResult<bool> {
    // One case of a kind about one thing, by the unique index: whoever hears of it again opens none.
    let new = diesel::insert_into(cases::table)
        .values((
            cases::id.eq(random::row_id(doing.at)),
            cases::kind.eq(opening.kind),
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
pub fn in_review(connection: &mut PgConnection, order_id: Uuid) -> QueryResult<bool> {
    let waiting = cases::table
        .filter(cases::order_id.eq(order_id))
        .filter(cases::kind.eq(Kind::Mismatch))
        .filter(cases::resolved_at.is_null());
    diesel::select(diesel::dsl::exists(waiting)).get_result(connection)
}

/// Closes what is open about something: it was settled at Stripe, or a person has decided. Tells
/// whether anything was.
pub fn close(
    connection: &mut PgConnection,
    about: &str,
    order_id: Option<Uuid>,
    how: Ending,
    doing: &Doing,
) -> QueryResult<bool> {
    let open = cases::table
        .filter(cases::about.eq(about))
        .filter(cases::order_id.is_not_distinct_from(order_id))
        .filter(cases::resolved_at.is_null());
    let closed: Vec<Uuid> = diesel::update(open)
        .set((
            cases::resolved_at.eq(doing.at),
            cases::resolved_how.eq(how),
            // Whoever asked for the refund, however we hear that it was made.
            cases::resolved_by.eq(coalesce(
                cases::refunding_by,
                Some(&doing.actor).into_sql::<Nullable<Text>>(),
            )),
            cases::note.eq(coalesce(
                doing.note.as_ref().into_sql::<Nullable<Text>>(),
                cases::note,
            )),
            cases::refunding_at.eq(None::<DateTime<Utc>>),
            cases::refunding_by.eq(None::<String>),
            cases::refund_id.eq(None::<String>),
            cases::refund_failure.eq(None::<String>),
        ))
        .returning(cases::id)
        .get_results(connection)?;
    for case in &closed {
        activity::over(connection, Cause::Case(*case, about, order_id), doing)?;
    }
    Ok(!closed.is_empty())
}

/// Opens a case again that a refund had closed: it has failed since. Tells whether there was one. The next
/// attempt goes under another number.
pub fn reopen(
    connection: &mut PgConnection,
    about: &str,
    order_id: Option<Uuid>,
    failure: Option<&str>,
) -> QueryResult<bool> {
    let refunded = cases::table
        .filter(cases::about.eq(about))
        .filter(cases::order_id.is_not_distinct_from(order_id))
        .filter(cases::resolved_how.eq(Ending::Refund));
    let opened = diesel::update(refunded)
        .set((
            cases::resolved_at.eq(None::<DateTime<Utc>>),
            cases::resolved_how.eq(None::<Ending>),
            cases::resolved_by.eq(None::<String>),
            cases::refund_attempt.eq(cases::refund_attempt + 1),
            cases::refund_failure.eq(failure.unwrap_or("it failed at Stripe")),
        ))
        .execute(connection)?;
    Ok(opened > 0)
}

/// Resolves a locked case that is open.
pub(crate) fn mark_resolved(
    connection: &mut PgConnection,
    case: &Case,
    how: How,
    moved_to: Option<Uuid>,
    doing: &Doing,
) -> QueryResult<()> {
    diesel::update(cases::table.find(case.id))
        .set((
            cases::resolved_at.eq(doing.at),
            cases::resolved_how.eq(how.ending()),
            cases::resolved_by.eq(&doing.actor),
            cases::note.eq(&doing.note),
            cases::moved_to.eq(moved_to),
        ))
        .execute(connection)?;
    let cause = Cause::Case(case.id, &case.about, case.order_id);
    activity::over(connection, cause, doing)
}

/// Keeps that a refund is asked for, before Stripe hears of it.
pub(crate) fn begin_refund(
    connection: &mut PgConnection,
    case: &Case,
    doing: &Doing,
) -> QueryResult<()> {
    diesel::update(cases::table.find(case.id))
        .set((
            cases::refunding_at.eq(doing.at),
            cases::refunding_by.eq(&doing.actor),
            cases::refund_failure.eq(None::<String>),
            cases::note.eq(&doing.note),
        ))
        .execute(connection)
        .map(drop)
}

/// An attempt has had its final answer: the next one goes under another number.
pub(crate) fn next_refund_attempt(
    connection: &mut PgConnection,
    id: Uuid,
    attempt: i32,
) -> QueryResult<()> {
    // Counted up once, also where two people heard the same answer.
    let still = cases::table
        .find(id)
        .filter(cases::refund_attempt.eq(attempt));
    diesel::update(still)
        .set(cases::refund_attempt.eq(attempt + 1))
        .execute(connection)
        .map(drop)
}

/// Stripe has begun the refund that was asked for, and has not finished it.
pub(crate) fn refund_is_under_way(
    connection: &mut PgConnection,
    id: Uuid,
    refund: &str,
) -> QueryResult<()> {
    diesel::update(cases::table.find(id))
        .set(cases::refund_id.eq(refund))
        .execute(connection)
        .map(drop)
}

/// The refund of this attempt was not made: the case is open again, and Stripe keeps its answer under the
/// key, so that the next attempt goes under another number. Tells whether it was this attempt's turn.
pub(crate) fn end_refund(
    connection: &mut PgConnection,
    id: Uuid,
    attempt: i32,
    why: &str,
) -> QueryResult<bool> {
    let asked = cases::table
        .find(id)
        .filter(cases::refunding_at.is_not_null())
        .filter(cases::refund_attempt.eq(attempt));
    let ended = diesel::update(asked)
        .set((
            cases::refunding_at.eq(None::<DateTime<Utc>>),
            cases::refunding_by.eq(None::<String>),
            cases::refund_id.eq(None::<String>),
            cases::refund_attempt.eq(attempt + 1),
            cases::refund_failure.eq(why),
            cases::note.eq(None::<String>),
        ))
        .execute(connection)?;
    Ok(ended > 0)
}

/// A payment has moved; the cases of its disputes are about its order, too.
pub(crate) fn follow(
    connection: &mut PgConnection,
    payment: Uuid,
    from: Option<Uuid>,
    to: Uuid,
) -> QueryResult<()> {
    let disputes = cases::table
        .filter(cases::payment_id.eq(payment))
        .filter(cases::kind.eq(Kind::Dispute))
        .filter(cases::order_id.is_not_distinct_from(from));
    diesel::update(disputes)
        .set(cases::order_id.eq(to))
        .execute(connection)
        .map(drop)
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// PostgreSQL's `coalesce`.
    fn coalesce(first: Nullable<Text>, second: Nullable<Text>) -> Nullable<Text>;
}
