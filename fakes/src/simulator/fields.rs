//! A session's `custom_fields`: what the page asks for besides the payment
//! (docs.stripe.com/payments/checkout/custom-fields).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::refusal::Refusal;

const KINDS: [&str; 3] = ["dropdown", "numeric", "text"];

/// Checks typed parameters.
///
/// # Errors
/// On a key that is no word or is used twice, and on settings of another kind of field.
pub fn check(params: &Value) -> Result<(), Refusal> {
    let mut keys = BTreeSet::new();
    for (i, field) in fields(params).iter().enumerate() {
        let at = format!("custom_fields[{i}]");
        let key = field["key"].as_str().unwrap_or_default();
        if !key.chars().all(|c| c.is_ascii_alphanumeric()) {
            let message = format!("Invalid {at}[key]: must be alphanumeric.");
            return Err(Refusal::invalid(format!("{at}[key]"), message));
        }
        if !keys.insert(key) {
            let message = format!("The key `{key}` is used by more than one custom field.");
            return Err(Refusal::invalid(format!("{at}[key]"), message));
        }
        settings(field, &at)?;
    }
    Ok(())
}

fn settings(field: &Value, at: &str) -> Result<(), Refusal> {
    let kind = field["type"].as_str().unwrap_or_default();
    if kind == "dropdown" && field.get(kind).is_none() {
        return Err(Refusal::missing(&format!("{at}[dropdown]")));
    }
    let others = KINDS.iter().filter(|other| **other != kind);
    match others
        .into_iter()
        .find(|other| field.get(**other).is_some())
    {
        None => Ok(()),
        Some(other) => {
            let message = format!("You can not pass `{at}[{other}]` when the type is `{kind}`.");
            Err(Refusal::invalid(format!("{at}[{other}]"), message))
        }
    }
}

/// As the session shows them. Nobody fills them in here: every value is null.
pub fn to_json(params: &Value) -> Value {
    fields(params).iter().map(shown).collect()
}

fn shown(field: &Value) -> Value {
    let kind = field["type"].as_str().unwrap_or_default();
    let mut inner = Map::new();
    let names: &[&str] = match kind {
        "dropdown" => &["default_value", "options"],
        _ => &["default_value", "maximum_length", "minimum_length"],
    };
    for name in names {
        inner.insert((*name).to_owned(), field[kind][*name].clone());
    }
    inner.insert("value".to_owned(), Value::Null);
    json!({
        "key": field["key"],
        "label": field["label"],
        "optional": field["optional"] == true,
        "type": kind,
        kind: inner,
    })
}

fn fields(params: &Value) -> &[Value] {
    params["custom_fields"]
        .as_array()
        .map_or(&[][..], Vec::as_slice)
}

#[cfg(test)]
mod tests;
