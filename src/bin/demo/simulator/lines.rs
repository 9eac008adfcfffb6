//! The line items of a session: prices found, currencies compared, the total checked.

use serde_json::{Value, json};

use super::ids;
use super::money;
use super::price::Price;
use super::refusal::Refusal;

#[derive(Debug, Clone)]
pub struct Line {
    pub id: String,
    pub price: Price,
    pub quantity: i64,
    pub metadata: Value,
}

/// What is to be paid.
#[derive(Debug, Clone)]
pub struct Bill {
    pub lines: Vec<Line>,
    pub currency: String,
    pub total: i64,
}

/// Makes the bill of checked parameters, with the account's prices at hand.
///
/// # Errors
/// On a price that is unknown, inactive or of the other mode, on mixed or unknown currencies, and
/// on a total that Stripe would not charge.
pub fn bill(params: &Value, find: impl Fn(&str) -> Option<Price>) -> Result<Bill, Refusal> {
    let items = params["line_items"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let lines = items
        .iter()
        .enumerate()
        .map(|(i, item)| line(item, &format!("line_items[{i}]"), &find))
        .collect::<Result<Vec<Line>, Refusal>>()?;
    one_kind(&lines, params["mode"].as_str().unwrap_or_default())?;
    let currency = one_currency(&lines, params["currency"].as_str())?;
    let total = total(&lines, &currency, params["mode"] == "subscription")?;
    Ok(Bill {
        lines,
        currency,
        total,
    })
}

fn line(item: &Value, at: &str, find: impl Fn(&str) -> Option<Price>) -> Result<Line, Refusal> {
    let price = match item["price"].as_str() {
        Some(id) => {
            let at = format!("{at}[price]");
            let price = find(id).ok_or_else(|| Refusal {
                status: 400,
                ..Refusal::no_such("price", id, &at)
            })?;
            if !price.active {
                let message = format!(
                    "The price specified is inactive. This field only accepts active prices: {id}"
                );
                return Err(Refusal::invalid(at, message));
            }
            price
        }
        None => inline(&item["price_data"], &format!("{at}[price_data]"))?,
    };
    Ok(Line {
        id: ids::short("li"),
        price,
        quantity: item["quantity"].as_i64().unwrap_or(1),
        metadata: item.get("metadata").cloned().unwrap_or_else(|| json!({})),
    })
}

fn inline(data: &Value, at: &str) -> Result<Price, Refusal> {
    let price = Price::inline(data);
    if !money::is_known(&price.currency) {
        let message = format!(
            "Invalid currency: {}. Stripe currently supports these currencies: \
             https://stripe.com/docs/currencies",
            price.currency
        );
        return Err(Refusal::invalid(format!("{at}[currency]"), message));
    }
    if price.unit_amount > money::MOST {
        let at = format!("{at}[unit_amount]");
        return Err(too_large(&at, &price.currency));
    }
    if price.unit_amount % money::step(&price.currency) != 0 {
        let message = format!(
            "Invalid integer: amounts in {} must be divisible by {}.",
            price.currency,
            money::step(&price.currency)
        );
        let at = format!("{at}[unit_amount]");
        return Err(Refusal::coded("parameter_invalid_integer", at, message));
    }
    Ok(price)
}

fn one_kind(lines: &[Line], mode: &str) -> Result<(), Refusal> {
    let recurring = lines.iter().any(|line| line.price.recurring.is_some());
    match (mode, recurring) {
        ("payment", true) => Err(Refusal::invalid(
            "line_items",
            "You specified `payment` mode but passed a recurring price. Either switch to \
             `subscription` mode or use only one-time prices.",
        )),
        ("subscription", false) => Err(Refusal::invalid(
            "mode",
            "You must provide at least one recurring price in `subscription` mode when using \
             prices.",
        )),
        _ => Ok(()),
    }
}

fn one_currency(lines: &[Line], named: Option<&str>) -> Result<String, Refusal> {
    let currency = lines
        .first()
        .map_or("", |line| line.price.currency.as_str());
    let other = lines
        .iter()
        .map(|line| line.price.currency.as_str())
        .chain(named)
        .find(|other| !other.eq_ignore_ascii_case(currency));
    match other {
        None => Ok(currency.to_owned()),
        Some(other) => Err(Refusal::invalid(
            "line_items",
            format!(
                "All prices in a Checkout Session must have the same currency, but found \
                 {currency} and {other}."
            ),
        )),
    }
}

/// A subscription may begin with nothing to pay (docs.stripe.com/payments/checkout/free-trials).
fn total(lines: &[Line], currency: &str, may_be_free: bool) -> Result<i64, Refusal> {
    let total = lines
        .iter()
        .try_fold(0_i64, |sum, line| sum.checked_add(line.amount()?))
        .filter(|total| *total <= money::MOST)
        .ok_or_else(|| too_large("line_items", currency))?;
    let free = may_be_free && total == 0;
    if total < money::least(currency) && !free {
        let message = format!(
            "The Checkout Session's total amount due must add up to at least {}",
            money::written(money::least(currency), currency)
        );
        return Err(Refusal::coded("amount_too_small", "line_items", message));
    }
    Ok(total)
}

fn too_large(param: &str, currency: &str) -> Refusal {
    let most = money::written(money::MOST, currency);
    let message = format!("The amount must be no more than {most}");
    Refusal::coded("amount_too_large", param, message)
}

impl Line {
    /// None when it is more than a number can hold.
    fn amount(&self) -> Option<i64> {
        self.price.unit_amount.checked_mul(self.quantity)
    }

    /// Stripe's `item` object.
    pub fn to_json(&self, created: i64) -> Value {
        let amount = self.amount().unwrap_or(i64::MAX);
        json!({
            "id": self.id,
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": 0,
            "amount_subtotal": amount,
            "amount_tax": 0,
            "amount_total": amount,
            "currency": self.price.currency,
            "description": self.price.product,
            "metadata": self.metadata,
            "price": self.price.to_json(created),
            "quantity": self.quantity,
        })
    }
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
