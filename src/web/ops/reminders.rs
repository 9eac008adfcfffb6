//! `/ops/reminders`: one decision for each payment page that was left, with its reason.

use std::collections::HashMap;

use actix_web::{HttpResponse, web::Query};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    desk::Desk,
    guard::Viewer,
    line::{in_words, sentence},
    lists::{COUNTED, PAGE, Pages, Pill, Tab, has_more, href, pill},
    menu::Here,
    refusal::Refusal,
    when::When,
};
use crate::{
    language::Language,
    order::{self, Label, currency::Currency, money::Money},
    reminder::{self, CartSum, Decision, DecisionView},
};

const PATH: &str = "/ops/reminders";

/// What the page is asked for. Whatever cannot be read is as if it had not been said.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    decision: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Serialize)]
struct Page {
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    empty: &'static str,
    pages: Pages,
}

/// A decision.
#[derive(Serialize)]
struct Row {
    who: String,
    reference: String,
    order: Option<String>,
    pill: Pill,
    why: String,
    at: When,
    mail: Option<String>,
}

/// `GET /ops/reminders`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    asked: Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    let decision = Decision::from_name(&asked.decision);
    let before: Option<Uuid> = asked.cursor.parse().ok();
    let (rows, more, labels, carts, counts) = desk
        .read(move |connection| {
            let mut rows = reminder::list(connection, None, decision, None, before, PAGE + 1)?;
            let more = has_more(&mut rows, PAGE);
            let orders = rows.iter().filter_map(|row| row.order_id);
            let labels = order::labels(connection, orders)?;
            let without = rows.iter().filter(|row| row.order_id.is_none());
            let without: Vec<Uuid> = without.map(|row| row.id).collect();
            let carts = reminder::carts_of(connection, &without)?;
            let counts = reminder::counts(connection, COUNTED)?;
            Ok((rows, more, labels, carts, counts))
        })
        .await?;
    let is = decision.map_or("", Decision::name);
    let count = |of| counts.of(of);
    let last = rows.last().filter(|_| more);
    let page = Page {
        tabs: tabs(decision, count),
        rows: rows
            .iter()
            .map(|row| shown(row, &labels, &carts, desk.site.zone))
            .collect(),
        empty: match decision {
            Some(Decision::Scheduled) => {
                "No reminder waits. One that is due an hour or so after somebody left stands here until then."
            }
            Some(Decision::Sent) => "No reminder has been sent yet.",
            Some(Decision::Skipped) => {
                "Nobody who left the payment page was left without a reminder. Whoever gets none stands here, with the reason."
            }
            None => {
                "Nobody has left a payment page yet. For each who does, it stands here whether they are reminded, and why not."
            }
        },
        pages: Pages {
            newest: before.map(|_| href(PATH, &[("decision", is)])),
            older: last.map(|row| {
                let id = row.id.to_string();
                href(PATH, &[("decision", is), ("cursor", &id)])
            }),
        },
    };
    desk.page(&person, Here::Reminders, "reminders.html", &page)
        .await
}

fn tabs(here: Option<Decision>, count: impl Fn(Decision) -> Option<i64>) -> Vec<Tab> {
    let all = Tab::of("All", PATH.to_owned(), here.is_none(), None);
    let decisions = Decision::ALL.map(|decision| {
        let to = href(PATH, &[("decision", decision.name())]);
        let word = in_a_word(decision).word;
        Tab::of(word, to, here == Some(decision), count(decision))
    });
    std::iter::once(all).chain(decisions).collect()
}

fn in_a_word(decision: Decision) -> Pill {
    match decision {
        Decision::Scheduled => pill("wait", "clock", "Will be sent"),
        Decision::Sent => pill("good", "bell", "Sent"),
        Decision::Skipped => pill("stop", "bell-off", "Not sent"),
    }
}

fn shown(
    row: &DecisionView,
    labels: &HashMap<Uuid, Label>,
    carts: &HashMap<Uuid, CartSum>,
    zone: Tz,
) -> Row {
    let label = row.order_id.and_then(|id| labels.get(&id));
    let at = match row.decision {
        Decision::Scheduled => row.due_at,
        Decision::Sent => row.sent_at.unwrap_or(row.due_at),
        Decision::Skipped => row.expired_at,
    };
    let left = When::of(row.expired_at, zone).text;
    Row {
        who: match label {
            Some(label) => label
                .name
                .clone()
                .unwrap_or_else(|| label.reference.clone()),
            None => cart(carts.get(&row.id)),
        },
        reference: label
            .filter(|label| label.name.is_some())
            .map(|label| label.reference.clone())
            .unwrap_or_default(),
        order: label.map(|label| format!("/ops/orders/{}", label.id)),
        pill: in_a_word(row.decision),
        why: match (row.decision, row.reason) {
            (_, Some(reason)) => sentence(in_words(reason)),
            (Decision::Scheduled, None) => format!("They left the payment page on {left}"),
            (Decision::Sent, None) => "The only one".to_owned(),
            (Decision::Skipped, None) => String::new(),
        },
        at: When::of(at, zone),
        mail: row.mail_id.map(|mail| format!("/ops/mail/{mail}")),
    }
}

/// A cart that led to no order of ours.
fn cart(sum: Option<&CartSum>) -> String {
    let amount = sum.and_then(|(amount, currency)| {
        let currency = Currency::parse(currency.as_deref()?).ok()?;
        Some(Money::new((*amount)?, currency).format(Language::ENGLISH))
    });
    match amount {
        Some(amount) => format!("Your shop: a cart of {amount}"),
        None => "Your shop: a cart".to_owned(),
    }
}
