//! What a session comes to: prices found, currencies compared, shipping and discount counted, the
//! total checked.

use serde_json::{Value, json};

use super::catalogue::{Catalogue, ShippingRate};
use super::discount::{self, Discount};
use super::ids;
use super::money;
use super::price::Price;
use super::refusal::Refusal;
use super::shipping;

#[derive(Debug, Clone)]
pub struct Line {
    pub id: String,
    pub price: Price,
    /// None for what is billed by use.
    pub quantity: Option<i64>,
    pub metadata: Value,
    /// Its part of what is taken off the session.
    pub discount: i64,
}

/// What is to be paid.
#[derive(Debug, Clone, Default)]
pub struct Bill {
    pub lines: Vec<Line>,
    /// Empty where nothing is sold.
    pub currency: String,
    /// What the lines come to.
    pub subtotal: i64,
    pub discount: Option<Discount>,
    /// What is offered; the first is chosen until the payer chooses.
    pub shipping: Vec<ShippingRate>,
}

/// Makes the bill of checked parameters, with what stands in the account at hand.
///
/// # Errors
/// On a price, a shipping rate or a discount that is unknown or no longer to be had, on a price of
/// the other mode, on mixed or unknown currencies, and on a total that Stripe would not charge.
pub fn bill(params: &Value, catalogue: &Catalogue) -> Result<Bill, Refusal> {
    let mode = params["mode"].as_str().unwrap_or_default();
    if mode == "setup" {
        let currency = params["currency"].as_str().unwrap_or_default();
        return Ok(Bill {
            currency: currency.to_lowercase(),
            ..Bill::default()
        });
    }
    let items = params["line_items"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let lines = items
        .iter()
        .enumerate()
        .map(|(i, item)| line(item, &format!("line_items[{i}]"), catalogue))
        .collect::<Result<Vec<Line>, Refusal>>()?;
    one_kind(&lines, mode)?;
    let currency = one_currency(&lines, params["currency"].as_str())?;
    let mut bill = Bill {
        subtotal: subtotal(&lines, &currency)?,
        discount: discount::given(params, catalogue)?,
        shipping: shipping::offered(params, &currency, catalogue)?,
        lines,
        currency,
    };
    bill.check_total()?;
    if let Some(discount) = &bill.discount {
        share(&mut bill.lines, discount);
    }
    Ok(bill)
}

fn line(item: &Value, at: &str, catalogue: &Catalogue) -> Result<Line, Refusal> {
    let price = match item["price"].as_str() {
        Some(id) => of_catalogue(id, &format!("{at}[price]"), catalogue)?,
        None => inline(&item["price_data"], &format!("{at}[price_data]"))?,
    };
    Ok(Line {
        id: ids::short("li"),
        quantity: quantity(item, &price, at)?,
        price,
        metadata: item.get("metadata").cloned().unwrap_or_else(|| json!({})),
        discount: 0,
    })
}

fn of_catalogue(id: &str, at: &str, catalogue: &Catalogue) -> Result<Price, Refusal> {
    let price = catalogue.price(id).ok_or_else(|| Refusal {
        status: 400,
        ..Refusal::no_such("price", id, at)
    })?;
    if !price.active {
        let message =
            format!("The price specified is inactive. This field only accepts active prices: {id}");
        return Err(Refusal::invalid(at, message));
    }
    if !price.product_active {
        let message = format!(
            "Price `{id}` is not available to be purchased because its product is not active."
        );
        return Err(Refusal::invalid(at, message));
    }
    Ok(price.clone())
}

fn quantity(item: &Value, price: &Price, at: &str) -> Result<Option<i64>, Refusal> {
    match (item["quantity"].as_i64(), price.metered) {
        (None, true) => Ok(None),
        (Some(count), false) => Ok(Some(count)),
        (None, false) => Err(Refusal::missing(&format!("{at}[quantity]"))),
        (Some(_), true) => {
            let message = format!(
                "Quantity should not be specified where usage_type is `metered`. Remove quantity \
                 from `{at}`"
            );
            Err(Refusal::invalid(format!("{at}[quantity]"), message))
        }
    }
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

fn subtotal(lines: &[Line], currency: &str) -> Result<i64, Refusal> {
    lines
        .iter()
        .try_fold(0_i64, |sum, line| sum.checked_add(line.amount()?))
        .filter(|total| *total <= money::MOST)
        .ok_or_else(|| too_large("line_items", currency))
}

/// Gives each line its part of the discount, so that the parts add up to the whole.
pub fn share(lines: &mut [Line], discount: &Discount) {
    let mut before = 0;
    for line in lines {
        let after = before + line.amount().unwrap_or_default();
        line.discount = discount.of(after) - discount.of(before);
        before = after;
    }
}

impl Bill {
    /// What is owed.
    pub fn total(&self) -> i64 {
        let off = self
            .discount
            .as_ref()
            .map_or(0, |discount| discount.of(self.subtotal));
        self.subtotal - off + self.shipping.first().map_or(0, |rate| rate.amount)
    }

    /// A subscription may begin with nothing to pay (docs.stripe.com/payments/checkout/free-trials), and so
    /// may a payment, by its lines or by a discount, since API version 2023-08-16
    /// (docs.stripe.com/payments/checkout/no-cost-orders).
    fn check_total(&self) -> Result<(), Refusal> {
        let (total, currency) = (self.total(), &self.currency);
        if total > money::MOST {
            return Err(too_large("line_items", currency));
        }
        if total != 0 && total < money::least(currency) {
            let message = format!(
                "The Checkout Session's total amount due must add up to at least {}",
                money::written(money::least(currency), currency)
            );
            return Err(Refusal::coded("amount_too_small", "line_items", message));
        }
        Ok(())
    }
}

fn too_large(param: &str, currency: &str) -> Refusal {
    let most = money::written(money::MOST, currency);
    let message = format!("The amount must be no more than {most}");
    Refusal::coded("amount_too_large", param, message)
}

impl Line {
    /// None when it is more than a number can hold; nothing yet for what is billed by use.
    pub fn amount(&self) -> Option<i64> {
        let quantity = self.quantity.unwrap_or_default();
        self.price.unit_amount.checked_mul(quantity)
    }

    /// Stripe's `item` object.
    pub fn to_json(&self, created: i64) -> Value {
        let amount = self.amount().unwrap_or(i64::MAX);
        json!({
            "id": self.id,
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": self.discount,
            "amount_subtotal": amount,
            "amount_tax": 0,
            "amount_total": amount - self.discount,
            "currency": self.price.currency,
            "description": self.price.product,
            "metadata": self.metadata,
            "price": self.price.to_json(created),
            "quantity": self.quantity,
        })
    }
}

#[cfg(test)]
mod tests;
