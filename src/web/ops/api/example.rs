//! A value that fits a schema, to begin with. Pure.

use serde_json::{Map, Value, json};

use super::schema::resolved;

/// Shapes within shapes that are followed: a shape that has itself in it would have no end.
const DEEPEST: usize = 6;

/// What the document gives as an example, or the least that it takes.
pub fn example(document: &Value, schema: &Value) -> Value {
    at_depth(document, schema, 0)
}

/// As people read it.
pub fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn at_depth(document: &Value, schema: &Value, depth: usize) -> Value {
    let schema = resolved(document, schema);
    let given = [
        &schema["examples"][0],
        &schema["example"],
        &schema["enum"][0],
        &schema["default"],
    ];
    if let Some(given) = given.into_iter().find(|value| !value.is_null()) {
        return given.clone();
    }
    if depth == DEEPEST {
        return Value::Null;
    }
    let within = |schema: &Value| at_depth(document, schema, depth + 1);
    let first_way = ["oneOf", "anyOf"].iter().map(|name| &schema[*name][0]);
    if let Some(way) = first_way.into_iter().find(|way| !way.is_null()) {
        return within(way);
    }
    let kind = match &schema["type"] {
        Value::Array(several) => several[0].as_str(),
        one => one.as_str(),
    };
    match kind {
        Some("array") => json!([within(&schema["items"])]),
        Some("integer" | "number") => match &schema["minimum"] {
            Value::Null => json!(1),
            least => least.clone(),
        },
        Some("boolean") => json!(true),
        Some("string") => json!(text(schema)),
        Some("object") => Value::Object(object(schema, within)),
        _ => Value::Null,
    }
}

/// What must be there.
fn object(schema: &Value, within: impl Fn(&Value) -> Value) -> Map<String, Value> {
    let required = schema["required"].as_array().into_iter().flatten();
    let names = required.filter_map(Value::as_str);
    let fields = names.map(|name| (name.to_owned(), within(&schema["properties"][name])));
    fields.collect()
}

fn text(schema: &Value) -> &'static str {
    match schema["format"].as_str() {
        Some("date-time") => "2026-11-28T10:00:00Z",
        Some("date") => "2026-11-28",
        Some("uuid") => "0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11",
        Some("email") => "parent@example.org",
        _ => "…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_that_a_schema_takes_is_its_example() {
        let document = json!({});
        let schema = json!({
            "type": "object", "required": ["how", "at"],
            "properties": { "how": { "enum": ["cash", "cheque"] }, "note": { "type": "string" },
                "at": { "type": "string", "format": "date-time" } }
        });
        assert_eq!(
            example(&document, &schema),
            json!({ "how": "cash", "at": "2026-11-28T10:00:00Z" })
        );
    }

    #[test]
    fn a_shape_that_has_itself_in_it_has_an_end() {
        let document = json!({ "a": { "type": "array", "items": { "$ref": "#/a" } } });
        assert!(example(&document, &json!({ "$ref": "#/a" })).is_array());
    }
}
