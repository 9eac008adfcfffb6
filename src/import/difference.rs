//! In what an order differs from what a file says, in words: pure.

use std::collections::BTreeMap;

use super::compare::Said;
use crate::{
    language::Language,
    order::{
        Order,
        currency::Currency,
        draft::NewOrder,
        email::Email,
        line::{self, Line},
        money::Money,
    },
};

/// Lines of an order that are named in a difference; the others are counted.
const NAMED: usize = 5;

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub what: What,
    /// As it stands; empty where there is nothing.
    pub now: String,
    /// As the file says.
    pub would_be: String,
}

/// What can differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Whom to write to.
    Email,
    /// Who owes.
    Name,
    /// What it comes to.
    Amount,
    /// What it is for.
    Lines,
    /// The payer's language.
    Locale,
    /// One of the shop's own keys.
    Meta(String),
}

impl What {
    /// The field, as a file and the API name it.
    pub fn field(&self) -> String {
        match self {
            Self::Email => "email".to_owned(),
            Self::Name => "name".to_owned(),
            Self::Amount => "amount".to_owned(),
            Self::Lines => "lines".to_owned(),
            Self::Locale => "locale".to_owned(),
            Self::Meta(key) => format!("meta.{key}"),
        }
    }
}

/// All that differs; the shop's own keys would be `metadata`.
pub(super) fn differences(
    order: &Order,
    given: &NewOrder,
    said: &Said,
    metadata: &BTreeMap<String, String>,
) -> Vec<Difference> {
    let email = |email: &Option<Email>| {
        let email = email.as_ref();
        email.map_or_else(String::new, |email| email.as_str().to_owned())
    };
    let name = given.name.as_ref().map(ToString::to_string);
    let mut all = vec![
        differs(What::Email, email(&order.email), email(&given.email)),
        differs(
            What::Name,
            order.name.clone().unwrap_or_default(),
            name.unwrap_or_default(),
        ),
    ];
    all.extend(owed(order, given));
    if said.locale {
        let (now, would_be) = (order.locale.to_string(), given.locale.to_string());
        all.push(differs(What::Locale, now, would_be));
    }
    for key in &said.meta {
        let of = |keys: &BTreeMap<String, String>| keys.get(key).cloned().unwrap_or_default();
        let what = What::Meta(key.clone());
        all.push(differs(what, of(&order.metadata), of(metadata)));
    }
    all.into_iter().flatten().collect()
}

fn differs(what: What, now: String, would_be: String) -> Option<Difference> {
    (now != would_be).then_some(Difference {
        what,
        now,
        would_be,
    })
}

/// The sum, and the lines where the sum does not tell all.
fn owed(order: &Order, given: &NewOrder) -> [Option<Difference>; 2] {
    if (order.currency, &order.lines) == (given.currency, &given.lines) {
        return [None, None];
    }
    let now = sum(order.amount_total, order.currency);
    let would_be = sum(line::total(&given.lines), given.currency);
    let amount = differs(What::Amount, now, would_be);
    let alone = amount.is_some() && are_called_alike(&order.lines, &given.lines);
    let lines = Difference {
        what: What::Lines,
        now: named(&order.lines, order.currency),
        would_be: named(&given.lines, given.currency),
    };
    [amount, (!alone).then_some(lines)]
}

fn sum(minor: Option<i64>, currency: Currency) -> String {
    minor.map_or_else(String::new, |minor| money(minor, currency))
}

fn money(minor: i64, currency: Currency) -> String {
    Money::new(minor, currency).format(Language::ENGLISH)
}

/// One line that costs something else needs no second row of a table.
fn are_called_alike(one: &[Line], other: &[Line]) -> bool {
    match (one, other) {
        (
            [
                Line::Inline {
                    description,
                    quantity,
                    ..
                },
            ],
            [
                Line::Inline {
                    description: other,
                    quantity: pieces,
                    ..
                },
            ],
        ) => (description, quantity) == (other, pieces),
        _ => false,
    }
}

/// `Fee U12 €45.00; 2 × Shirt €25.00`
fn named(lines: &[Line], currency: Currency) -> String {
    let mut all: Vec<String> = lines
        .iter()
        .take(NAMED)
        .map(|line| one(line, currency))
        .collect();
    if lines.len() > NAMED {
        all.push(format!("{} more", lines.len() - NAMED));
    }
    all.join("; ")
}

fn one(line: &Line, currency: Currency) -> String {
    let (what, quantity, amount) = match line {
        Line::Inline {
            description,
            quantity,
            ..
        } => (description.to_string(), quantity.get(), line.total()),
        Line::Catalogue {
            price,
            quantity,
            seen,
        } => {
            let what = seen.as_ref().map(|seen| seen.description.to_string());
            let what = what.unwrap_or_else(|| price.as_str().to_owned());
            (what, quantity.get(), seen.as_ref().map(|seen| seen.amount))
        }
    };
    let pieces = match quantity {
        1 => String::new(),
        quantity => format!("{quantity} × "),
    };
    let amount = amount.map(|minor| format!(" {}", money(minor, currency)));
    format!("{pieces}{what}{}", amount.unwrap_or_default())
}
