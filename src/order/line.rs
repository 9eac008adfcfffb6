//! The lines of an order: what is owed, one position each.

use serde::{Deserialize, Serialize};

use super::amount::{AmountError, MAX_MINOR, check_minor};
use super::currency::Currency;
use super::money::Money;
use super::problem::Problems;
use super::text::Description;
use crate::language::Language;

/// How many lines a Checkout Session takes (API reference, `line_items`).
pub const MAX_LINES: usize = 100;

/// What is wrong with no lines at all.
pub(super) const NO_LINES: &str = "an order needs at least one line";

/// A checked line. Its JSON is what the API answers and what the database keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// Named and priced by the order itself.
    Inline {
        /// What it is for.
        description: Description,
        /// The price of one, in minor units of the order's currency; more than zero, but for what was
        /// free in a cart that was restored.
        unit_amount: i64,
        /// How many.
        quantity: Quantity,
        /// How often it is paid, if again and again; only in a cart that was restored.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recurring: Option<Recurring>,
        /// Stripe's word for whether taxes are in it; only in a cart that was restored.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tax_behavior: Option<String>,
    },
    /// A price of the shop's catalogue at Stripe, which alone knows the amount.
    Catalogue {
        /// The id of the price.
        price: PriceId,
        /// How many.
        quantity: Quantity,
        /// What it was called and came to in the cart that was restored.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Seen>,
    },
}

/// How often a line is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recurring {
    /// Stripe's word: `day`, `week`, `month` or `year`.
    pub interval: String,
    /// Each so many of them.
    pub interval_count: u32,
}

/// What a payer saw of a catalogue price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// What it was called.
    pub description: Description,
    /// What the whole line came to, in minor units.
    pub amount: i64,
    /// How often it is paid, if again and again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurring: Option<Recurring>,
    /// Stripe's word for whether taxes are in it: `inclusive`, `exclusive` or `unspecified`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_behavior: Option<String>,
}

impl Line {
    /// A line with a price of its own that comes to what was seen. Where that is no whole number for
    /// each piece (tiers, fractions of a cent), it is one piece.
    pub fn as_seen(seen: Seen, quantity: Quantity) -> Self {
        let pieces = i64::from(quantity.get());
        let (unit_amount, quantity) = if seen.amount % pieces == 0 {
            (seen.amount / pieces, quantity)
        } else {
            (seen.amount, Quantity::ONE)
        };
        Self::Inline {
            description: seen.description,
            unit_amount,
            quantity,
            recurring: seen.recurring,
            tax_behavior: seen.tax_behavior,
        }
    }

    /// What the line comes to in minor units; unknown for a catalogue price.
    pub fn total(&self) -> Option<i64> {
        match self {
            Self::Inline {
                unit_amount,
                quantity,
                ..
            } => Some(unit_amount.saturating_mul(quantity.get().into())),
            Self::Catalogue { .. } => None,
        }
    }
}

/// Whether Stripe must be asked before it is known what these lines come to.
pub fn have_catalogue_prices(lines: &[Line]) -> bool {
    lines.iter().any(|line| line.total().is_none())
}

/// What the lines come to in minor units; unknown as long as a catalogue price has a say in it.
pub fn total(lines: &[Line]) -> Option<i64> {
    lines.iter().map(Line::total).sum()
}

/// How many of something: 1 to 999,999, which is what Stripe takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct Quantity(u32);

/// A quantity out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the quantity must be a whole number from 1 to 999999")]
pub struct QuantityError;

impl Quantity {
    /// One of it.
    pub const ONE: Self = Self(1);

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = QuantityError;

    fn try_from(number: i64) -> Result<Self, QuantityError> {
        match u32::try_from(number) {
            Ok(number @ 1..=999_999) => Ok(Self(number)),
            _ => Err(QuantityError),
        }
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

/// The id of a price at Stripe: `price_…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PriceId(String);

/// A text that is not the id of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the id of a price; copy it from Stripe's catalogue, it begins with price_")]
pub struct PriceIdError;

impl PriceId {
    /// The id as Stripe writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PriceId {
    type Error = PriceIdError;

    fn try_from(text: String) -> Result<Self, PriceIdError> {
        let id = text.trim();
        let tail = id.strip_prefix("price_").unwrap_or_default();
        let well_formed = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if tail.is_empty() || id.len() > 255 || !tail.bytes().all(well_formed) {
            return Err(PriceIdError);
        }
        Ok(Self(id.to_owned()))
    }
}

impl From<PriceId> for String {
    fn from(price: PriceId) -> Self {
        price.0
    }
}

/// A line as it comes in: either `{description, unit_amount, quantity}` or `{price, quantity}`;
/// a quantity that is left out is 1.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineDraft {
    description: Option<String>,
    unit_amount: Option<i64>,
    price: Option<String>,
    quantity: Option<i64>,
}

impl LineDraft {
    /// Checks the line; without a currency, which then is a problem of its own, as far as it goes.
    fn check(
        self,
        field: &str,
        currency: Option<Currency>,
        problems: &mut Problems,
    ) -> Option<Line> {
        let quantity = self.quantity.map_or(Ok(Quantity::ONE), Quantity::try_from);
        let quantity = problems.take(&format!("{field}.quantity"), quantity);
        if let Some(price) = self.price {
            if self.description.is_some() || self.unit_amount.is_some() {
                problems.add(
                    field,
                    "give either price, or description and unit_amount, and not both",
                );
                return None;
            }
            let price = problems.take(&format!("{field}.price"), PriceId::try_from(price))?;
            return Some(Line::Catalogue {
                price,
                quantity: quantity?,
                seen: None,
            });
        }
        let description = Description::parse(&self.description.unwrap_or_default());
        let description = problems.take(&format!("{field}.description"), description);
        let unit_amount = check_unit_amount(self.unit_amount, currency);
        let unit_amount = problems.take(&format!("{field}.unit_amount"), unit_amount);
        Some(Line::Inline {
            description: description?,
            unit_amount: unit_amount?,
            quantity: quantity?,
            recurring: None,
            tax_behavior: None,
        })
    }
}

fn check_unit_amount(amount: Option<i64>, currency: Option<Currency>) -> Result<i64, String> {
    let minor =
        amount.ok_or("the amount is missing; write it in minor units, like 4500 for 45.00")?;
    match currency {
        Some(currency) => check_minor(minor, currency).map_err(|error| error.to_string())?,
        None if minor <= 0 => return Err(AmountError::NotPositive.to_string()),
        None => {}
    }
    Ok(minor)
}

/// Checks all lines and notes every problem under `lines[…]`; `None` if there was one.
pub(super) fn check_lines(
    drafts: Vec<LineDraft>,
    currency: Option<Currency>,
    problems: &mut Problems,
) -> Option<Vec<Line>> {
    let lines: Vec<Option<Line>> = drafts
        .into_iter()
        .enumerate()
        .map(|(at, draft)| draft.check(&format!("lines[{at}]"), currency, problems))
        .collect();
    lines.into_iter().collect()
}

/// Checks what the lines come to together: their number, each total and the sum.
pub(super) fn check_sums(lines: &[Line], currency: Currency, problems: &mut Problems) {
    if lines.is_empty() {
        problems.add("lines", NO_LINES);
    }
    if lines.len() > MAX_LINES {
        problems.add(
            "lines",
            format!("there are {} lines; Stripe takes {MAX_LINES}", lines.len()),
        );
    }
    for (at, line) in lines.iter().enumerate() {
        if let Err(reason) = check_line_total(line, currency) {
            problems.add(format!("lines[{at}]"), reason);
            return;
        }
    }
    if known_total(lines) > MAX_MINOR {
        problems.add(
            "lines",
            format!(
                "the order comes to more than the {} that Stripe takes",
                limit(currency)
            ),
        );
    }
}

/// Checks what one line comes to.
pub(crate) fn check_line_total(line: &Line, currency: Currency) -> Result<(), String> {
    match line.total() {
        Some(total) if total > MAX_MINOR => Err(format!(
            "the line comes to more than the {} that Stripe takes",
            limit(currency)
        )),
        _ => Ok(()),
    }
}

fn limit(currency: Currency) -> String {
    Money::new(MAX_MINOR, currency).format(Language::ENGLISH)
}

/// The sum of the lines whose amount is known, in minor units.
pub(super) fn known_total(lines: &[Line]) -> i64 {
    lines
        .iter()
        .filter_map(Line::total)
        .fold(0, i64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_a_line_is_that_of_the_api_and_reads_back() {
        for json in [
            r#"{"description":"Fee U12","unit_amount":4500,"quantity":2}"#,
            r#"{"price":"price_1AbC","quantity":1}"#,
        ] {
            let line: Line = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&line).unwrap(), json);
        }
    }

    #[test]
    fn a_line_comes_to_price_times_quantity_and_a_catalogue_price_is_unknown() {
        let read = |json| serde_json::from_str::<Line>(json).unwrap();
        assert_eq!(
            read(r#"{"description":"Fee","unit_amount":4500,"quantity":2}"#).total(),
            Some(9000)
        );
        assert_eq!(read(r#"{"price":"price_1AbC","quantity":2}"#).total(), None);
    }

    #[test]
    fn what_was_seen_is_kept_to_the_cent() {
        let line = |amount, quantity| {
            let seen = Seen {
                description: Description::parse("Ticket").unwrap(),
                amount,
                recurring: None,
                tax_behavior: None,
            };
            let line = Line::as_seen(seen, Quantity::try_from(quantity).unwrap());
            let Line::Inline {
                unit_amount,
                quantity,
                ..
            } = line
            else {
                unreachable!()
            };
            (unit_amount, quantity.get())
        };
        assert_eq!(line(9_000, 2), (4_500, 2));
        assert_eq!(line(1_000, 3), (1_000, 1));
        assert_eq!(line(0, 4), (0, 4));
    }

    #[test]
    fn quantities_and_price_ids_keep_to_stripes_form() {
        for number in [0, -1, 1_000_000, i64::MAX] {
            assert_eq!(Quantity::try_from(number), Err(QuantityError), "{number}");
        }
        assert_eq!(Quantity::try_from(999_999).unwrap().get(), 999_999);
        for text in ["", "price_", "prod_1", "price_a b", "price_a/../b"] {
            assert_eq!(
                PriceId::try_from(text.to_owned()),
                Err(PriceIdError),
                "{text}"
            );
        }
    }
}
