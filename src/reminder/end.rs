//! How a reminder ends without having been sent, and comes back when a person asks for it again.
//!
//! The decision and the order's one place (`outbox_orders.void`) change together, here and nowhere else.

use std::collections::HashSet;

use diesel::{
    dsl::{exists, not},
    prelude::*,
    select,
};
use uuid::Uuid;

use super::{row::Decision, rule::Reason};
use crate::{
    mail::Kind,
    schema::{orders, outbox, outbox_orders, reminder_decisions as decisions},
};

/// What becomes of the order's one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A later expiry may lead to another reminder.
    Freed,
    /// There will be no other: a person decided so.
    Kept,
}

/// At which attempt a reminder is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Only while it waits to be sent for the first time. One that came back was the order's one, and stays
    /// it while its retry waits.
    First,
    /// Also at the retry of one that came back, since it was this that was decided on.
    Any,
}

/// Ends reminders whose mails are not sent: why. One that a server may have was the one, whatever becomes
/// of its retry, and stays as it is. Callers hold the mails' locks.
pub fn end(
    connection: &mut PgConnection,
    mails: &[Uuid],
    reason: Reason,
    attempt: Attempt,
    place: Place,
) -> QueryResult<()> {
    let nobody_has: Vec<Uuid> = outbox::table
        .filter(outbox::id.eq_any(mails))
        .filter(not(outbox::handed_over))
        .select(outbox::id)
        .load(connection)?;
    let ended = skip(connection, &nobody_has, reason, attempt)?;
    match place {
        Place::Freed => free(connection, &ended),
        Place::Kept => ended
            .iter()
            .try_for_each(|mail| take_place(connection, *mail).map(drop)),
    }
}

/// Writes that they are skipped; tells the mails whose decision ended, or that have none.
fn skip(
    connection: &mut PgConnection,
    mails: &[Uuid],
    reason: Reason,
    attempt: Attempt,
) -> QueryResult<Vec<Uuid>> {
    let ending: &[Decision] = match attempt {
        Attempt::First => &[Decision::Scheduled],
        Attempt::Any => &Decision::ALL,
    };
    let decided: Vec<Option<Uuid>> = decisions::table
        .filter(decisions::mail_id.eq_any(mails))
        .select(decisions::mail_id)
        .load(connection)?;
    let to_end = decisions::table
        .filter(decisions::mail_id.eq_any(mails))
        .filter(decisions::decision.eq_any(ending));
    let skipped: Vec<Option<Uuid>> = diesel::update(to_end)
        .set((
            decisions::decision.eq(Decision::Skipped),
            decisions::reason.eq(reason),
        ))
        .returning(decisions::mail_id)
        .get_results(connection)?;
    let stay: HashSet<Option<Uuid>> = decided
        .into_iter()
        .filter(|mail| !skipped.contains(mail))
        .collect();
    let ended = mails.iter().filter(|mail| !stay.contains(&Some(**mail)));
    Ok(ended.copied().collect())
}

fn free(connection: &mut PgConnection, mails: &[Uuid]) -> QueryResult<()> {
    diesel::update(outbox_orders::table.filter(outbox_orders::mail_id.eq_any(mails)))
        .set(outbox_orders::void.eq(true))
        .execute(connection)
        .map(drop)
}

/// A person asks for a reminder again: one that was given up is scheduled once more, and the order's one.
/// `false` if another has taken its place. Callers hold the order's lock ([`lock_orders`]).
pub fn again(connection: &mut PgConnection, mail: Uuid) -> QueryResult<bool> {
    if !take_place(connection, mail)? {
        return Ok(false);
    }
    let given_up = decisions::table
        .filter(decisions::mail_id.eq(mail))
        .filter(decisions::decision.eq(Decision::Skipped));
    diesel::update(given_up)
        .set((
            decisions::decision.eq(Decision::Scheduled),
            decisions::reason.eq(None::<Reason>),
        ))
        .execute(connection)?;
    Ok(true)
}

/// Locks the orders that a mail is about, before the mail itself: whoever queues a reminder holds them,
/// so that an order's place is not taken and given back at the same time.
pub fn lock_orders(connection: &mut PgConnection, mail: Uuid) -> QueryResult<()> {
    let about = outbox_orders::table
        .filter(outbox_orders::mail_id.eq(mail))
        .select(outbox_orders::order_id);
    orders::table
        .filter(orders::id.eq_any(about))
        .order(orders::id)
        .select(orders::id)
        .for_update()
        .load::<Uuid>(connection)
        .map(drop)
}

/// Takes the order's one place for this mail, unless another mail has it.
fn take_place(connection: &mut PgConnection, mail: Uuid) -> QueryResult<bool> {
    let about: Vec<Uuid> = outbox_orders::table
        .filter(outbox_orders::mail_id.eq(mail))
        .select(outbox_orders::order_id)
        .load(connection)?;
    let other_mail = outbox_orders::table
        .filter(outbox_orders::order_id.eq_any(&about))
        .filter(outbox_orders::kind.eq(Kind::Reminder))
        .filter(not(outbox_orders::void))
        .filter(outbox_orders::mail_id.ne(mail));
    let other_decision = decisions::table
        .filter(decisions::order_id.eq_any(&about))
        .filter(decisions::decision.eq_any(Decision::STANDING))
        .filter(decisions::mail_id.ne(mail));
    if select(exists(other_mail).or(exists(other_decision))).get_result(connection)? {
        return Ok(false);
    }
    diesel::update(outbox_orders::table.filter(outbox_orders::mail_id.eq(mail)))
        .set(outbox_orders::void.eq(false))
        .execute(connection)?;
    Ok(true)
}
