//! Nobody gets in without a token, and nobody further than their role: over every route there is.

use freshmint::token::Role;
use reqwest::Method;

use super::{openapi::operations, problem, token};
use crate::support::{Answer, World};

/// The role that a documented call says it needs; none for the document itself.
fn needed(description: &str) -> Option<Role> {
    let role = description.split_once("Needs a token with the role ")?.1;
    match role.trim_end_matches('.') {
        "viewer" => Some(Role::Viewer),
        "operator" => Some(Role::Operator),
        "admin" => Some(Role::Admin),
        other => panic!("no role: {other}"),
    }
}

fn ask(world: &World, method: &Method, path: &str, authorization: Option<&str>) -> Answer {
    let header = authorization.map(|value| [("authorization", value)]);
    let headers = header.as_ref().map_or(&[][..], |header| &header[..]);
    world.ask(method.clone(), &format!("/api/v1{path}"), headers)
}

#[test]
fn without_a_token_that_we_know_every_call_is_401() {
    let world = World::new();
    for call in operations() {
        if needed(&call.description).is_none() {
            assert_eq!(call.template, "/openapi.json");
            assert_eq!(ask(&world, &call.method, &call.path, None).status, 200);
            continue;
        }
        for token in [
            None,
            Some("Bearer fm_nobody"),
            Some("Bearer "),
            Some("Basic YTpi"),
            Some("fm_x"),
        ] {
            let answer = ask(&world, &call.method, &call.path, token);
            problem(&answer, 401);
            assert!(
                answer.header("www-authenticate").starts_with("Bearer"),
                "{answer:?}"
            );
        }
    }
}

#[test]
fn a_role_that_is_too_low_is_403_and_one_that_suffices_is_let_in() {
    let world = World::new();
    for call in operations() {
        let Some(needed) = needed(&call.description) else {
            continue;
        };
        // Whoever may only read, reads: everything else is for operators, or for admins, and so are tokens and users.
        let reads =
            call.method == Method::GET && !["/tokens", "/users"].contains(&call.template.as_str());
        assert_eq!(
            needed == Role::Viewer,
            reads,
            "{} {}",
            call.method,
            call.path
        );
        for role in [Role::Viewer, Role::Operator, Role::Admin] {
            let answer = world.api(role, call.method.clone(), &call.path, None);
            if role < needed {
                let refused = problem(&answer, 403);
                assert!(refused["detail"].as_str().unwrap().contains(needed.name()));
            } else {
                assert!(![401, 403].contains(&answer.status), "{answer:?}");
            }
        }
    }
}

#[test]
fn the_scheme_is_read_in_any_case() {
    let world = World::new();
    let header = format!("bearer {}", token(&world, Role::Viewer));
    assert_eq!(
        ask(&world, &Method::GET, "/orders", Some(&header)).status,
        200
    );
}

#[test]
fn every_path_answers_head_as_get_tells_its_methods_and_refuses_others() {
    let world = World::new();
    let mut paths: Vec<(String, Vec<Method>)> = Vec::new();
    for call in operations() {
        let path = format!("/api/v1{}", call.path);
        match paths.iter_mut().find(|(known, _)| *known == path) {
            Some((_, methods)) => methods.push(call.method),
            None => paths.push((path, vec![call.method])),
        }
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        paths.push((path.to_owned(), vec![Method::GET]));
    }
    paths.push(("/webhooks/stripe".to_owned(), vec![Method::POST]));
    let token = format!("Bearer {}", world.token(Role::Admin).expose());
    let ask =
        |method: &Method, path: &str| world.ask(method.clone(), path, &[("authorization", &token)]);
    for (path, methods) in paths {
        let options = ask(&Method::OPTIONS, &path);
        let allow = options.header("allow").to_owned();
        assert_eq!(options.status, 204, "{path}");
        for method in [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ] {
            let takes = methods.contains(&method)
                || method == Method::HEAD && methods.contains(&Method::GET);
            let told = allow.split(", ").any(|allowed| allowed == method.as_str());
            assert_eq!(told, takes, "{path} {allow}");
            if takes {
                continue;
            }
            let answer = ask(&method, &path);
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, &*allow),
                "{method} {path}"
            );
            if path.starts_with("/api") && method != Method::HEAD {
                assert_eq!(answer.header("content-type"), "application/problem+json");
            }
        }
        if methods.contains(&Method::GET) {
            let (get, head) = (ask(&Method::GET, &path), ask(&Method::HEAD, &path));
            assert_eq!((get.status, ""), (head.status, &*head.body), "{path}");
            assert_eq!(
                get.header("content-type"),
                head.header("content-type"),
                "{path}"
            );
        }
    }
}

#[test]
fn below_a_path_of_the_public_address_the_api_says_where_it_is() {
    let world = World::with(&[("PUBLIC_URL", "https://example.org/shop/")]);
    let lines = serde_json::json!([{ "description": "U12", "unit_amount": 4500, "quantity": 1 }]);
    let order = serde_json::json!({ "reference": "CUP-1", "currency": "eur", "lines": lines });
    let created = world.api(Role::Operator, Method::POST, "/orders", Some(order));
    let id = created.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        created.header("location"),
        format!("/shop/api/v1/orders/{id}")
    );
    let document = world.get("/api/v1/openapi.json").json();
    assert_eq!(document["servers"][0]["url"], "/shop/api/v1");
}
