//! What Stripe checks in a new Checkout Session beyond the types of its parameters
//! (docs.stripe.com/api/checkout/sessions/create). Needs no state; what stands in the account is
//! looked at in `lines`.

use serde_json::Value;

use super::customer;
use super::fields;
use super::refusal::Refusal;

const HALF_AN_HOUR: i64 = 30 * 60;
const DAY: i64 = 24 * 60 * 60;

/// Checks typed parameters at `now` (seconds).
///
/// # Errors
/// With Stripe's answer to the first broken rule.
pub fn check(params: &Value, now: i64) -> Result<(), Refusal> {
    mode(params)?;
    addresses(params)?;
    expiry(params, now)?;
    customer::check(params)?;
    discounts(params)?;
    fields::check(params)?;
    match params["mode"].as_str() {
        Some("setup") => Ok(()),
        _ => line_items(params),
    }
}

fn mode(params: &Value) -> Result<(), Refusal> {
    let Some(mode) = params["mode"].as_str() else {
        return Err(Refusal::missing("mode"));
    };
    match of_other_modes(mode)
        .iter()
        .find(|name| params.get(**name).is_some())
    {
        None => Ok(()),
        Some(name) => {
            let message = format!("You can not pass `{name}` in `{mode}` mode.");
            Err(Refusal::invalid(*name, message))
        }
    }
}

/// What has no meaning in this mode; the schema knows which modes there are.
fn of_other_modes(mode: &str) -> &'static [&'static str] {
    match mode {
        "payment" => &[
            "subscription_data",
            "setup_intent_data",
            "payment_method_collection",
        ],
        "subscription" => &[
            "payment_intent_data",
            "setup_intent_data",
            "customer_creation",
            "invoice_creation",
            "shipping_options",
        ],
        _ => &[
            "line_items",
            "payment_intent_data",
            "subscription_data",
            "payment_method_collection",
            "invoice_creation",
            "shipping_options",
            "discounts",
            "allow_promotion_codes",
            "submit_type",
        ],
    }
}

fn addresses(params: &Value) -> Result<(), Refusal> {
    match params["ui_mode"].as_str() {
        None | Some("hosted_page") => {}
        Some(other) => {
            let message = format!("This simulator has no `{other}` ui_mode.");
            return Err(Refusal::invalid("ui_mode", message));
        }
    }
    if params.get("return_url").is_some() {
        let message = "You can not pass `return_url` when `ui_mode` is `hosted_page`.";
        return Err(Refusal::invalid("return_url", message));
    }
    if params.get("success_url").is_none() {
        return Err(Refusal::missing("success_url"));
    }
    web_address(params, "success_url")?;
    web_address(params, "cancel_url")
}

fn web_address(params: &Value, name: &str) -> Result<(), Refusal> {
    let Some(url) = params[name].as_str() else {
        return Ok(());
    };
    if url.chars().count() > 5000 {
        let message = format!("Invalid URL: {name} must be at most 5000 characters.");
        return Err(Refusal::coded("url_invalid", name, message));
    }
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(""));
    match host {
        Some(host) if !host.is_empty() && !url.contains(is_blank) => Ok(()),
        Some(_) => Err(Refusal::coded("url_invalid", name, "Not a valid URL")),
        None => {
            let message = "Invalid URL: An explicit scheme (such as https) must be provided.";
            Err(Refusal::coded("url_invalid", name, message))
        }
    }
}

fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control()
}

fn expiry(params: &Value, now: i64) -> Result<(), Refusal> {
    let refuse = |bound: &str| {
        let message =
            format!("The `expires_at` timestamp must be {bound} from Checkout Session creation.");
        Err(Refusal::invalid("expires_at", message))
    };
    match params["expires_at"].as_i64().map(|at| at - now) {
        Some(left) if left < HALF_AN_HOUR => refuse("at least 30 minutes"),
        Some(left) if left > DAY => refuse("less than 24 hours"),
        _ => Ok(()),
    }
}

fn discounts(params: &Value) -> Result<(), Refusal> {
    if params.get("allow_promotion_codes").is_some() && params.get("discounts").is_some() {
        let message =
            "You may only specify one of these parameters: allow_promotion_codes, discounts.";
        return Err(Refusal::coded("parameters_exclusive", "discounts", message));
    }
    Ok(())
}

fn line_items(params: &Value) -> Result<(), Refusal> {
    let items = params["line_items"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    if items.is_empty() {
        return Err(Refusal::missing("line_items"));
    }
    for (i, item) in items.iter().enumerate() {
        line_item(item, &format!("line_items[{i}]"))?;
    }
    Ok(())
}

fn line_item(item: &Value, at: &str) -> Result<(), Refusal> {
    match (item.get("price"), item.get("price_data")) {
        (Some(_), Some(_)) => {
            let message = format!(
                "You may only specify one of these parameters: {at}[price], {at}[price_data]."
            );
            return Err(Refusal::coded("parameters_exclusive", at, message));
        }
        (None, None) => return Err(Refusal::missing(&format!("{at}[price]"))),
        (Some(_), None) => {}
        (None, Some(data)) => price_data(data, &format!("{at}[price_data]"))?,
    }
    let at = format!("{at}[quantity]");
    match item["quantity"].as_i64() {
        // A price of the account may be billed by use.
        None if item.get("price").is_none() => Err(Refusal::missing(&at)),
        Some(count) if count < 1 => {
            let message = format!(
                "This value must be greater than or equal to 1 (it currently is '{count}')."
            );
            Err(Refusal::coded("parameter_invalid_integer", at, message))
        }
        None | Some(_) => Ok(()),
    }
}

fn price_data(data: &Value, at: &str) -> Result<(), Refusal> {
    match (data.get("product"), data.get("product_data")) {
        (None, None) => return Err(Refusal::missing(&format!("{at}[product_data]"))),
        (Some(_), Some(_)) => {
            let message = format!(
                "You may only specify one of these parameters: {at}[product], {at}[product_data]."
            );
            return Err(Refusal::coded("parameters_exclusive", at, message));
        }
        _ => {}
    }
    if data["product_data"]["name"]
        .as_str()
        .is_some_and(|name| name.trim().is_empty())
    {
        let at = format!("{at}[product_data][name]");
        let message = format!("You passed a blank string for '{at}'.");
        return Err(Refusal::coded(
            "parameter_invalid_string_blank",
            at,
            message,
        ));
    }
    if data.get("unit_amount_decimal").is_some() {
        let message = "This simulator knows whole amounts only.";
        return Err(Refusal::invalid(
            format!("{at}[unit_amount_decimal]"),
            message,
        ));
    }
    match data["unit_amount"].as_i64() {
        None => Err(Refusal::missing(&format!("{at}[unit_amount]"))),
        Some(amount) if amount < 0 => {
            let message = "Invalid non-negative integer";
            let at = format!("{at}[unit_amount]");
            Err(Refusal::coded("parameter_invalid_integer", at, message))
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
