//! What is on the page of a case.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use uuid::Uuid;

use super::{
    case_view::{Read, ending},
    case_words,
    dispute_words::dispute,
    line::named,
    prose::Prose,
    when::When,
};
use crate::{
    case::{CaseState, Kind, Place, action::How},
    order::{Order, line::Line, money::as_told, state::Verdict},
    settlement::Payment,
};

/// The page.
#[derive(Serialize)]
pub struct Page {
    id: Uuid,
    title: Prose,
    /// The same without marks.
    plain_title: String,
    is_open: bool,
    about: Option<About>,
    sum: String,
    payments: Vec<Row>,
    how_that_can_be: &'static str,
    /// Answers, for whoever may give one.
    choices: Vec<Choice>,
    needs_role: bool,
    is_asked: bool,
    is_under_way: bool,
    failure: Option<String>,
    decided: Option<Decided>,
    same_address: Vec<Target>,
    others: Vec<Target>,
    typed: Typed,
    error: Option<String>,
    ask: Option<String>,
    at_stripe: Vec<String>,
    dispute: Option<String>,
}

/// What was picked and written, kept where it was refused.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Typed {
    pub how: Option<How>,
    pub order_id: String,
    pub reference: String,
    pub note: String,
}

#[derive(Serialize)]
struct About {
    id: Uuid,
    what: String,
    reference: String,
    email: Option<String>,
}

#[derive(Serialize)]
struct Row {
    what: &'static str,
    at: When,
    tone: &'static str,
    mark: &'static str,
    did: &'static str,
    amount: String,
}

#[derive(Serialize)]
struct Choice {
    how: &'static str,
    title: String,
    text: String,
    takes_an_order: bool,
    picked: bool,
}

#[derive(Serialize)]
struct Decided {
    how: &'static str,
    to: Option<String>,
    by: String,
    at: When,
    note: Option<String>,
}

#[derive(Serialize)]
struct Target {
    id: Uuid,
    reference: String,
    name: Option<String>,
    picked: bool,
}

impl Page {
    /// `may`: whether whoever reads it may decide.
    pub fn of(
        read: &Read,
        (zone, now): (Tz, DateTime<Utc>),
        may: bool,
        typed: Typed,
        error: Option<String>,
    ) -> Self {
        let case = &read.case;
        let is_open = case.state == CaseState::Open;
        let target = |place: &Place| Target {
            id: place.id,
            reference: place.reference.clone(),
            name: place.name.clone(),
            picked: typed.order_id == place.id.to_string(),
        };
        let of_address = |same: bool| {
            let places = read
                .places
                .iter()
                .filter(|place| place.same_address == same);
            places.map(target).collect()
        };
        let (state, version) = read
            .order
            .as_ref()
            .map_or((None, 1), |order| (Some(order.state), order.version));
        let order_email = read.order.as_ref().and_then(|order| order.email.as_ref());
        Self {
            id: case.id,
            plain_title: read.title().plain(),
            title: read.title(),
            is_open,
            about: read.order.as_ref().map(about),
            sum: sum(read),
            payments: payments(read, zone),
            how_that_can_be: case_words::how_that_can_be(case.kind, state, version),
            choices: if may {
                choices(read, typed.how, now)
            } else {
                Vec::new()
            },
            needs_role: !may && !case.actions.is_empty(),
            is_asked: case.refunding_at.is_some() && case.refund_id.is_none(),
            is_under_way: case.refunding_at.is_some() && case.refund_id.is_some(),
            failure: case.refund_failure.clone().filter(|_| is_open),
            decided: decided(read, zone),
            same_address: of_address(true),
            others: of_address(false),
            error,
            ask: order_email
                .map(|email| email.as_str().to_owned())
                .or_else(|| case.email.clone())
                .filter(|_| is_open),
            at_stripe: [&case.payment_intent, &case.session_id]
                .into_iter()
                .flatten()
                .cloned()
                .chain(case.dispute.as_ref().map(|dispute| dispute.id.clone()))
                .collect(),
            dispute: case
                .dispute
                .as_ref()
                .map(|told| dispute(&told.status, told.reason.as_deref())),
            typed,
        }
    }
}

fn about(order: &Order) -> About {
    About {
        id: order.id,
        what: order.lines.first().map_or_else(String::new, called),
        reference: order.reference.clone(),
        email: order.email.as_ref().map(|email| email.as_str().to_owned()),
    }
}

fn called(line: &Line) -> String {
    match line {
        Line::Inline { description, .. } => description.as_str().to_owned(),
        Line::Catalogue { seen, price, .. } => seen.as_ref().map_or_else(
            || price.as_str().to_owned(),
            |seen| seen.description.as_str().to_owned(),
        ),
    }
}

/// What was owed against what came.
fn sum(read: &Read) -> String {
    let case = &read.case;
    let came: i64 = read
        .payments
        .iter()
        .filter(|payment| payment.currency == case.currency)
        .map(|payment| payment.amount)
        .sum();
    match (case.kind, read.owed()) {
        (Kind::SecondPayment | Kind::Mismatch, Some(owed)) => {
            format!("{owed} was owed, {} came", as_told(came, &case.currency))
        }
        (Kind::Dispute, _) => format!("{} is disputed", read.amount()),
        (Kind::Refund, _) => format!("{} went back", read.amount()),
        (Kind::SecondPayment | Kind::Mismatch | Kind::Orphan, _) => {
            format!("{} came", read.amount())
        }
    }
}

fn payments(read: &Read, zone: Tz) -> Vec<Row> {
    let case = &read.case;
    let waits = |payment: &Payment| {
        case.state == CaseState::Open && payment.payment_intent == case.payment_intent
    };
    let rows = read.payments.iter().enumerate().map(|(at, payment)| {
        let (tone, mark, did) = match payment.verdict {
            Verdict::Settles if waits(payment) && case.kind == Kind::Dispute => {
                ("bad", "scale", "Settled the order, and is disputed")
            }
            Verdict::Settles => ("good", "tick", "Settled the order"),
            Verdict::SecondPayment | Verdict::Mismatch if waits(payment) => {
                ("bad", "scale", "Waits for a decision")
            }
            Verdict::SecondPayment | Verdict::Mismatch => ("stop", "dash", "Decided"),
        };
        Row {
            what: ["First payment", "Second payment", "Third payment"]
                .get(at)
                .copied()
                .unwrap_or("A further payment"),
            at: When::of(payment.at, zone),
            tone,
            mark,
            did,
            amount: as_told(payment.amount, &payment.currency),
        }
    });
    let mut rows: Vec<Row> = rows.collect();
    if rows.is_empty() && case.kind == Kind::Orphan {
        let is_open = case.state == CaseState::Open;
        rows.push(Row {
            what: "One payment",
            at: When::of(case.opened_at, zone),
            tone: if is_open { "bad" } else { "stop" },
            mark: "scale",
            did: if is_open {
                "Belongs to no order"
            } else {
                "Decided"
            },
            amount: read.amount(),
        });
    }
    rows
}

fn choices(read: &Read, picked: Option<How>, now: DateTime<Utc>) -> Vec<Choice> {
    let case = &read.case;
    let asks_again = case.refunding_at.is_some();
    let choices = case.actions.iter().map(|how| {
        let answer = read.answer(*how, None, now);
        Choice {
            how: how.name(),
            title: if asks_again {
                "Ask Stripe again to give it back".to_owned()
            } else {
                answer.title.to_owned()
            },
            text: answer.text,
            takes_an_order: how.takes_an_order(),
            picked: picked == Some(*how),
        }
    });
    choices.collect()
}

fn decided(read: &Read, zone: Tz) -> Option<Decided> {
    let case = &read.case;
    let (how, by, at) = (
        case.resolved_how?,
        case.resolved_by.as_deref()?,
        case.resolved_at?,
    );
    Some(Decided {
        how: ending(case.kind, how),
        to: read.moved_to.clone(),
        by: named(by),
        at: When::of(at, zone),
        note: case.note.clone(),
    })
}
