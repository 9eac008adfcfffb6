//! One call of the API: who may make it, what it takes, what it answers, and how it is made. Pure.

use serde::Serialize;
use serde_json::Value;

use super::{
    example::example,
    schema::{Field, Kind, fields, kind, resolved},
    words::{self, Paragraph, paragraphs, pieces},
};

/// How the document says who may.
const ROLE: &str = "Needs a token with the role ";
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

#[derive(Serialize)]
pub struct Call {
    pub id: String,
    pub group: String,
    pub method: String,
    pub path: String,
    pub title: String,
    pub about: Vec<Paragraph>,
    /// The least that may; empty: everybody.
    pub role: String,
    pub parameters: Vec<Parameter>,
    pub body: Option<Body>,
    pub answers: Vec<Answer>,
    pub curl: String,
}

#[derive(Serialize)]
pub struct Parameter {
    /// `in the path` or `behind the question mark`.
    place: &'static str,
    #[serde(flatten)]
    field: Field,
}

/// What it takes.
#[derive(Serialize)]
pub struct Body {
    media: String,
    kind: Kind,
    must: bool,
    fields: Vec<Field>,
}

#[derive(Serialize)]
pub struct Answer {
    status: String,
    about: Paragraph,
    media: String,
    kind: Option<Kind>,
}

/// All calls, by their path.
pub fn calls(document: &Value) -> Vec<Call> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let calls = paths.flat_map(|(path, item)| {
        let methods = METHODS.iter().filter(|method| item[**method].is_object());
        methods.map(move |method| Call::of(document, path, method, item))
    });
    calls.collect()
}

impl Call {
    fn of(document: &Value, path: &str, method: &str, item: &Value) -> Self {
        let operation = &item[method];
        let about = words::of(&operation["description"]);
        let (text, role) = about.split_once(ROLE).unwrap_or((&about, ""));
        let role = role.trim_end_matches('.').to_owned();
        let declared = [&item["parameters"], &operation["parameters"]];
        let declared = declared.into_iter().filter_map(Value::as_array).flatten();
        let declared: Vec<&Value> = declared.map(|it| resolved(document, it)).collect();
        let method = method.to_uppercase();
        Self {
            id: words::of(&operation["operationId"]),
            group: words::of(&operation["tags"][0]),
            title: words::of(&operation["summary"]),
            about: paragraphs(text),
            curl: curl(document, (&method, path), operation, &declared, &role),
            parameters: declared.iter().map(|it| Parameter::of(it)).collect(),
            body: Body::of(document, &operation["requestBody"]),
            answers: answers(document, operation),
            path: path.to_owned(),
            method,
            role,
        }
    }
}

impl Parameter {
    fn of(parameter: &Value) -> Self {
        let place = match parameter["in"] == "path" {
            true => "in the path",
            false => "behind the question mark",
        };
        Self {
            place,
            field: Field {
                name: words::of(&parameter["name"]),
                must: parameter["required"] == true,
                kind: kind(&parameter["schema"]),
                about: pieces(&words::of(&parameter["description"])),
            },
        }
    }
}

/// The first type of a body, and its schema.
fn content(of: &Value) -> Option<(&String, &Value)> {
    let (media, content) = of["content"].as_object()?.iter().next()?;
    Some((media, &content["schema"]))
}

impl Body {
    fn of(document: &Value, body: &Value) -> Option<Self> {
        let (media, schema) = content(body)?;
        Some(Self {
            media: media.clone(),
            kind: kind(schema),
            must: body["required"] == true,
            fields: fields(document, schema),
        })
    }
}

fn answers(document: &Value, operation: &Value) -> Vec<Answer> {
    let all = operation["responses"].as_object().into_iter().flatten();
    let answers = all.map(|(status, answer)| {
        let answer = resolved(document, answer);
        let content = content(answer);
        Answer {
            status: status.clone(),
            about: pieces(&words::of(&answer["description"])),
            media: content.map_or_else(String::new, |(media, _)| media.clone()),
            kind: content.map(|(_, schema)| kind(schema)),
        }
    });
    answers.collect()
}

/// The call as somebody types it, with `$API` and `$TOKEN` for what the page says first.
fn curl(
    document: &Value,
    (method, path): (&str, &str),
    operation: &Value,
    parameters: &[&Value],
    role: &str,
) -> String {
    let mut path = path.to_owned();
    for parameter in parameters.iter().filter(|it| it["in"] == "path") {
        let name = words::of(&parameter["name"]);
        let value = match &parameter["example"] {
            Value::Null => example(document, &parameter["schema"]),
            given => given.clone(),
        };
        let value = match value.as_str() {
            Some("…") => name.to_uppercase(),
            Some(text) => text.to_owned(),
            None => value.to_string(),
        };
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    let mut lines = match method {
        "GET" => vec![format!("curl \"$API{path}\"")],
        _ => vec![format!("curl -X {method} \"$API{path}\"")],
    };
    if !role.is_empty() {
        lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    if let Some((media, schema)) = content(&operation["requestBody"]) {
        lines.push(format!("-H \"Content-Type: {media}\""));
        lines.push(match media.as_str() {
            "application/json" => {
                let json = example(document, schema).to_string();
                format!("-d '{}'", json.replace('\'', r"'\''"))
            }
            _ => "--data-binary @FILE".to_owned(),
        });
    }
    lines.join(" \\\n  ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_is_written_as_a_shell_takes_it() {
        let document = json!({ "paths": { "/orders/{id}/settle": {
            "parameters": [{ "name": "id", "in": "path", "required": true,
                "schema": { "type": "string", "format": "uuid" } }],
            "post": { "operationId": "settle", "tags": ["orders"], "summary": "Settle",
                "description": "It is `paid`. Needs a token with the role operator.",
                "requestBody": { "content": { "application/json": { "schema": { "examples": [{ "note": "it's" }] } } } },
                "responses": { "204": { "description": "Done." } } } } } });
        let calls = calls(&document);
        let [call] = &calls[..] else {
            panic!("one call")
        };
        assert_eq!(
            (call.role.as_str(), call.method.as_str()),
            ("operator", "POST")
        );
        assert_eq!(
            call.curl,
            "curl -X POST \"$API/orders/0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11/settle\" \\\n  \
             -H \"Authorization: Bearer $TOKEN\" \\\n  -H \"Content-Type: application/json\" \\\n  \
             -d '{\"note\":\"it'\\''s\"}'"
        );
        assert_eq!(call.about[0].len(), 3, "{:?}", call.about);
    }
}
