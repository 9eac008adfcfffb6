//! `/ops/api`: the API's description for machines, as people read it.

mod call;
mod example;
mod schema;
mod words;

use std::sync::LazyLock;

use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::Value;

use self::{
    call::{Call, calls},
    schema::{Shape, shapes},
    words::{Paragraph, paragraphs},
};
use super::{desk::Desk, guard::Viewer, menu::Here, refusal::Refusal};
use crate::{link::api_path, token::Role, web::api::DOCUMENT};

/// What stands in the document. It is part of the program, and read once.
static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(DOCUMENT).expect("JSON: every test reads it");
    Reference::of(&document)
});

#[derive(Serialize)]
struct Reference {
    about: Vec<Paragraph>,
    groups: Vec<Group>,
    shapes: Vec<Shape>,
}

/// What is about one thing.
#[derive(Serialize)]
struct Group {
    name: String,
    about: Vec<Paragraph>,
    calls: Vec<Call>,
}

#[derive(Serialize)]
struct Page<'a> {
    /// What each path begins with.
    base: String,
    /// Whether tokens are made by whoever looks.
    makes_tokens: bool,
    of: &'a Reference,
}

/// `GET /ops/api`
pub async fn show(Viewer(person): Viewer, desk: Desk) -> Result<HttpResponse, Refusal> {
    let origin = desk.app.public_url.origin().ascii_serialization();
    let page = Page {
        base: format!("{origin}{}", api_path(&desk.app.public_url, "")),
        makes_tokens: person.role >= Role::Admin,
        of: &REFERENCE,
    };
    desk.page(&person, Here::Settings, "api.html", &page).await
}

impl Reference {
    fn of(document: &Value) -> Self {
        let mut calls = calls(document);
        let tags = document["tags"].as_array().into_iter().flatten();
        let groups = tags.map(|tag| {
            let name = words::of(&tag["name"]);
            let (its, others) = calls.drain(..).partition(|call| call.group == name);
            calls = others;
            Group {
                about: paragraphs(&words::of(&tag["description"])),
                calls: its,
                name,
            }
        });
        Self {
            groups: groups.collect(),
            about: paragraphs(&words::of(&document["info"]["description"])),
            shapes: shapes(document),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_of_the_document_stands_in_one_group_with_its_role_and_an_example() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let paths = document["paths"].as_object().unwrap().values();
        let wanted: usize = paths
            .map(|item| item.as_object().unwrap().keys())
            .map(|keys| keys.filter(|key| *key != "parameters").count())
            .sum();
        let calls: Vec<&Call> = REFERENCE
            .groups
            .iter()
            .flat_map(|group| &group.calls)
            .collect();
        assert_eq!(calls.len(), wanted);
        for call in calls {
            assert!(!call.title.is_empty() && !call.answers.is_empty());
            let path = call.path.split('{').next().unwrap();
            assert!(call.curl.contains(path), "{}", call.curl);
            let has_role = !call.role.is_empty();
            assert_eq!(has_role, call.path != "/openapi.json", "{}", call.path);
            assert_eq!(call.curl.contains("Bearer"), has_role, "{}", call.curl);
        }
    }

    #[test]
    fn every_shape_that_is_named_is_there() {
        let text = serde_json::to_value(&*REFERENCE).unwrap().to_string();
        let named = text.split("\"shape\":\"").skip(1);
        let named: Vec<&str> = named.map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(named.len() > 100, "{}", named.len());
        for name in named {
            let is_there = REFERENCE.shapes.iter().any(|shape| shape.name == name);
            assert!(is_there, "{name}");
        }
    }
}
