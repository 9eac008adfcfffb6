//! An order as a row of a list.

use chrono_tz::Tz;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    language::Language,
    listing::Listed,
    news::News,
    order::{Kind, Order, Status, wording},
    web::ops::when::When,
};

/// Whose order it is and what it asks for.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub id: Uuid,
    /// Their name, or the reference where there is none.
    pub who: String,
    pub reference: String,
    pub what: String,
    pub status: &'static str,
    pub amount: String,
    pub news: Option<Told>,
}

/// The last news.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    pub phrase: &'static str,
    pub at: When,
}

impl Row {
    pub fn of(order: &Order) -> Self {
        Self {
            id: order.id,
            who: who(order).to_owned(),
            reference: order.reference.clone(),
            what: what(order),
            status: pill(order),
            amount: amount(order),
            news: None,
        }
    }

    pub fn listed(listed: &Listed, zone: Tz) -> Self {
        Self {
            news: Some(Told {
                phrase: phrase(listed.news),
                at: When::of(listed.at, zone),
            }),
            ..Self::of(&listed.order)
        }
    }
}

/// How an order is called in a sentence: the reference of a cart is ours, and says nothing to anybody.
pub fn who(order: &Order) -> &str {
    let email = order.email.as_ref().map(|email| email.as_str());
    let email = email.filter(|_| order.kind == Kind::Recovered);
    order.name.as_deref().or(email).unwrap_or(&order.reference)
}

/// What it is for: its first line, and how many more.
pub fn what(order: &Order) -> String {
    let mut lines = wording::lines(order);
    let first = lines
        .next()
        .map_or_else(String::new, |line| line.description);
    match lines.count() {
        0 => first,
        1 => format!("{first}, and one more"),
        more => format!("{first}, and {more} more"),
    }
}

/// What it counts for.
pub fn amount(order: &Order) -> String {
    let amount = order.counts_for();
    amount.map_or_else(
        || "not known yet".to_owned(),
        |amount| amount.format(Language::ENGLISH),
    )
}

/// How the pill of an order is called: nobody owes for a cart that they left.
pub fn pill(order: &Order) -> &'static str {
    match (order.kind, order.state.status()) {
        (Kind::Recovered, Status::Open) => "cart",
        (_, status) => status.name(),
    }
}

/// The state as it is said in a sentence: “2 that are paid”.
pub fn in_words(status: Status) -> &'static str {
    match status {
        Status::Open => "owed",
        Status::Processing => "on its way",
        Status::InReview => "being checked",
        Status::Paid => "paid",
        Status::SettledOffline => "settled without Stripe",
        Status::PartiallyRefunded => "partly paid back",
        Status::Refunded => "paid back",
        Status::Cancelled => "cancelled",
    }
}

/// News in a phrase; its time stands beside it.
fn phrase(news: News) -> &'static str {
    match news {
        News::Created => "Made",
        News::MailWaits => "Mail waits its turn",
        News::NotMailed => "Not mailed: asked not to be",
        News::Mailed => "Mailed",
        News::MailUnknown => "Mail: not known whether sent",
        News::GivenUp => "Mail given up",
        News::CameBack => "Mail came back",
        News::Looked => "Opened the link",
        News::PageOpen => "Opened the payment page",
        News::Left => "Left the payment page",
        News::ReminderWaits => "Reminder waits its turn",
        News::Reminded => "Reminded",
        News::OpenAgain => "Owed again",
        News::DebitFailed => "Bank debit failed",
        News::Processing => "Bank debit on its way",
        News::InReview => "Money came that does not fit",
        News::Paid => "Paid",
        News::SettledOffline => "Settled without Stripe",
        News::PartiallyRefunded => "Partly paid back",
        News::Refunded => "Paid back",
        News::Cancelled => "Cancelled",
        News::DoesNotFit => "Money came that does not fit",
        News::PaidTwice => "Paid twice",
        News::Disputed => "Their bank asks for the money back",
        News::RefundUnclear => "Money went back: for which order is not known",
    }
}
