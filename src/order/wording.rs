//! What an order asks for, in its payer's words: also where the checkout alone knows.

use super::{
    Order,
    line::{Line, Recurring},
    money::Money,
    text::Description,
};
use crate::language::{Language, orders::Interval};

/// A line as a payer reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenLine {
    /// What it is.
    pub description: String,
    /// How many.
    pub quantity: u32,
    /// What the whole line comes to, if the order says so itself.
    pub amount: Option<String>,
}

/// What is owed, or where that is shown. It stands after a colon as well as in a sentence: "please
/// pay the sum shown at the checkout".
pub fn amount(order: &Order) -> String {
    let language = order.locale.language();
    order.owed().map_or_else(
        || language.words().orders.unpriced.to_owned(),
        |owed| owed.format(language),
    )
}

/// The lines. One with a catalogue price has its name at Stripe: a payer is not shown the price's id.
pub fn lines(order: &Order) -> impl Iterator<Item = WrittenLine> {
    let language = order.locale.language();
    order.lines.iter().map(move |line| match line {
        Line::Inline {
            description,
            quantity,
            recurring,
            ..
        } => WrittenLine {
            description: named(description, recurring.as_ref(), language),
            quantity: quantity.get(),
            amount: line
                .total()
                .map(|total| Money::new(total, order.currency).format(language)),
        },
        Line::Catalogue {
            quantity,
            seen: Some(seen),
            ..
        } => WrittenLine {
            description: named(&seen.description, seen.recurring.as_ref(), language),
            quantity: quantity.get(),
            amount: Some(Money::new(seen.amount, order.currency).format(language)),
        },
        Line::Catalogue {
            quantity,
            seen: None,
            ..
        } => WrittenLine {
            description: language.words().orders.unnamed.to_owned(),
            quantity: quantity.get(),
            amount: None,
        },
    })
}

/// What a line is for, and how often it is paid.
fn named(description: &Description, recurring: Option<&Recurring>, language: Language) -> String {
    match recurring {
        Some(recurring) => format!("{description} ({})", how_often(recurring, language)),
        None => description.to_string(),
    }
}

fn how_often(recurring: &Recurring, language: Language) -> String {
    let interval = match recurring.interval.as_str() {
        "day" => Interval::Day,
        "week" => Interval::Week,
        "month" => Interval::Month,
        _ => Interval::Year,
    };
    (language.words().orders.every)(recurring.interval_count, interval)
}

/// Stands behind the sum of an order whose checkout may add shipping and taxes, or take a discount off.
pub fn additions(order: &Order) -> &'static str {
    if order.has_additions() {
        order.locale.language().words().orders.additions
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_something_is_paid_is_said_in_words() {
        let said = |interval: &str, interval_count| {
            let recurring = Recurring {
                interval: interval.to_owned(),
                interval_count,
            };
            Language::ALL.map(|language| how_often(&recurring, language))
        };
        // English, German, French, Spanish, Italian, Dutch.
        #[rustfmt::skip]
        let expected = [
            ("day", 1, ["every day", "jeden Tag", "chaque jour", "cada día", "ogni giorno", "elke dag"]),
            ("week", 1, ["every week", "jede Woche", "chaque semaine", "cada semana", "ogni settimana", "elke week"]),
            ("month", 1, ["every month", "jeden Monat", "chaque mois", "cada mes", "ogni mese", "elke maand"]),
            ("year", 1, ["every year", "jedes Jahr", "chaque année", "cada año", "ogni anno", "elk jaar"]),
            ("day", 10, ["every 10 days", "alle 10 Tage", "tous les 10 jours", "cada 10 días", "ogni 10 giorni", "elke 10 dagen"]),
            ("week", 2, ["every 2 weeks", "alle 2 Wochen", "toutes les 2 semaines", "cada 2 semanas", "ogni 2 settimane", "elke 2 weken"]),
            ("month", 3, ["every 3 months", "alle 3 Monate", "tous les 3 mois", "cada 3 meses", "ogni 3 mesi", "elke 3 maanden"]),
            ("year", 2, ["every 2 years", "alle 2 Jahre", "tous les 2 ans", "cada 2 años", "ogni 2 anni", "elke 2 jaar"]),
        ];
        for (interval, count, words) in expected {
            assert_eq!(said(interval, count), words);
        }
    }
}
