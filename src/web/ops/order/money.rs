//! Amounts and lines of an order as the shop's people read them: in English, whatever the payer's language
//! is, and by the same function.

use serde::Serialize;

use crate::{
    language::Language,
    order::{Order, line::Line, money::Money},
};

/// `€45.00`
pub fn said(minor: i64, order: &Order) -> String {
    Money::new(minor, order.currency).format(Language::ENGLISH)
}

/// What is owed, where it is known.
pub fn owed(order: &Order) -> Option<String> {
    order.owed().map(|money| money.format(Language::ENGLISH))
}

/// The same in a place where there must be words.
pub fn owed_or(order: &Order) -> String {
    owed(order).unwrap_or_else(|| "an amount that Stripe knows".to_owned())
}

/// What came, or what was owed.
pub fn paid(order: &Order) -> String {
    let paid = order.paid.map(|money| money.format(Language::ENGLISH));
    paid.unwrap_or_else(|| owed_or(order))
}

/// What it counts for as it stands, as lists have it.
pub fn counts_for(order: &Order) -> String {
    let amount = order.counts_for();
    amount.map_or_else(|| owed_or(order), |money| money.format(Language::ENGLISH))
}

/// What has been given back, in the payment's currency.
pub fn given_back(order: &Order) -> String {
    let currency = order.paid.map_or(order.currency, |paid| paid.currency);
    Money::new(order.state.refunded(), currency).format(Language::ENGLISH)
}

/// A line of the order.
#[derive(Debug, Clone, Serialize)]
pub struct ShownLine {
    pub what: String,
    pub quantity: u32,
    pub amount: Option<String>,
}

/// The lines.
pub fn lines(order: &Order) -> Vec<ShownLine> {
    let line = |line: &Line| match line {
        Line::Inline {
            description,
            quantity,
            ..
        } => ShownLine {
            what: description.to_string(),
            quantity: quantity.get(),
            amount: line.total().map(|total| said(total, order)),
        },
        Line::Catalogue {
            price,
            quantity,
            seen,
        } => ShownLine {
            what: seen.as_ref().map_or_else(
                || price.as_str().to_owned(),
                |seen| seen.description.to_string(),
            ),
            quantity: quantity.get(),
            amount: seen.as_ref().map(|seen| said(seen.amount, order)),
        },
    };
    order.lines.iter().map(line).collect()
}

/// What the order is for, in a few words.
pub fn what_for(order: &Order) -> String {
    let lines = lines(order);
    match lines.as_slice() {
        [] => String::new(),
        [one] => one.what.clone(),
        [first, more @ ..] => format!("{} and {} more", first.what, more.len()),
    }
}
