//! The facts of some orders, read from their rows: one statement for each kind of fact, whatever their number.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::word::{Fact, News, last, of_case, of_mail, of_status};
use crate::{
    case,
    mail::{Kind as MailKind, State as MailState},
    order::Status,
    schema::{cases, checkout_sessions, link_looks, orders, outbox, outbox_orders, session_orders},
    session::{SessionOrigin, SessionState},
};

type Time = Option<DateTime<Utc>>;

/// What is known of some orders.
#[derive(Default)]
struct Known {
    facts: HashMap<Uuid, Vec<Fact>>,
    cases: HashMap<Uuid, Fact>,
    /// A mail was handed over, or an older system wrote to them. Neither is ever undone.
    mailed: HashSet<Uuid>,
    /// A mail server took a mail that did not come back.
    sent: HashSet<Uuid>,
    /// Somebody opened the link.
    opened: HashSet<Uuid>,
    /// They are owed.
    owed: HashSet<Uuid>,
}

/// What has been found of an order.
pub(super) struct Found {
    pub order: Uuid,
    pub last: Fact,
    /// A list of those that were never mailed has to ask it.
    pub is_unmailed: bool,
    /// A list of those that have not opened their link has to ask it.
    pub is_unopened: bool,
}

impl Known {
    fn add(&mut self, order: Uuid, at: Time, news: News) {
        if let Some(at) = at {
            self.facts.entry(order).or_default().push((at, news));
        }
    }
}

/// The last news of these orders, and for which lists they are to be asked. `told`: when the log last told of
/// a mail of each, for what has no time of its own.
pub(super) fn of(
    connection: &mut PgConnection,
    ids: &[Uuid],
    told: &HashMap<Uuid, Time>,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Found>> {
    let mut known = Known::default();
    states(connection, ids, &mut known)?;
    mails(connection, ids, told, now, &mut known)?;
    sessions(connection, ids, &mut known)?;
    looks(connection, ids, &mut known)?;
    of_cases(connection, ids, &mut known)?;
    let news = known.facts.iter().filter_map(|(order, facts)| {
        let is_sent = known.sent.contains(order);
        Some(Found {
            order: *order,
            last: last(facts, known.cases.get(order).copied())?,
            is_unmailed: !is_sent && !known.mailed.contains(order),
            is_unopened: is_sent && !known.opened.contains(order),
        })
    });
    Ok(news.collect())
}

/// That it was made, and how it stands. A refund has no time of its own: the trigger that tells of it has.
fn states(connection: &mut PgConnection, ids: &[Uuid], known: &mut Known) -> QueryResult<()> {
    type Row = (Uuid, Status, DateTime<Utc>, [Time; 5], Time);
    type Times = (Time, Time, Time, Time, Time);
    let rows: Vec<(Uuid, Status, DateTime<Utc>, Times, Time)> = orders::table
        .filter(orders::id.eq_any(ids))
        .select((
            orders::id,
            orders::status,
            orders::created_at,
            (
                orders::processing_at,
                orders::in_review_at,
                orders::paid_at,
                orders::settled_at,
                orders::cancelled_at,
            ),
            orders::debit_failed_at,
        ))
        .load(connection)?;
    let rows = rows
        .into_iter()
        .map(|(id, status, created, (a, b, c, d, e), failed)| -> Row {
            (id, status, created, [a, b, c, d, e], failed)
        });
    for (id, status, created_at, evidence, debit_failed_at) in rows {
        known.add(id, Some(created_at), News::Created);
        known.add(id, debit_failed_at, News::DebitFailed);
        if status == Status::Open {
            known.owed.insert(id);
        } else {
            let at = evidence.into_iter().flatten().max();
            known.add(id, at, of_status(status));
        }
    }
    Ok(())
}

fn mails(
    connection: &mut PgConnection,
    ids: &[Uuid],
    told: &HashMap<Uuid, Time>,
    now: DateTime<Utc>,
    known: &mut Known,
) -> QueryResult<()> {
    type Times = (DateTime<Utc>, DateTime<Utc>);
    type Mail = (Uuid, MailKind, MailState, bool, Times, Time, Time);
    let mails: Vec<Mail> = outbox_orders::table
        .inner_join(outbox::table)
        .filter(outbox_orders::order_id.eq_any(ids))
        .select((
            outbox_orders::order_id,
            outbox::kind,
            outbox::state,
            outbox::handed_over,
            (outbox::created_at, outbox::queued_at),
            outbox::sent_at,
            outbox::refused_at,
        ))
        .load(connection)?;
    for (order, kind, state, handed_over, (written_at, queued_at), sent_at, refused_at) in mails {
        if handed_over {
            known.mailed.insert(order);
        }
        if state == MailState::Sent {
            known.sent.insert(order);
        }
        let Some(news) = of_mail(kind, state) else {
            continue;
        };
        let at = match state {
            MailState::Sent => sent_at,
            // The row does not keep for long when it was refused, nor at all when it was given up.
            MailState::Bounced | MailState::Failed | MailState::Unknown => {
                refused_at.or_else(|| told.get(&order).copied().flatten().max(sent_at))
            }
            MailState::Queued
            | MailState::Sending
            | MailState::Suppressed
            | MailState::Cancelled => None,
        };
        // A mailing's mail has its turn later. It waits since it was written.
        let waits_since = match queued_at > now {
            true => written_at,
            false => queued_at,
        };
        known.add(order, at.or(Some(waits_since)), news);
    }
    Ok(())
}

fn sessions(connection: &mut PgConnection, ids: &[Uuid], known: &mut Known) -> QueryResult<()> {
    let sessions: Vec<(Uuid, SessionOrigin, SessionState, Time, Time)> = session_orders::table
        .inner_join(
            checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
        )
        .filter(session_orders::order_id.eq_any(ids))
        .filter(checkout_sessions::origin.eq_any([SessionOrigin::Click, SessionOrigin::Imported]))
        .select((
            session_orders::order_id,
            checkout_sessions::origin,
            checkout_sessions::state,
            checkout_sessions::minted_at,
            checkout_sessions::ended_at,
        ))
        .load(connection)?;
    for (order, origin, state, minted_at, ended_at) in sessions {
        if origin == SessionOrigin::Imported {
            known.mailed.insert(order);
            continue;
        }
        if minted_at.is_some() {
            known.opened.insert(order);
        }
        known.add(order, minted_at, News::PageOpen);
        if state == SessionState::Expired {
            known.add(order, ended_at, News::Left);
        }
    }
    Ok(())
}

fn looks(connection: &mut PgConnection, ids: &[Uuid], known: &mut Known) -> QueryResult<()> {
    let looks: Vec<(Uuid, Time)> = link_looks::table
        .filter(link_looks::order_id.eq_any(ids))
        .select((link_looks::order_id, link_looks::by_person))
        .load(connection)?;
    for (order, by_person) in looks {
        if by_person.is_some() {
            known.opened.insert(order);
        }
        known.add(order, by_person, News::Looked);
    }
    Ok(())
}

/// What waits for somebody; and that it is owed again, since what came went back or counts for another order.
fn of_cases(connection: &mut PgConnection, ids: &[Uuid], known: &mut Known) -> QueryResult<()> {
    type Row = (
        Option<Uuid>,
        case::Kind,
        DateTime<Utc>,
        Time,
        Option<case::Ending>,
    );
    let cases: Vec<Row> = cases::table
        .filter(cases::order_id.eq_any(ids))
        .order(cases::id)
        .select((
            cases::order_id,
            cases::kind,
            cases::opened_at,
            cases::resolved_at,
            cases::resolved_how,
        ))
        .load(connection)?;
    for (order, kind, opened_at, resolved_at, how) in cases {
        let Some(order) = order else {
            continue;
        };
        match (resolved_at, how) {
            (None, _) => {
                known.cases.insert(order, (opened_at, of_case(kind)));
            }
            (Some(_), Some(case::Ending::Refund | case::Ending::Move))
                if known.owed.contains(&order) =>
            {
                known.add(order, resolved_at, of_status(Status::Open));
            }
            (Some(_), _) => {}
        }
    }
    Ok(())
}
