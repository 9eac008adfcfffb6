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
        // Whoever may only read, reads: everything else is for operators, or for admins.
        let reads = call.method == Method::GET;
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
