//! The ways of shipping that a session offers (docs.stripe.com/payments/during-payment/charge-shipping).

use serde_json::{Value, json};

use super::catalogue::{Catalogue, ShippingRate};
use super::ids;
use super::refusal::Refusal;

/// The rates that checked parameters offer, the first of them chosen until the payer chooses.
///
/// # Errors
/// On a rate that is unknown or inactive, incomplete, or of another currency than the session.
pub fn offered(
    params: &Value,
    currency: &str,
    catalogue: &Catalogue,
) -> Result<Vec<ShippingRate>, Refusal> {
    let options = params["shipping_options"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    options
        .iter()
        .enumerate()
        .map(|(i, option)| {
            let at = format!("shipping_options[{i}]");
            let rate = match (
                option["shipping_rate"].as_str(),
                &option["shipping_rate_data"],
            ) {
                (Some(id), Value::Null) => known(id, &at, catalogue),
                (None, Value::Null) => Err(Refusal::missing(&format!("{at}[shipping_rate]"))),
                (None, data) => made(data, &format!("{at}[shipping_rate_data]")),
                (Some(_), _) => {
                    let message = format!(
                        "You may only specify one of these parameters: {at}[shipping_rate], \
                         {at}[shipping_rate_data]."
                    );
                    Err(Refusal::coded("parameters_exclusive", &at, message))
                }
            }?;
            of_currency(rate, currency, &at)
        })
        .collect()
}

fn known(id: &str, at: &str, catalogue: &Catalogue) -> Result<ShippingRate, Refusal> {
    let rate = catalogue.shipping_rate(id).filter(|rate| rate.active);
    rate.cloned().ok_or_else(|| Refusal {
        status: 400,
        ..Refusal::no_such("shipping rate", id, &format!("{at}[shipping_rate]"))
    })
}

fn made(data: &Value, at: &str) -> Result<ShippingRate, Refusal> {
    let fixed = &data["fixed_amount"];
    match fixed["amount"].as_i64() {
        None => Err(Refusal::missing(&format!("{at}[fixed_amount]"))),
        Some(amount) if amount < 0 => {
            let at = format!("{at}[fixed_amount][amount]");
            let message = "Invalid non-negative integer";
            Err(Refusal::coded("parameter_invalid_integer", at, message))
        }
        Some(amount) => Ok(ShippingRate {
            id: ids::short("shr"),
            active: true,
            currency: fixed["currency"]
                .as_str()
                .unwrap_or_default()
                .to_lowercase(),
            amount,
        }),
    }
}

fn of_currency(rate: ShippingRate, currency: &str, at: &str) -> Result<ShippingRate, Refusal> {
    if rate.currency == currency {
        return Ok(rate);
    }
    let message = format!(
        "The shipping rate {} is in {}, but the Checkout Session is in {currency}.",
        rate.id, rate.currency
    );
    Err(Refusal::invalid(format!("{at}[shipping_rate]"), message))
}

impl ShippingRate {
    /// As an entry of the session's `shipping_options`.
    pub fn option_json(&self) -> Value {
        json!({ "shipping_amount": self.amount, "shipping_rate": self.id })
    }

    /// As the session's `shipping_cost`, if it is the chosen one.
    pub fn cost_json(&self) -> Value {
        json!({
            "amount_subtotal": self.amount, "amount_tax": 0, "amount_total": self.amount,
            "shipping_rate": self.id,
        })
    }
}

#[cfg(test)]
mod tests;
