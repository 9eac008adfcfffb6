//! Schemas in words: of what kind a field is, whether it must be there, what it means. Pure.

use serde::Serialize;
use serde_json::Value;

use super::{
    example,
    words::{self, Paragraph, pieces},
};

/// Where the document keeps its shapes.
const SHAPES: &str = "#/components/schemas/";

/// A shape that bodies and answers have.
#[derive(Serialize)]
pub struct Shape {
    pub name: String,
    about: Paragraph,
    kind: Kind,
    fields: Vec<Field>,
    example: String,
}

/// A field, or a parameter.
#[derive(Debug, Serialize)]
pub struct Field {
    pub name: String,
    pub must: bool,
    pub kind: Kind,
    pub about: Paragraph,
}

/// `a list of Order, or null`
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// What stands before the shape's name, or all of it.
    pub words: String,
    /// A shape that stands on the page.
    pub shape: Option<String>,
    /// What stands behind.
    pub more: &'static str,
}

/// All shapes of the document.
pub fn shapes(document: &Value) -> Vec<Shape> {
    let all = document["components"]["schemas"].as_object();
    let all = all.into_iter().flatten();
    let shapes = all.map(|(name, schema)| Shape {
        name: name.clone(),
        about: pieces(&words::of(&schema["description"])),
        fields: fields(document, schema),
        kind: kind(schema),
        example: match &schema["examples"][0] {
            Value::Null => String::new(),
            example => example::pretty(example),
        },
    });
    shapes.collect()
}

/// What a `$ref` names, or the schema itself.
pub fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    let named = schema["$ref"].as_str();
    let found = named.and_then(|name| document.pointer(name.trim_start_matches('#')));
    found.unwrap_or(schema)
}

/// The fields of an object, those of the shapes that it is made of among them.
pub fn fields(document: &Value, schema: &Value) -> Vec<Field> {
    let schema = resolved(document, schema);
    let mut fields: Vec<Field> = Vec::new();
    let parts = schema["allOf"].as_array().into_iter().flatten();
    // What is said again of a field is said more exactly.
    for field in parts.flat_map(|part| self::fields(document, part)) {
        fields.retain(|known| known.name != field.name);
        fields.push(field);
    }
    let required = |name: &String| {
        let names = schema["required"].as_array();
        names.is_some_and(|names| names.iter().any(|it| it == name))
    };
    let own = schema["properties"].as_object().into_iter().flatten();
    fields.extend(own.map(|(name, schema)| Field {
        name: name.clone(),
        must: required(name),
        kind: kind(schema),
        about: pieces(&words::of(&schema["description"])),
    }));
    fields
}

/// Of what kind a value is.
pub fn kind(schema: &Value) -> Kind {
    if let Some(shape) = words::of(&schema["$ref"]).strip_prefix(SHAPES) {
        return Kind {
            shape: Some(shape.to_owned()),
            ..Kind::default()
        };
    }
    if let Some(choices) = schema["enum"].as_array() {
        let choices: Vec<String> = choices.iter().map(in_words).collect();
        return Kind {
            words: format!("one of {}", choices.join(", ")),
            ..Kind::default()
        };
    }
    let ways = ["oneOf", "anyOf"].iter();
    if let Some(ways) = ways.filter_map(|name| schema[*name].as_array()).next() {
        return either(ways);
    }
    of_types(schema)
}

/// One of some; that it may be null stands last.
fn either(ways: &[Value]) -> Kind {
    let is_null = |way: &&Value| way["type"] == "null";
    let more = match ways.iter().any(|way| is_null(&way)) {
        true => ", or null",
        false => "",
    };
    let others: Vec<&Value> = ways.iter().filter(|way| !is_null(way)).collect();
    match others[..] {
        [only] => Kind { more, ..kind(only) },
        _ => {
            let all: Vec<String> = others.iter().map(|way| kind(way).words).collect();
            Kind {
                words: all.join(", or "),
                shape: None,
                more,
            }
        }
    }
}

fn of_types(schema: &Value) -> Kind {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let more = match types.contains(&"null") {
        true => ", or null",
        false => "",
    };
    let mut types = types.into_iter().filter(|name| *name != "null");
    let word = match types.next() {
        Some("array") => {
            let of = kind(&schema["items"]);
            return Kind {
                words: format!("a list of {}", of.words),
                shape: of.shape,
                more,
            };
        }
        Some("string") => match schema["format"].as_str() {
            Some("date-time") => "a time",
            Some("date") => "a day",
            Some("uuid") => "an id",
            _ => "a text",
        },
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "true or false",
        Some("object") => "an object",
        _ => "anything",
    };
    Kind {
        words: format!("{word}{}", limits(schema)),
        shape: None,
        more,
    }
}

/// ` from 1 to 200`
fn limits(schema: &Value) -> String {
    let (least, most) = (&schema["minimum"], &schema["maximum"]);
    let length = &schema["maxLength"];
    match (least.is_number(), most.is_number(), length.is_number()) {
        (true, true, _) => format!(" from {least} to {most}"),
        (true, false, _) => format!(" of {least} or more"),
        (false, true, _) => format!(" of at most {most}"),
        (false, false, true) => format!(" of at most {length} letters"),
        (false, false, false) => String::new(),
    }
}

fn in_words(choice: &Value) -> String {
    match choice {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(schema: &Value) -> String {
        let kind = kind(schema);
        format!(
            "{}{}{}",
            kind.words,
            kind.shape.unwrap_or_default(),
            kind.more
        )
    }

    #[test]
    fn a_kind_is_said_in_words() {
        let order = json!({ "$ref": "#/components/schemas/Order" });
        for (schema, words) in [
            (order.clone(), "Order"),
            (
                json!({ "type": "array", "items": order }),
                "a list of Order",
            ),
            (
                json!({ "oneOf": [order, { "type": "null" }] }),
                "Order, or null",
            ),
            (
                json!({ "type": ["string", "null"], "maxLength": 9 }),
                "a text of at most 9 letters, or null",
            ),
            (json!({ "type": "string", "format": "date-time" }), "a time"),
            (
                json!({ "type": "integer", "minimum": 1, "maximum": 200 }),
                "a whole number from 1 to 200",
            ),
            (json!({ "enum": ["a", null] }), "one of a, null"),
            (json!({ "type": "boolean" }), "true or false"),
            (json!({}), "anything"),
        ] {
            assert_eq!(said(&schema), words);
        }
    }

    #[test]
    fn a_shape_has_the_fields_of_those_that_it_is_made_of() {
        let document = json!({ "components": { "schemas": { "Page": {
            "required": ["data"], "properties": { "data": { "type": "array", "items": {} }, "next": {} }
        } } } });
        let page = json!({ "allOf": [
            { "$ref": "#/components/schemas/Page" },
            { "properties": { "data": { "type": "array", "items": { "type": "integer" } } } },
        ] });
        let fields = fields(&document, &page);
        let told: Vec<(&str, &str)> = fields
            .iter()
            .map(|field| (field.name.as_str(), field.kind.words.as_str()))
            .collect();
        assert_eq!(
            told,
            [("next", "anything"), ("data", "a list of a whole number")]
        );
    }
}
