//! Parameters against Stripe's own description of each request (`schema.json`).
//!
//! Strings become what the schema says they are; what it does not name is refused.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::refusal::Refusal;

static SCHEMAS: OnceLock<Value> = OnceLock::new();

/// Checks the parameters of one endpoint, named like `POST /v1/checkout/sessions`.
///
/// # Errors
/// With the answer that Stripe gives for the first thing that is wrong.
pub fn check(endpoint: &str, params: Value) -> Result<Value, Refusal> {
    let schemas = SCHEMAS.get_or_init(|| {
        serde_json::from_str(include_str!("schema.json")).expect("schema.json is part of the build")
    });
    typed(&schemas["requests"][endpoint], params, "")
}

fn typed(schema: &Value, value: Value, param: &str) -> Result<Value, Refusal> {
    if let Some(choices) = schema["anyOf"].as_array() {
        return typed(choice(choices, &value), value, param);
    }
    match schema["type"].as_str() {
        Some("object") => object(schema, value, param),
        Some("array") => array(schema, value, param),
        _ => scalar(schema, value, param),
    }
}

/// Of several allowed forms the one that this value is written in.
fn choice<'a>(choices: &'a [Value], value: &Value) -> &'a Value {
    let branch = |schema: &&Value| matches!(schema["type"].as_str(), Some("object" | "array"));
    let found = match value {
        Value::String(text) => choices
            .iter()
            .find(|schema| allows(schema, text))
            .or_else(|| choices.iter().find(|schema| !branch(schema))),
        _ => choices.iter().find(branch),
    };
    found.unwrap_or(&choices[0])
}

fn allows(schema: &Value, text: &str) -> bool {
    match schema["enum"].as_array() {
        Some(values) => values.iter().any(|value| value == text),
        None => false,
    }
}

fn object(schema: &Value, value: Value, param: &str) -> Result<Value, Refusal> {
    let given = match value {
        Value::Object(given) => given,
        Value::Array(entries) => numbered(entries),
        _ => return Err(Refusal::invalid(param, "Invalid hash")),
    };
    let named = &schema["properties"];
    let others = &schema["additionalProperties"];
    if let Some(required) = schema["required"].as_array() {
        let missing = required
            .iter()
            .filter_map(Value::as_str)
            .find(|name| !given.contains_key(*name));
        if let Some(name) = missing {
            return Err(Refusal::missing(&below(param, name)));
        }
    }
    unknown(named, others, &given, param)?;
    if others["type"] == "string" {
        return metadata(given, param);
    }
    given
        .into_iter()
        .map(|(name, value)| {
            let at = below(param, &name);
            let value = match named.get(&name) {
                Some(schema) => typed(schema, value, &at)?,
                None => value,
            };
            Ok((name, value))
        })
        .collect::<Result<Map<_, _>, _>>()
        .map(Value::Object)
}

fn unknown(
    named: &Value,
    others: &Value,
    given: &Map<String, Value>,
    param: &str,
) -> Result<(), Refusal> {
    if others.is_object() || others == &json!(true) {
        return Ok(());
    }
    let names: Vec<String> = given
        .keys()
        .filter(|name| named.get(name.as_str()).is_none())
        .map(|name| below(param, name))
        .collect();
    let Some(first) = names.first() else {
        return Ok(());
    };
    let plural = if names.len() > 1 { "s" } else { "" };
    let message = format!("Received unknown parameter{plural}: {}", names.join(", "));
    Err(Refusal::coded("parameter_unknown", first, message))
}

/// docs.stripe.com/metadata: 50 keys of 40 characters, values of 500; an empty value unsets.
fn metadata(given: Map<String, Value>, param: &str) -> Result<Value, Refusal> {
    if given.len() > 50 {
        let message = format!(
            "Metadata can have up to 50 keys, but you passed in {}.",
            given.len()
        );
        return Err(Refusal::invalid(param, message));
    }
    let mut kept = Map::new();
    for (key, value) in given {
        let at = below(param, &key);
        let Value::String(text) = value else {
            return Err(Refusal::invalid(at, "Metadata values must be strings."));
        };
        let (long_key, long_value) = (key.chars().count(), text.chars().count());
        if long_key > 40 {
            let message = format!(
                "Metadata keys can have up to 40 characters, but you passed in a key that is \
                 {long_key} characters. Invalid key: {key}"
            );
            return Err(Refusal::invalid(param, message));
        }
        if long_value > 500 {
            let message = format!(
                "Metadata values can have up to 500 characters, but you passed in a value that is \
                 {long_value} characters. Invalid value: {text}"
            );
            return Err(Refusal::invalid(at, message));
        }
        if !text.is_empty() {
            kept.insert(key, Value::String(text));
        }
    }
    Ok(Value::Object(kept))
}

fn array(schema: &Value, value: Value, param: &str) -> Result<Value, Refusal> {
    let entries = match value {
        Value::Array(entries) => entries,
        Value::Object(sparse) if sparse.keys().all(|key| key.parse::<u32>().is_ok()) => {
            in_order(sparse)
        }
        _ => return Err(Refusal::invalid(param, "Invalid array")),
    };
    if let Some(most) = schema["maxItems"].as_u64()
        && entries.len() as u64 > most
    {
        let message = format!("Array {param} exceeded maximum {most} allowed elements.");
        return Err(Refusal::invalid(param, message));
    }
    entries
        .into_iter()
        .enumerate()
        .map(|(i, entry)| typed(&schema["items"], entry, &below(param, &i.to_string())))
        .collect::<Result<Vec<_>, _>>()
        .map(Value::Array)
}

fn scalar(schema: &Value, value: Value, param: &str) -> Result<Value, Refusal> {
    let kind = schema["type"].as_str().unwrap_or("string");
    let Value::String(text) = value else {
        return Err(Refusal::invalid(param, format!("Invalid {kind}")));
    };
    if let Some(allowed) = schema["enum"].as_array() {
        return match allows(schema, &text) {
            true => Ok(Value::String(text)),
            false => Err(not_one_of(allowed, param)),
        };
    }
    if text.is_empty() {
        return Err(empty(param));
    }
    match kind {
        "integer" => integer(schema, &text, param),
        "number" => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(json!(number)),
            _ => Err(Refusal::invalid(param, format!("Invalid decimal: {text}"))),
        },
        "boolean" => match text.as_str() {
            "true" => Ok(json!(true)),
            "false" => Ok(json!(false)),
            _ => Err(Refusal::invalid(param, format!("Invalid boolean: {text}"))),
        },
        _ => string(schema, text, param),
    }
}

fn integer(schema: &Value, text: &str, param: &str) -> Result<Value, Refusal> {
    let refuse = |message| Refusal::coded("parameter_invalid_integer", param, message);
    let number: i64 = text
        .parse()
        .map_err(|_| refuse(format!("Invalid integer: {text}")))?;
    let bound = |word: &str, limit| {
        format!("This value must be {word} than or equal to {limit} (it currently is '{number}').")
    };
    match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        (Some(least), _) if number < least => Err(refuse(bound("greater", least))),
        (_, Some(most)) if number > most => Err(refuse(bound("less", most))),
        _ => Ok(json!(number)),
    }
}

fn string(schema: &Value, text: String, param: &str) -> Result<Value, Refusal> {
    match schema["maxLength"].as_u64() {
        Some(most) if text.chars().count() as u64 > most => {
            let start: String = text.chars().take(20).collect();
            Err(Refusal::invalid(
                param,
                format!("Invalid string: {start}...; must be at most {most} characters"),
            ))
        }
        _ => Ok(Value::String(text)),
    }
}

fn not_one_of(allowed: &[Value], param: &str) -> Refusal {
    let names: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
    let list = match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{}, or {last}", rest.join(", ")),
        _ => names.join(", "),
    };
    Refusal::invalid(param, format!("Invalid {param}: must be one of {list}"))
}

fn empty(param: &str) -> Refusal {
    let message = format!(
        "You passed an empty string for '{param}'. We assume empty values are an attempt to unset \
         a parameter; however '{param}' cannot be unset. You should remove '{param}' from your \
         request or supply a non-empty value."
    );
    Refusal::coded("parameter_invalid_empty", param, message)
}

fn below(param: &str, name: &str) -> String {
    match param {
        "" => name.to_owned(),
        _ => format!("{param}[{name}]"),
    }
}

fn numbered(entries: Vec<Value>) -> Map<String, Value> {
    let keys = (0..).map(|i: usize| i.to_string());
    keys.zip(entries).collect()
}

fn in_order(sparse: Map<String, Value>) -> Vec<Value> {
    let mut entries: Vec<(u32, Value)> = sparse
        .into_iter()
        .filter_map(|(key, value)| Some((key.parse().ok()?, value)))
        .collect();
    entries.sort_by_key(|(number, _)| *number);
    entries.into_iter().map(|(_, value)| value).collect()
}

#[cfg(test)]
mod tests;
