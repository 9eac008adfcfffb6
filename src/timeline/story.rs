//! The facts of an order, put in their order.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Entry;
use crate::{
    activity::Category,
    case::{self, CaseFilter, CaseView},
    mail::{Kind, State},
    reminder::rule::Reason,
    schema::{
        activity, checkout_sessions, outbox, outbox_orders, reminder_decisions, session_orders,
    },
    session::{AskedBy, SessionState},
};

/// Everything that is known, oldest first; of what happened at one moment the checkout comes first,
/// then what followed from it.
pub(super) fn entries(connection: &mut PgConnection, order: Uuid) -> QueryResult<Vec<Entry>> {
    let mut log = lines(connection, order)?;
    let mails = mails(connection, order, &mut log)?;
    let mut story = sessions(connection, order)?;
    story.extend(log);
    story.extend(cases(connection, order)?);
    story.extend(mails);
    story.extend(decisions(connection, order)?);
    story.sort_by_key(|entry| entry.at);
    Ok(story)
}

fn lines(connection: &mut PgConnection, order: Uuid) -> QueryResult<Vec<Entry>> {
    type Line = (DateTime<Utc>, Category, String, String, Value);
    let lines: Vec<Line> = activity::table
        .filter(activity::order_id.eq(order))
        .order(activity::id)
        .select((
            activity::at,
            activity::category,
            activity::what,
            activity::actor,
            activity::detail,
        ))
        .load(connection)?;
    let entry = |(at, category, what, actor, detail)| Entry {
        at,
        category,
        what,
        actor: Some(actor),
        detail,
    };
    // A line that a row tells as well is told by the row, which stays as long as the order.
    let is_told = |line: &Entry| line.detail.get("row").is_some();
    let lines = lines.into_iter().map(entry);
    Ok(lines.filter(|line| !is_told(line)).collect())
}

/// Each mail when it was queued; what became of it is in the log. A line of the log that says that it
/// was queued is taken in: it knows by whom.
fn mails(
    connection: &mut PgConnection,
    order: Uuid,
    log: &mut Vec<Entry>,
) -> QueryResult<Vec<Entry>> {
    type Mail = (Uuid, Kind, State, DateTime<Utc>, Option<DateTime<Utc>>);
    let mails: Vec<Mail> = outbox::table
        .inner_join(outbox_orders::table)
        .filter(outbox_orders::order_id.eq(order))
        .order(outbox::id)
        .select((
            outbox::id,
            outbox::kind,
            outbox::state,
            outbox::created_at,
            outbox::due_at,
        ))
        .load(connection)?;
    let mut told = Vec::with_capacity(mails.len());
    for (id, kind, state, created_at, due_at) in mails {
        let says_so = |line: &Entry| {
            line.at == created_at
                && line.category == Category::Mail
                && line.detail["mail"] == id.to_string()
        };
        let known = log.iter().position(says_so).map(|at| log.remove(at));
        told.push(Entry {
            at: created_at,
            category: Category::Mail,
            what: format!("mail queued: {kind}"),
            actor: known.and_then(|line| line.actor),
            detail: json!({ "mail": id, "kind": kind, "state": state, "due_at": due_at }),
        });
    }
    Ok(told)
}

/// Each checkout when it was opened, and when and how it ended.
fn sessions(connection: &mut PgConnection, order: Uuid) -> QueryResult<Vec<Entry>> {
    type Session = (
        Option<String>,
        SessionState,
        AskedBy,
        Option<DateTime<Utc>>,
        Option<DateTime<Utc>>,
    );
    let sessions: Vec<Session> = session_orders::table
        .inner_join(
            checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
        )
        .filter(session_orders::order_id.eq(order))
        .order(checkout_sessions::id)
        .select((
            checkout_sessions::stripe_id,
            checkout_sessions::state,
            checkout_sessions::asked_by,
            checkout_sessions::minted_at,
            checkout_sessions::ended_at,
        ))
        .load(connection)?;
    let mut told = Vec::new();
    for (stripe_id, state, asked_by, minted_at, ended_at) in sessions {
        let entry = |at, what: &str| Entry {
            at,
            category: Category::Checkout,
            what: what.to_owned(),
            actor: None,
            detail: json!({ "session": stripe_id, "asked_by": asked_by }),
        };
        told.extend(minted_at.map(|at| entry(at, "checkout opened")));
        let end = match state {
            SessionState::Complete => Some("checkout completed"),
            SessionState::Expired => Some("checkout expired"),
            SessionState::Superseded => Some("checkout closed by us"),
            SessionState::Failed => Some("no checkout came of it"),
            SessionState::Minting | SessionState::Open | SessionState::Closing => None,
        };
        told.extend(ended_at.zip(end).map(|(at, what)| entry(at, what)));
    }
    Ok(told)
}

fn cases(connection: &mut PgConnection, order: Uuid) -> QueryResult<Vec<Entry>> {
    let filter = CaseFilter {
        order: Some(order),
        ..CaseFilter::default()
    };
    let mut cases = case::list(connection, &filter, i64::MAX)?;
    cases.reverse();
    Ok(cases.iter().flat_map(opened_and_resolved).collect())
}

fn opened_and_resolved(case: &CaseView) -> Vec<Entry> {
    let entry = |at, what, actor, detail| Entry {
        at,
        category: Category::Case,
        what,
        actor,
        detail,
    };
    let opened = entry(
        case.opened_at,
        format!("case opened: {}", case.kind),
        None,
        json!({ "case": case.id, "amount": case.amount, "currency": case.currency }),
    );
    let resolved = case.resolved_at.zip(case.resolved_how).map(|(at, how)| {
        entry(
            at,
            format!("case resolved: {} by {how}", case.kind),
            case.resolved_by.clone(),
            json!({ "case": case.id, "note": case.note, "moved_to": case.moved_to }),
        )
    });
    [Some(opened), resolved].into_iter().flatten().collect()
}

/// What was decided about each expired checkout. That a reminder was sent is a mail's line.
fn decisions(connection: &mut PgConnection, order: Uuid) -> QueryResult<Vec<Entry>> {
    type Decision = (DateTime<Utc>, Option<Reason>, DateTime<Utc>, Option<Uuid>);
    let decisions: Vec<Decision> = reminder_decisions::table
        .filter(reminder_decisions::order_id.eq(order))
        .order(reminder_decisions::id)
        .select((
            reminder_decisions::decided_at,
            reminder_decisions::reason,
            reminder_decisions::due_at,
            reminder_decisions::mail_id,
        ))
        .load(connection)?;
    let entry = |(at, reason, due_at, mail): Decision| Entry {
        at,
        category: Category::Reminder,
        what: match reason {
            Some(why) => format!("no reminder: {why}"),
            None => "reminder scheduled".to_owned(),
        },
        actor: None,
        detail: json!({ "reason": reason, "due_at": due_at, "mail": mail }),
    };
    Ok(decisions.into_iter().map(entry).collect())
}
