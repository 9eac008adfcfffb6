//! The description for machines says what is there: every route, and every answer.

use freshmint::token::Role;
use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

use super::{act, get, patch, post, small};
use crate::{
    simulator::RefundStatus,
    support::{Answer, World},
    webhook::post_signed,
};

/// A documented call.
pub struct Operation {
    pub method: Method,
    /// With ids of nothing in it.
    pub path: String,
    pub template: String,
    pub description: String,
    /// The parameters that stand after the question mark.
    pub queries: Vec<String>,
    /// The schema of its body, if it takes one.
    pub body: Option<Value>,
}

pub fn document() -> Value {
    serde_json::from_str(include_str!("../../../src/web/api/openapi.json")).unwrap()
}

/// Every call of the document.
pub fn operations() -> Vec<Operation> {
    const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let mut found = Vec::new();
    for (template, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            if METHODS.contains(&method.as_str()) {
                found.push(Operation {
                    method: method.to_uppercase().parse().unwrap(),
                    path: template
                        .replace("{id}", "0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11")
                        .replace("{email}", "nobody@example.org")
                        .replace("{name}", "nobody"),
                    template: template.clone(),
                    description: operation["description"].as_str().unwrap().to_owned(),
                    queries: queries(&document, operation),
                    body: body(&document, operation),
                });
            }
        }
    }
    found
}

/// What a `$ref` names, or the value itself.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let name = value["$ref"].as_str();
    name.map_or(value, |name| {
        document.pointer(name.trim_start_matches('#')).unwrap()
    })
}

fn queries(document: &Value, operation: &Value) -> Vec<String> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    let all = all.map(|parameter| resolved(document, parameter));
    let all = all.filter(|parameter| parameter["in"] == "query");
    all.map(|parameter| parameter["name"].as_str().unwrap().to_owned())
        .collect()
}

fn body(document: &Value, operation: &Value) -> Option<Value> {
    let body = operation.pointer("/requestBody/content/application~1json/schema")?;
    Some(resolved(document, body).clone())
}

/// The routes as the source has them, like `GET /orders/{id}`.
fn routes_in_the_source() -> Vec<String> {
    let source = include_str!("../../../src/web/api/mod.rs");
    let source: String = source.split_whitespace().collect();
    let mut routes = Vec::new();
    for path in source.split("(api(\"").skip(1) {
        let (path, rest) = path.split_once("\")").unwrap();
        let ends = [".done()", ".with("].map(|end| rest.find(end));
        let end = ends.into_iter().flatten().min().unwrap();
        for method in rest[..end].split('.').skip(1) {
            let (method, _) = method.split_once('(').unwrap();
            routes.push(format!("{} {path}", method.to_uppercase()));
        }
    }
    routes.sort();
    routes
}

#[test]
fn every_route_is_in_the_document_and_the_reverse() {
    let mut documented: Vec<String> = operations()
        .iter()
        .map(|operation| format!("{} {}", operation.method, operation.template))
        .collect();
    documented.sort();
    assert_eq!(documented, routes_in_the_source());
}

#[test]
fn the_document_is_served_to_everybody() {
    let world = World::new();
    let answer = world.ask(Method::GET, "/api/v1/openapi.json", &[]);
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/json")
    );
    assert_eq!(answer.json(), document());
}

/// A schema of the document, to validate by.
fn schema(pointer: &str) -> Validator {
    // A reference is part of an address, where braces are not allowed.
    let pointer = pointer.replace('{', "%7B").replace('}', "%7D");
    let schema = json!({ "$ref": format!("#{pointer}"), "components": document()["components"], "paths": document()["paths"] });
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap_or_else(|error| panic!("{pointer}: {error}"))
}

#[track_caller]
fn validate(pointer: &str, value: &Value) {
    let errors: Vec<String> = schema(pointer)
        .iter_errors(value)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{pointer}: {errors:#?} in {value:#}");
}

#[test]
fn its_own_examples_are_what_it_says() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for example in schema["examples"].as_array().into_iter().flatten() {
            validate(&format!("/components/schemas/{name}"), example);
        }
    }
}

/// Checks that an answer is one that the document has for this call.
#[track_caller]
fn as_documented(method: &str, template: &str, answer: &Answer) -> Value {
    let document = document();
    let path = template.replace('/', "~1");
    let responses = format!("/paths/{path}/{method}/responses");
    let response = format!("{responses}/{}", answer.status);
    let mut place = response.clone();
    let told = document.pointer(&response);
    let told =
        told.unwrap_or_else(|| panic!("{method} {template} is not said to answer {answer:?}"));
    if let Some(shared) = told["$ref"].as_str() {
        place = shared.trim_start_matches('#').to_owned();
    }
    let kind = answer.header("content-type");
    let kind = kind.split(';').next().unwrap_or_default();
    // A file is a text, whatever is in it.
    let body = match kind.starts_with("text/") {
        true => json!(answer.body),
        false => answer.json(),
    };
    let kind = kind.replace('/', "~1");
    validate(&format!("{place}/content/{kind}/schema"), &body);
    body
}

#[test]
fn real_answers_are_as_documented() {
    let world = World::new();
    let orders = document()["components"]["schemas"]["NewOrder"]["examples"].clone();
    let created = post(&world, "/orders", orders[0].clone());
    assert_eq!(created.status, 201);
    as_documented("post", "/orders", &created);
    let subscription = post(&world, "/orders", orders[1].clone());
    assert_eq!(subscription.status, 201);
    as_documented("post", "/orders", &subscription);
    as_documented(
        "post",
        "/orders",
        &post(&world, "/orders", orders[0].clone()),
    );
    as_documented("post", "/orders", &post(&world, "/orders", json!({})));
    as_documented("post", "/orders", &post(&world, "/orders", json!([])));
    as_documented(
        "post",
        "/orders",
        &post(&world, "/orders", small("CUP-U12-MILLER")),
    );

    let order = world.order("CUP-2");
    let one = "/orders/{id}";
    as_documented(
        "patch",
        one,
        &patch(&world, &order, json!({ "name": "Kim" })),
    );
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    let paid = as_documented("get", one, &get(&world, &format!("/orders/{}", order.id)));
    only_documented_fields("Order", &paid);
    only_documented_fields("Payment", &paid["payments"][0]);
    as_documented(
        "patch",
        one,
        &patch(&world, &order, json!({ "email": null })),
    );
    for (body, status) in [
        (json!({ "key": "a", "amount": 4501 }), 409),
        (json!({ "key": "a", "amount": 500 }), 200),
        (json!({ "key": "b" }), 202),
        (json!({ "amount": 1 }), 422),
    ] {
        if status == 202 {
            world.stripe.next_refund(RefundStatus::Pending);
        }
        let path = format!("/orders/{}/refund", order.id);
        let answer = world.api(Role::Admin, Method::POST, &path, Some(body));
        assert_eq!(answer.status, status, "{answer:?}");
        let told = as_documented("post", "/orders/{id}/refund", &answer);
        for refund in told["refunds"].as_array().into_iter().flatten() {
            only_documented_fields("Refund", refund);
        }
    }
    for (what, body) in [("cancel", json!({})), ("settle", json!({ "how": "cash" }))] {
        let template = format!("/orders/{{id}}/{what}");
        as_documented("post", &template, &act(&world, &order, what, body.clone()));
        let fresh = world.order(what);
        as_documented("post", &template, &act(&world, &fresh, what, body));
        as_documented(
            "post",
            &template,
            &act(&world, &fresh, what, json!({ "x": 1 })),
        );
    }
    let withdrawn = act(&world, &order, "withdraw-link", json!({ "note": "lost" }));
    as_documented("post", "/orders/{id}/withdraw-link", &withdrawn);
    let page = as_documented("get", "/orders", &get(&world, "/orders?limit=2"));
    only_documented_fields("Page", &page);
    as_documented("get", "/orders", &get(&world, "/orders?limit=x"));
}

#[test]
fn real_events_are_as_documented() {
    let world = World::new();
    post_signed(&world, "not JSON");
    let page = as_documented("get", "/events", &get(&world, "/events"));
    only_documented_fields("Event", &page["data"][0]);
    let id = page["data"][0]["id"].as_str().unwrap();
    let replayed = post(&world, &format!("/events/{id}/replay"), json!({}));
    as_documented("post", "/events/{id}/replay", &replayed);
}

#[test]
fn real_mailings_are_as_documented() {
    let world = World::new();
    world.order("CUP-1");
    let texts = json!({ "name": "Cup", "subject": "Fee", "body": "{{ pay_url }}" });
    let mut blast = texts.clone();
    blast["filter"] = json!({ "metadata": {} });
    as_documented("post", "/blasts", &post(&world, "/blasts", texts));
    let created = as_documented("post", "/blasts", &post(&world, "/blasts", blast));
    let id = created["id"].as_str().unwrap();
    let act = |what: &str, body: Value| {
        let answer = post(&world, &format!("/blasts/{id}/{what}"), body);
        assert!([200, 409, 422].contains(&answer.status), "{answer:?}");
        as_documented("post", &format!("/blasts/{{id}}/{what}"), &answer)
    };
    act("start", json!({}));
    let preview = act("preview", json!({}));
    only_documented_fields("Preview", &preview);
    only_documented_fields("Sample", &preview["samples"][0]);
    act("test", json!({ "to": "coach@example.org" }));
    act("test", json!({ "to": "nobody" }));
    act("approve", json!({ "content_hash": "" }));
    let approved = act(
        "approve",
        json!({ "content_hash": preview["content_hash"] }),
    );
    only_documented_fields("Blast", &approved);
    only_documented_fields("Approval", &approved["approval"]);
    let path = format!("/blasts/{id}");
    let recipients = get(&world, &format!("{path}/recipients"));
    let recipients = as_documented("get", "/blasts/{id}/recipients", &recipients);
    only_documented_fields("Recipient", &recipients["data"][0]);
    let same = |body| {
        let answer = world.api(Role::Operator, Method::PATCH, &path, Some(body));
        as_documented("patch", "/blasts/{id}", &answer)
    };
    same(json!({}));
    same(json!({ "body": null }));
    for what in [
        "start", "pause", "resume", "cancel", "start", "pause", "resume",
    ] {
        act(what, json!({}));
    }
    same(json!({}));
    as_documented("get", "/blasts", &get(&world, "/blasts"));
    as_documented("get", "/blasts/{id}", &get(&world, &path));
    as_documented(
        "get",
        "/blasts/{id}/recipients",
        &get(&world, &format!("{path}/recipients")),
    );
    as_documented(
        "get",
        "/orders",
        &get(&world, &format!("/orders?blast={id}")),
    );
}

#[test]
fn real_mails_reminders_and_whoever_gets_none_are_as_documented() {
    let world = World::new();
    let order = world.order("CUP-1");
    for _ in 0..2 {
        let sent = act(&world, &order, "send", json!({}));
        only_documented_fields("Mail", &as_documented("post", "/orders/{id}/send", &sent));
    }
    world.abandon(&order);
    as_documented("get", "/outbox", &get(&world, "/outbox?limit=1"));
    for mail in get(&world, "/outbox").json()["data"].as_array().unwrap() {
        let path = format!("/outbox/{}", mail["id"].as_str().unwrap());
        as_documented("get", "/outbox/{id}", &get(&world, &path));
        for what in ["retry", "drop", "retry"] {
            let answer = post(&world, &format!("{path}/{what}"), json!({}));
            as_documented("post", &format!("/outbox/{{id}}/{what}"), &answer);
        }
    }
    let page = as_documented("get", "/reminders", &get(&world, "/reminders"));
    only_documented_fields("Reminder", &page["data"][0]);
    for _ in 0..2 {
        let added = post(&world, "/suppressions", json!({ "email": "a@example.org" }));
        let row = as_documented("post", "/suppressions", &added);
        only_documented_fields("Suppression", &row);
    }
    as_documented("get", "/suppressions", &get(&world, "/suppressions"));
    let settings = as_documented("get", "/settings", &get(&world, "/settings"));
    only_documented_fields("Settings", &settings);
    let change = Some(json!({ "notice_text": "" }));
    let refused = world.api(Role::Admin, Method::PUT, "/settings", change);
    as_documented("put", "/settings", &refused);
}

#[test]
fn real_tokens_are_as_documented() {
    let world = World::new();
    let admin = |method: Method, path: &str, body: Option<Value>| {
        world.api(Role::Admin, method, path, body)
    };
    for body in [
        json!({ "name": "site", "role": "viewer" }),
        json!({ "name": "site", "role": "viewer" }),
        json!({ "name": "", "role": "viewer" }),
        json!({ "name": "other", "role": "king" }),
        json!({ "name": "other" }),
    ] {
        as_documented(
            "post",
            "/tokens",
            &admin(Method::POST, "/tokens", Some(body)),
        );
    }
    let page = as_documented("get", "/tokens", &admin(Method::GET, "/tokens", None));
    only_documented_fields("Token", &page["data"][0]);
    let revoked = admin(Method::DELETE, "/tokens/site", None);
    assert_eq!(revoked.status, 204);
    let unknown = admin(Method::DELETE, "/tokens/site", None);
    as_documented("delete", "/tokens/{name}", &unknown);
    let bearer = format!("Bearer fm_{}", "0".repeat(48));
    let wrong = || world.ask(Method::GET, "/api/v1/orders", &[("authorization", &bearer)]);
    let limited = (0..150)
        .map(|_| wrong())
        .find(|answer| answer.status == 429);
    as_documented("get", "/orders", &limited.expect("a limit"));
}

#[test]
fn real_cases_and_a_real_story_are_as_documented() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay_amount(&session, 4000).unwrap();
    world.deliver();
    let page = as_documented("get", "/cases", &get(&world, "/cases?state=open"));
    let case = &page["data"][0];
    only_documented_fields("Case", case);
    let path = format!("/cases/{}", case["id"].as_str().unwrap());
    as_documented("get", "/cases/{id}", &get(&world, &path));
    as_documented("get", "/cases", &get(&world, "/cases?state=closed"));
    world.stripe.next_refund(RefundStatus::Pending);
    for body in [
        json!({ "how": "move" }),
        json!({ "how": "adopt", "order_id": order.id }),
        // On its way, and then it is.
        json!({ "how": "refund" }),
        json!({ "how": "refund" }),
        json!({ "how": "accept" }),
    ] {
        let answer = post(&world, &format!("{path}/resolve"), body);
        as_documented("post", "/cases/{id}/resolve", &answer);
    }
    let story = get(&world, &format!("/orders/{}/timeline", order.id));
    let story = as_documented("get", "/orders/{id}/timeline", &story);
    only_documented_fields("Timeline", &story);
}

#[test]
fn every_call_says_how_it_refuses() {
    let world = World::new();
    for Operation {
        method,
        path,
        template,
        ..
    } in operations()
    {
        let body = match template.as_str() {
            "/orders/{id}/settle" => json!({ "how": "cash" }),
            _ => json!({}),
        };
        let method_name = method.as_str().to_lowercase();
        for role in [Role::Viewer, Role::Admin] {
            let answer = world.api(role, method.clone(), &path, Some(body.clone()));
            as_documented(&method_name, &template, &answer);
        }
    }
}

#[track_caller]
fn only_documented_fields(name: &str, value: &Value) {
    let known = &document()["components"]["schemas"][name]["properties"];
    for field in value.as_object().unwrap().keys() {
        assert!(
            known[field].is_object(),
            "{name}.{field} is not in the document"
        );
    }
}
