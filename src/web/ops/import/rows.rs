//! What a spreadsheet would do, as rows of a page.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    import::{
        Difference, Left, Taken, What, Why,
        file::{BadRow, Entry, Fault, Import, cells_of},
    },
    language::Language,
    legible::excerpt,
    order::{CurrencySum, line::total, money::Money, state::State},
    web::ops::{line::sentence, orders::sum::add_up},
};

/// Letters of a cell that are shown.
const LETTERS: usize = 120;
/// Columns of a line that are shown: the required ones and some more.
const COLUMNS: usize = 12;
/// How orders are changed here.
const UPDATE: &str = "tick “Change orders that are here already”";

/// A line that cannot be taken.
#[derive(Serialize)]
pub struct Wrong {
    pub line: u64,
    /// Whom it is about: their name, else the reference, else the line.
    pub who: String,
    /// All that is wrong with it.
    pub said: Vec<String>,
    /// What is wrong with the line and not with a cell that is shown.
    pub why: Vec<String>,
    pub cells: Vec<Cell>,
}

#[derive(Serialize)]
pub struct Cell {
    pub column: String,
    pub text: String,
    pub why: Option<String>,
}

/// One thing that would change.
#[derive(Serialize)]
pub struct Change {
    pub order: uuid::Uuid,
    pub who: String,
    pub reference: String,
    pub what: String,
    pub now: String,
    pub would_be: String,
}

/// An order that would be new.
#[derive(Serialize)]
pub struct New {
    pub line: u64,
    pub who: String,
    pub reference: String,
    pub email: String,
    pub amount: String,
}

/// One that would stay as it is though the file says something else.
#[derive(Serialize)]
pub struct LeftOut {
    pub order: uuid::Uuid,
    pub who: String,
    pub reference: String,
    pub why: String,
}

/// All lines that cannot be taken, in their order.
pub fn bad(import: &Import, taken: &[Taken]) -> Vec<BadRow> {
    let refused = import
        .orders
        .iter()
        .zip(taken)
        .filter_map(|(entry, taken)| {
            let Taken::Refused(why) = taken else {
                return None;
            };
            let column = match why {
                Why::Taken | Why::ChangedSince | Why::Subscription | Why::Metadata => {
                    Some("reference".to_owned())
                }
                Why::Currency => Some("currency".to_owned()),
                Why::Prior(_) => None,
            };
            let said = why.sentence(UPDATE);
            let reason = said.strip_prefix("currency: ").unwrap_or(&said).to_owned();
            Some(BadRow {
                line: entry.line,
                reference: Some(entry.order.reference.to_string()),
                faults: vec![Fault { column, reason }],
            })
        });
    let mut all: Vec<BadRow> = import.bad.iter().cloned().chain(refused).collect();
    all.sort_by_key(|bad| bad.line);
    all
}

/// Some of them with their cells, and what is wrong above the value.
pub fn wrong(content: &str, bad: &[BadRow]) -> Vec<Wrong> {
    if bad.is_empty() {
        return Vec::new();
    }
    let lines: BTreeSet<u64> = bad.iter().map(|bad| bad.line).collect();
    let (names, mut cells) = cells_of(content.as_bytes(), &lines);
    let row = |bad: &BadRow| {
        let cells = cells.remove(&bad.line).unwrap_or_default();
        let why_of = |column: &str| {
            let of = bad.faults.iter().filter(|fault| {
                let named = fault.column.as_deref();
                named.is_some_and(|named| named.eq_ignore_ascii_case(column))
            });
            let said: Vec<String> = of.map(|fault| sentence(&fault.reason)).collect();
            (!said.is_empty()).then(|| said.join(". "))
        };
        let cells: Vec<Cell> = names
            .iter()
            .zip(cells)
            .take(COLUMNS)
            .map(|(column, text)| Cell {
                column: excerpt(column, LETTERS),
                text: excerpt(&text, LETTERS),
                why: why_of(column),
            })
            .collect();
        let stands = |fault: &&Fault| {
            let column = fault.column.as_deref().unwrap_or_default();
            !cells
                .iter()
                .any(|cell| cell.column.eq_ignore_ascii_case(column))
        };
        let name = cells
            .iter()
            .find(|cell| cell.column.eq_ignore_ascii_case("name") && !cell.text.is_empty());
        let who = name.map(|cell| cell.text.clone());
        let who = who.or_else(|| bad.reference.as_deref().map(|name| excerpt(name, LETTERS)));
        Wrong {
            line: bad.line,
            who: who.unwrap_or_else(|| format!("line {}", bad.line)),
            said: bad.faults.iter().map(Fault::to_string).collect(),
            why: bad
                .faults
                .iter()
                .filter(stands)
                .map(|fault| sentence(&fault.to_string()))
                .collect(),
            cells,
        }
    };
    bad.iter().map(row).collect()
}

/// Everything that would change.
pub fn changes((entry, taken): (&Entry, &Taken)) -> Vec<Change> {
    let Taken::Changed(differs, _) = taken else {
        return Vec::new();
    };
    let change = |difference: &Difference| Change {
        order: differs.order,
        who: differs.who.clone(),
        reference: entry.order.reference.to_string(),
        what: what(&difference.what),
        now: difference.now.clone(),
        would_be: difference.would_be.clone(),
    };
    differs.differences.iter().map(change).collect()
}

fn what(what: &What) -> String {
    match what {
        What::Email => "E-mail".to_owned(),
        What::Name => "Name".to_owned(),
        What::Amount => "Amount".to_owned(),
        What::Lines => "For what".to_owned(),
        What::Locale => "Language".to_owned(),
        What::Meta(key) => key.clone(),
    }
}

pub fn new(entry: &Entry) -> New {
    let order = &entry.order;
    let name = order.name.as_ref().map(ToString::to_string);
    let email = order.email.as_ref();
    New {
        line: entry.line,
        who: name.unwrap_or_else(|| order.reference.to_string()),
        reference: order.reference.to_string(),
        email: email.map_or_else(String::new, |email| email.as_str().to_owned()),
        amount: amount(entry),
    }
}

fn amount(entry: &Entry) -> String {
    let minor = total(&entry.order.lines).unwrap_or(0);
    Money::new(minor, entry.order.currency).format(Language::ENGLISH)
}

/// What the new ones come to, by currency.
pub fn sum<'e>(entries: impl Iterator<Item = &'e Entry>) -> Vec<CurrencySum> {
    add_up(entries.map(|entry| (entry.order.currency, total(&entry.order.lines).unwrap_or(0))))
}

pub fn left((entry, taken): (&Entry, &Taken)) -> Option<LeftOut> {
    let Taken::LeftAlone(left, differs) = taken else {
        return None;
    };
    let amount = differs
        .differences
        .iter()
        .find(|difference| difference.what == What::Amount);
    let stands = match left {
        Left::Cart => "is a cart that somebody left: nobody owes for it.",
        Left::Stands(State::Open) => "is owed.",
        Left::Stands(State::Processing { .. }) => "a payment is on its way.",
        Left::Stands(State::InReview { .. }) => "money came that is being checked.",
        Left::Stands(State::Paid { .. }) => "has paid.",
        Left::Stands(State::PartiallyRefunded { .. }) => "has paid, and got part of it back.",
        Left::Stands(State::Refunded { .. }) => "was paid back.",
        Left::Stands(State::SettledOffline { .. }) => "was settled without Stripe.",
        Left::Stands(State::Cancelled { .. }) => "was cancelled.",
    };
    let says = amount.map(|amount| {
        format!(
            " The file says {}, the order {}.",
            amount.would_be, amount.now
        )
    });
    Some(LeftOut {
        order: differs.order,
        who: differs.who.clone(),
        reference: entry.order.reference.to_string(),
        why: format!("{stands}{}", says.unwrap_or_default()),
    })
}
