//! A fact as the API shows it. No address and no token is in it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::happened::{Decided, Happened, Mail, What};
use crate::{
    activity::Category,
    case::CaseView,
    session::{AskedBy, SessionState},
};

/// One fact.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// When.
    pub at: DateTime<Utc>,
    /// What it is about.
    pub category: Category,
    /// For people.
    pub what: String,
    /// Who did it, where that is known.
    pub actor: Option<String>,
    /// For machines.
    pub detail: Value,
}

impl From<Happened> for Entry {
    fn from(Happened { at, what }: Happened) -> Self {
        let (category, what, actor, detail) = match what {
            What::Opened(checkout) => (
                Category::Checkout,
                "checkout opened".to_owned(),
                None,
                session(checkout.stripe_id, checkout.asked_by),
            ),
            What::Ended(checkout) => (
                Category::Checkout,
                end(checkout.state).to_owned(),
                None,
                session(checkout.stripe_id, checkout.asked_by),
            ),
            What::Logged(line) => (line.category, line.what, Some(line.actor), line.detail),
            What::CaseOpened(case) => (
                Category::Case,
                format!("case opened: {}", case.kind),
                None,
                json!({ "case": case.id, "amount": case.amount, "currency": case.currency }),
            ),
            What::CaseResolved(case) => resolved(*case),
            What::Queued(mail, by) => queued(&mail, by),
            What::Decided(decided) => (
                Category::Reminder,
                reminder(&decided),
                None,
                json!({ "reason": decided.reason, "due_at": decided.due_at, "mail": decided.mail_id }),
            ),
        };
        Self {
            at,
            category,
            what,
            actor,
            detail,
        }
    }
}

type Parts = (Category, String, Option<String>, Value);

fn session(stripe_id: Option<String>, asked_by: AskedBy) -> Value {
    json!({ "session": stripe_id, "asked_by": asked_by })
}

/// How a checkout ended.
fn end(state: SessionState) -> &'static str {
    match state {
        SessionState::Complete => "checkout completed",
        SessionState::Expired => "checkout expired",
        SessionState::Superseded => "checkout closed by us",
        SessionState::Failed => "no checkout came of it",
        SessionState::Minting | SessionState::Open | SessionState::Closing => "checkout goes on",
    }
}

fn resolved(case: CaseView) -> Parts {
    let how = case.resolved_how.map_or("", |how| how.name());
    (
        Category::Case,
        format!("case resolved: {} by {how}", case.kind),
        case.resolved_by,
        json!({ "case": case.id, "note": case.note, "moved_to": case.moved_to }),
    )
}

fn queued(mail: &Mail, by: Option<String>) -> Parts {
    let Mail {
        id,
        kind,
        state,
        due_at,
        ..
    } = mail;
    (
        Category::Mail,
        format!("mail queued: {kind}"),
        by,
        json!({ "mail": id, "kind": kind, "state": state, "due_at": due_at }),
    )
}

fn reminder(decided: &Decided) -> String {
    match decided.reason {
        Some(why) => format!("no reminder: {why}"),
        None => "reminder scheduled".to_owned(),
    }
}
