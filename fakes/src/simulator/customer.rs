//! Whom a session is for: a Customer of the account, an address, or nobody that is known.

use serde_json::Value;

use super::refusal::Refusal;

/// Checks typed parameters.
///
/// # Errors
/// On two customers at once, on what only goes with one of the account, and on an address that is none.
pub fn check(params: &Value) -> Result<(), Refusal> {
    if params.get("customer").is_some() {
        return known(params);
    }
    if params.get("customer_update").is_some() {
        let message = "`customer_update` can only be used with `customer` or `customer_account`.";
        return Err(Refusal::invalid("customer_update", message));
    }
    match params["customer_email"].as_str() {
        Some(email) if !is_email(email) => {
            let message = format!("Invalid email address: {email}");
            Err(Refusal::coded("email_invalid", "customer_email", message))
        }
        _ => Ok(()),
    }
}

/// A Customer has its own address, and is only written to where that is asked for. None of the
/// simulated ones has a place to live, which taxes need.
fn known(params: &Value) -> Result<(), Refusal> {
    for other in ["customer_email", "customer_creation"] {
        if params.get(other).is_some() {
            let message =
                format!("You may only specify one of these parameters: customer, {other}.");
            return Err(Refusal::coded("parameters_exclusive", "customer", message));
        }
    }
    let update = |name: &str| params["customer_update"][name] == "auto";
    if params["automatic_tax"]["enabled"] == true && !update("address") && !update("shipping") {
        return Err(Refusal {
            code: Some("customer_tax_location_invalid".to_owned()),
            ..Refusal::plain(
                400,
                "Automatic tax calculation in Checkout requires a valid address on the Customer. \
                 Add a valid address to the Customer or set `customer_update[address]` to 'auto' \
                 to save the billing address entered in Checkout to the Customer.",
            )
        });
    }
    if params["tax_id_collection"]["enabled"] == true && !update("name") {
        return Err(Refusal::plain(
            400,
            "Tax ID collection requires updating business name on the customer. To enable tax ID \
             collection for an existing customer, please set `customer_update[name]` to `auto`.",
        ));
    }
    Ok(())
}

/// The part of an address that Stripe insists on: one `@`, a domain with a dot, plain letters.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || "@,;:<>()[]\\\"".contains(c);
    !local.is_empty()
        && !local.contains(odd)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.contains('.')
        && domain.split('.').all(label)
        && text.len() <= 512
}
