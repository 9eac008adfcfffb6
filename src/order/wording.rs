//! What an order asks for, in its payer's words: also where the checkout alone knows.

use super::{
    Order,
    line::Line,
    locale::Language::{self, English, German},
    money::Money,
};

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
        || unpriced(language).to_owned(),
        |owed| owed.format(language),
    )
}

/// What stands in the place of an amount that the checkout alone knows.
pub fn unpriced(language: Language) -> &'static str {
    match language {
        English => "the sum shown at the checkout",
        German => "die Summe, die auf der Bezahlseite steht",
    }
}

/// The lines. One with a catalogue price has its name at Stripe: a payer is not shown the price's id.
pub fn lines(order: &Order) -> impl Iterator<Item = WrittenLine> {
    let language = order.locale.language();
    order.lines.iter().map(move |line| match line {
        Line::Inline {
            description,
            quantity,
            ..
        } => WrittenLine {
            description: description.to_string(),
            quantity: quantity.get(),
            amount: line
                .total()
                .map(|total| Money::new(total, order.currency).format(language)),
        },
        Line::Catalogue { quantity, .. } => WrittenLine {
            description: match language {
                English => "Item as named at the checkout".to_owned(),
                German => "Posten laut Bezahlseite".to_owned(),
            },
            quantity: quantity.get(),
            amount: None,
        },
    })
}
