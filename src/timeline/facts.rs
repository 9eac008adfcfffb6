//! What decides of an order's next step, read from the rows.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, select},
    prelude::*,
};
use uuid::Uuid;

use super::next::{
    Address, Checkout, Facts, HeldMailing, Mail, OpenCase, RefundInFlight, Reminder, Undone,
};
use crate::{
    case::{self, CaseFilter, CaseState},
    link_looks,
    mail::{BlastState, Kind as MailKind, Mailer, State},
    order::{Order, state::State as OrderState},
    outbox::waiting,
    reminder::{Decision, rule::Reason},
    schema::{
        blasts, checkout_sessions, outbox, outbox_orders, payment_allocations, payments,
        reminder_decisions, session_orders,
    },
    session::{SessionState, newest_first},
    settlement::order_refunds::{RefundState, refunds_of},
    suppression::{self, AddressHash, AddressKey},
};

pub(super) fn next_step_facts(
    connection: &mut PgConnection,
    order: &Order,
    mailer: Option<&Mailer>,
    now: DateTime<Utc>,
) -> QueryResult<Facts> {
    let address = match &order.email {
        Some(email) => Some(AddressKey::load(connection)?.hash(email.as_str())),
        None => None,
    };
    let mail = match address {
        Some(hash) => newest_mail(connection, order, hash, now)?,
        None => None,
    };
    let mail_waits = match mail {
        Some(Mail::Waiting) => waiting(connection, mailer, now)?,
        _ => None,
    };
    Ok(Facts {
        state: order.state,
        case: open_case(connection, order)?,
        refund: refund(connection, order)?,
        refused: refused(connection, order)?,
        debit_failed_at: order.debit_failed_at,
        address: can_be_written_to(connection, address)?,
        mail,
        mail_waits: mail_waits.map(|waiting| waiting.sentence),
        looked: link_looks::of_order(connection, order.id)?.by_person,
        checkout: newest_checkout(connection, order, now)?,
        reminder: newest_decision(connection, order)?,
    })
}

/// The one that has waited longest.
fn open_case(connection: &mut PgConnection, order: &Order) -> QueryResult<Option<OpenCase>> {
    let filter = CaseFilter {
        state: Some(CaseState::Open),
        order: Some(order.id),
        ..CaseFilter::default()
    };
    // Newest first, so that the last is the oldest; nobody has a hundred open cases of one order.
    let case = case::list(connection, &filter, 100)?.pop();
    Ok(case.map(|case| OpenCase {
        id: case.id,
        kind: case.kind,
        actions: case.actions,
        refunding: case.refunding_at.is_some(),
        refund_under_way: case.refund_id.is_some(),
    }))
}

/// The one that has not come to its end: a payment has one at a time.
fn refund(connection: &mut PgConnection, order: &Order) -> QueryResult<Option<RefundInFlight>> {
    let refunds = refunds_of(connection, &[order.id])?;
    let in_flight = refunds.iter().find_map(|refund| match refund.state {
        RefundState::Asked => Some(RefundInFlight::Asked),
        RefundState::UnderWay => Some(RefundInFlight::UnderWay),
        RefundState::Made | RefundState::NotMade => None,
    });
    Ok(in_flight)
}

/// What the newest attempt at the order as it is ended with, if it was no checkout.
fn refused(connection: &mut PgConnection, order: &Order) -> QueryResult<Option<String>> {
    let newest: Option<Option<String>> = session_orders::table
        .inner_join(
            checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
        )
        .filter(session_orders::order_id.eq(order.id))
        .filter(session_orders::version.eq(order.version))
        .order(session_orders::attempt.desc())
        .select(checkout_sessions::failure)
        .first(connection)
        .optional()?;
    Ok(newest.flatten())
}

fn can_be_written_to(
    connection: &mut PgConnection,
    address: Option<AddressHash>,
) -> QueryResult<Address> {
    Ok(match address {
        None => Address::None,
        Some(hash) => match suppression::reason(connection, hash)? {
            Some(why) => Address::Suppressed(why),
            None => Address::Good,
        },
    })
}

fn newest_mail(
    connection: &mut PgConnection,
    order: &Order,
    to: AddressHash,
    now: DateTime<Utc>,
) -> QueryResult<Option<Mail>> {
    // As `State::was_let_be` says.
    let was_let_be = outbox::handed_over.and(outbox::sent_at.is_null());
    let is_due = outbox::due_at.is_null().or(outbox::due_at.le(now));
    let newest: Option<MailRow> = outbox::table
        .inner_join(outbox_orders::table)
        .filter(outbox_orders::order_id.eq(order.id))
        .filter(outbox::state.ne(State::Suppressed))
        .filter(outbox::state.ne(State::Cancelled).or(was_let_be))
        .filter(outbox::address_hash.eq(to.0.to_vec()))
        .filter(
            outbox::kind
                .ne(MailKind::Reminder)
                .or(is_due.assume_not_null()),
        )
        .order(outbox::id.desc())
        .select((
            outbox::id,
            outbox::state,
            outbox::sent_at,
            outbox::last_error,
            outbox::due_at,
            outbox_orders::blast_id,
            outbox_orders::link_version,
        ))
        .first(connection)
        .optional()?;
    let Some(mail) = newest else {
        return Ok(None);
    };
    Ok(match mail.state {
        State::Queued => Some(queued(connection, &mail, now)?),
        State::Sending => Some(Mail::Waiting),
        State::Unknown => Some(Mail::Unknown(mail.id)),
        State::Bounced => Some(Mail::Bounced),
        State::Failed => Some(Mail::GivenUp(mail.id, mail.said)),
        // One mail of a person may have been written before the link was withdrawn, and sent later: it was
        // written anew then, with the version that it has.
        State::Sent if mail.link_version < order.link_version => mail.sent_at.map(Mail::Replaced),
        State::Sent => mail.sent_at.map(Mail::Sent),
        State::Cancelled => Some(Mail::LetBe),
        State::Suppressed => None,
    })
}

#[derive(Queryable)]
struct MailRow {
    id: Uuid,
    state: State,
    sent_at: Option<DateTime<Utc>>,
    said: Option<String>,
    due_at: Option<DateTime<Utc>>,
    blast: Option<Uuid>,
    link_version: i32,
}

/// What a mail waits for.
fn queued(connection: &mut PgConnection, mail: &MailRow, now: DateTime<Utc>) -> QueryResult<Mail> {
    let paused = match mail.blast {
        Some(blast) => blasts::table
            .find(blast)
            .filter(blasts::state.eq(BlastState::Paused))
            .select((blasts::id, blasts::name))
            .first(connection)
            .optional()?,
        None => None,
    };
    Ok(match (paused, mail.due_at.filter(|due| *due > now)) {
        (Some((id, name)), _) => Mail::Held(HeldMailing { id, name }),
        (None, Some(due)) => Mail::Due(due),
        (None, None) => Mail::Waiting,
    })
}

fn newest_checkout(
    connection: &mut PgConnection,
    order: &Order,
    now: DateTime<Utc>,
) -> QueryResult<Checkout> {
    type Row = (
        Uuid,
        SessionState,
        Option<DateTime<Utc>>,
        Option<DateTime<Utc>>,
        bool,
    );
    let newest: Option<Row> = session_orders::table
        .inner_join(
            checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
        )
        .filter(session_orders::order_id.eq(order.id))
        .filter(checkout_sessions::minted_at.is_not_null())
        .order(newest_first())
        .select((
            checkout_sessions::id,
            checkout_sessions::state,
            checkout_sessions::minted_at,
            checkout_sessions::expires_at,
            checkout_sessions::live,
        ))
        .first(connection)
        .optional()?;
    Ok(match newest {
        Some((.., Some(since), Some(until), true)) if until > now => {
            Checkout::Open { since, until }
        }
        // Of an order that is not owed it is not asked: its payment is what it shows.
        Some((session, SessionState::Complete, Some(opened), ..))
            if order.state == OrderState::Open =>
        {
            let paid = paid_with(connection, order, session)?;
            paid.map_or(Checkout::Left(opened), |(at, undone)| {
                Checkout::Undone(at, undone)
            })
        }
        Some((_, _, Some(opened), ..)) => Checkout::Left(opened),
        Some((_, _, None, ..)) | None => Checkout::None,
    })
}

/// When this session was paid, and what became of the money if the order is open all the same; a debit that did
/// not arrive paid nothing.
fn paid_with(
    connection: &mut PgConnection,
    order: &Order,
    session: Uuid,
) -> QueryResult<Option<(DateTime<Utc>, Undone)>> {
    let payment: Option<(Uuid, DateTime<Utc>)> = payments::table
        .filter(payments::session_id.eq(session))
        .select((payments::id, payments::found_at))
        .first(connection)
        .optional()?;
    let Some((payment, at)) = payment else {
        return Ok(None);
    };
    let ours = payment_allocations::table
        .filter(payment_allocations::payment_id.eq(payment))
        .filter(payment_allocations::order_id.eq(order.id));
    let is_ours: bool = select(exists(ours)).get_result(connection)?;
    let undone = match is_ours {
        true => Undone::GivenBack,
        false => Undone::Moved,
    };
    Ok(Some((at, undone)))
}

fn newest_decision(connection: &mut PgConnection, order: &Order) -> QueryResult<Reminder> {
    let newest: Option<(Decision, Option<Reason>, DateTime<Utc>)> = reminder_decisions::table
        .filter(reminder_decisions::order_id.eq(order.id))
        .order(reminder_decisions::id.desc())
        .select((
            reminder_decisions::decision,
            reminder_decisions::reason,
            reminder_decisions::due_at,
        ))
        .first(connection)
        .optional()?;
    Ok(match newest {
        None => Reminder::None,
        Some((Decision::Scheduled, _, due)) => Reminder::Due(due),
        Some((Decision::Sent, ..)) => Reminder::Sent,
        // A constraint holds that what is skipped says why.
        Some((Decision::Skipped, why, _)) => why.map_or(Reminder::None, Reminder::Skipped),
    })
}
