//! How many orders, and what they come to, in a phrase.

use crate::{
    language::Language,
    order::{CurrencySum, Order, currency::Currency, money::Money},
};

/// `51 orders` · `1 order`
pub fn orders(count: usize) -> String {
    match count {
        1 => "1 order".to_owned(),
        count => format!("{count} orders"),
    }
}

/// What orders count for, by currency.
pub fn of<'o>(orders: impl Iterator<Item = &'o Order>) -> Vec<CurrencySum> {
    add_up(orders.map(|order| match order.counts_for() {
        Some(amount) => (amount.currency, amount.minor),
        None => (order.currency, 0),
    }))
}

/// What amounts in minor units come to, each that of one order, by currency.
pub fn add_up(amounts: impl Iterator<Item = (Currency, i64)>) -> Vec<CurrencySum> {
    let mut sums: Vec<CurrencySum> = Vec::new();
    for (currency, amount) in amounts {
        let code = currency.code();
        match sums.iter_mut().find(|sum| sum.currency == code) {
            Some(sum) => {
                sum.orders += 1;
                sum.amount += amount;
            }
            None => sums.push(CurrencySum {
                currency: code.to_owned(),
                orders: 1,
                amount,
            }),
        }
    }
    sums.sort_by(|one, other| one.currency.cmp(&other.currency));
    sums
}

/// How many they are, in all currencies.
pub fn count(sums: &[CurrencySum]) -> usize {
    let count: i64 = sums.iter().map(|sum| sum.orders).sum();
    usize::try_from(count).unwrap_or(0)
}

/// `€2,507.00 and £20.00`
pub fn in_words(sums: &[CurrencySum]) -> String {
    let amounts = sums.iter().filter_map(|sum| {
        let currency = Currency::parse(&sum.currency).ok()?;
        Some(Money::new(sum.amount, currency).format(Language::ENGLISH))
    });
    listed(&amounts.collect::<Vec<String>>())
}

/// `€2,507.00, £20.00 and $5.00`
pub fn listed(amounts: &[String]) -> String {
    match amounts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
