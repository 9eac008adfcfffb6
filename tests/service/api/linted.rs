//! What linters ask of the description for machines, so that nobody needs one to see it break. The README
//! says which we run by hand.

use serde_json::Value;

use super::openapi::{Operation, document, operations};

/// Every part of the document with its place, such as `/components/schemas/Order`.
fn parts<'d>(value: &'d Value, place: String, found: &mut Vec<(String, &'d Value)>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            let named = |(name, part): (&String, _)| (name.replace('/', "~1"), part);
            fields.iter().map(named).collect()
        }
        Value::Array(items) => {
            let numbered = |(at, part): (usize, _)| (at.to_string(), part);
            items.iter().enumerate().map(numbered).collect()
        }
        _ => Vec::new(),
    };
    found.push((place.clone(), value));
    for (name, part) in below {
        parts(part, format!("{place}/{name}"), found);
    }
}

fn is_of_type(schema: &Value, wanted: &str) -> bool {
    match &schema["type"] {
        Value::String(kind) => kind == wanted,
        Value::Array(kinds) => kinds.iter().any(|kind| kind == wanted),
        _ => false,
    }
}

#[test]
fn a_linter_finds_nothing() {
    let document = document();
    let (mut all, mut wrong) = (Vec::new(), Vec::new());
    parts(&document, String::new(), &mut all);
    for (place, part) in all {
        if let Some(named) = part["$ref"].as_str()
            && document.pointer(named.trim_start_matches('#')).is_none()
        {
            wrong.push(format!("{place}: {named} is nowhere"));
        }
        if is_of_type(part, "array") && part.get("items").is_none() {
            wrong.push(format!("{place}: an array of what?"));
        }
        // A branch of `oneOf` may ask for what the schema around it describes.
        if let (Some(required), Some(properties)) =
            (part["required"].as_array(), part["properties"].as_object())
        {
            let undefined = required.iter().filter_map(Value::as_str);
            let undefined = undefined.filter(|name| !properties.contains_key(*name));
            wrong.extend(
                undefined.map(|name| format!("{place}: {name} is required and not described")),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_call_has_a_name_a_tag_and_a_refusal() {
    let document = document();
    let tags: Vec<&Value> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    let mut names = Vec::new();
    for Operation {
        method, template, ..
    } in operations()
    {
        let method = method.as_str().to_lowercase();
        let operation = &document["paths"][&template][&method];
        let what = format!("{method} {template}");
        names.push(operation["operationId"].as_str().expect(&what).to_owned());
        for key in ["summary", "description"] {
            assert!(operation[key].is_string(), "{what}: {key}");
        }
        let its_own = operation["tags"].as_array().expect(&what);
        assert!(
            its_own.iter().all(|tag| tags.contains(&tag)) && !its_own.is_empty(),
            "{what}"
        );
        let mut answers = operation["responses"].as_object().expect(&what).keys();
        assert!(answers.any(|status| status.starts_with('4')), "{what}");
    }
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "each name once");
}

/// What always stands in an answer is said to: each field of a real one that the document calls its own.
#[test]
fn answers_name_what_is_always_there() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        // What is sent to us may leave out anything.
        let is_sent = [
            "New",
            "Change",
            "Note",
            "Nothing",
            "Tester",
            "Starting",
            "Approved",
            "Filter",
            "Settlement",
            "Resolution",
        ];
        if is_sent.iter().any(|part| name.contains(part)) || schema["properties"].is_null() {
            continue;
        }
        assert!(
            schema["required"]
                .as_array()
                .is_some_and(|required| !required.is_empty()),
            "{name}"
        );
    }
}
