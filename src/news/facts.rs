//! The facts of some orders, read from their rows: one statement for each kind of fact, whatever their number.

use std::collections::HashMap;

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
}

impl Known {
    fn add(&mut self, order: Uuid, at: Time, news: News) {
        if let Some(at) = at {
            self.facts.entry(order).or_default().push((at, news));
        }
    }
}

/// The last news of these orders. `told`: when the log last told of each, for what has no time of its own.
pub(super) fn of(
    connection: &mut PgConnection,
    ids: &[Uuid],
    told: &HashMap<Uuid, DateTime<Utc>>,
) -> QueryResult<Vec<(Uuid, Fact)>> {
    let mut known = Known::default();
    states(connection, ids, &mut known)?;
    mails(connection, ids, told, &mut known)?;
    sessions(connection, ids, &mut known)?;
    looks(connection, ids, &mut known)?;
    open_cases(connection, ids, &mut known)?;
    let news = known.facts.iter().filter_map(|(order, facts)| {
        last(facts, known.cases.get(order).copied()).map(|fact| (*order, fact))
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
        if status != Status::Open {
            let at = evidence.into_iter().flatten().max();
            known.add(id, at, of_status(status));
        }
    }
    Ok(())
}

fn mails(
    connection: &mut PgConnection,
    ids: &[Uuid],
    told: &HashMap<Uuid, DateTime<Utc>>,
    known: &mut Known,
) -> QueryResult<()> {
    type Mail = (Uuid, MailKind, MailState, DateTime<Utc>, Time, Time);
    let mails: Vec<Mail> = outbox_orders::table
        .inner_join(outbox::table)
        .filter(outbox_orders::order_id.eq_any(ids))
        .select((
            outbox_orders::order_id,
            outbox::kind,
            outbox::state,
            outbox::queued_at,
            outbox::sent_at,
            outbox::refused_at,
        ))
        .load(connection)?;
    for (order, kind, state, queued_at, sent_at, refused_at) in mails {
        let Some(news) = of_mail(kind, state) else {
            continue;
        };
        let at = match state {
            MailState::Sent => sent_at,
            // The row does not keep for long when it was refused, nor at all when it was given up.
            MailState::Bounced | MailState::Failed | MailState::Unknown => {
                refused_at.or_else(|| told.get(&order).copied().max(sent_at))
            }
            MailState::Queued
            | MailState::Sending
            | MailState::Suppressed
            | MailState::Cancelled => None,
        };
        known.add(order, at.or(Some(queued_at)), news);
    }
    Ok(())
}

fn sessions(connection: &mut PgConnection, ids: &[Uuid], known: &mut Known) -> QueryResult<()> {
    let sessions: Vec<(Uuid, SessionState, Time, Time)> = session_orders::table
        .inner_join(
            checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
        )
        .filter(session_orders::order_id.eq_any(ids))
        .filter(checkout_sessions::origin.eq(SessionOrigin::Click))
        .select((
            session_orders::order_id,
            checkout_sessions::state,
            checkout_sessions::minted_at,
            checkout_sessions::ended_at,
        ))
        .load(connection)?;
    for (order, state, minted_at, ended_at) in sessions {
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
        known.add(order, by_person, News::Looked);
    }
    Ok(())
}

fn open_cases(connection: &mut PgConnection, ids: &[Uuid], known: &mut Known) -> QueryResult<()> {
    let cases: Vec<(Option<Uuid>, case::Kind, DateTime<Utc>)> = cases::table
        .filter(cases::order_id.eq_any(ids))
        .filter(cases::resolved_at.is_null())
        .order(cases::id)
        .select((cases::order_id, cases::kind, cases::opened_at))
        .load(connection)?;
    for (order, kind, at) in cases {
        if let Some(order) = order {
            known.cases.insert(order, (at, of_case(kind)));
        }
    }
    Ok(())
}
