//! Every route of the pages and who may take it: one table, held against the code's own list.

use freshmint::token::Role;
use reqwest::Method;

use super::needs_somebody;
use crate::support::{Visitor, World};

/// Who may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    Everybody,
    Role(Role),
}

const VIEWER: For = For::Role(Role::Viewer);
const OPERATOR: For = For::Role(Role::Operator);
const ADMIN: For = For::Role(Role::Admin);

/// The paths as the code has them; a dash: it does not take the method.
pub const ROUTES: &[(&str, Option<For>, Option<For>)] = &[
    ("", Some(VIEWER), None),
    ("/sign-in", Some(For::Everybody), Some(For::Everybody)),
    ("/sign-out", None, Some(For::Everybody)),
    ("/forgotten", Some(For::Everybody), Some(For::Everybody)),
    (
        "/welcome/{token}",
        Some(For::Everybody),
        Some(For::Everybody),
    ),
    ("/account", Some(VIEWER), None),
    ("/account/password", None, Some(VIEWER)),
    ("/account/sign-out-everywhere", None, Some(VIEWER)),
    ("/orders", Some(VIEWER), None),
    ("/orders.csv", Some(VIEWER), None),
    ("/orders/new", Some(OPERATOR), Some(OPERATOR)),
    ("/orders/paid", Some(VIEWER), None),
    ("/orders/cash", Some(OPERATOR), Some(OPERATOR)),
    ("/orders/send", Some(OPERATOR), Some(OPERATOR)),
    ("/orders/many/{id}", Some(VIEWER), Some(OPERATOR)),
    ("/orders/{id}", Some(VIEWER), None),
    ("/orders/{id}/send", Some(OPERATOR), Some(OPERATOR)),
    ("/orders/{id}/change", Some(OPERATOR), Some(OPERATOR)),
    ("/orders/{id}/settle", Some(OPERATOR), Some(OPERATOR)),
    ("/orders/{id}/withdraw-link", Some(OPERATOR), Some(OPERATOR)),
    ("/orders/{id}/cancel", Some(OPERATOR), Some(OPERATOR)),
    ("/orders/{id}/refund", Some(ADMIN), Some(ADMIN)),
    ("/orders/{id}/ask-stripe", Some(OPERATOR), Some(OPERATOR)),
    ("/import", Some(OPERATOR), Some(OPERATOR)),
    ("/import/example.csv", Some(OPERATOR), None),
    ("/import/{id}", Some(OPERATOR), Some(OPERATOR)),
    ("/cases", Some(VIEWER), None),
    ("/cases/{id}", Some(VIEWER), None),
    ("/cases/{id}/resolve", Some(OPERATOR), Some(OPERATOR)),
    ("/blasts", Some(VIEWER), None),
    ("/blasts/new", Some(OPERATOR), Some(OPERATOR)),
    ("/blasts/{id}", Some(VIEWER), None),
    ("/blasts/{id}/change", Some(OPERATOR), Some(OPERATOR)),
    ("/blasts/{id}/recipients", Some(VIEWER), None),
    ("/blasts/{id}/recipients.csv", Some(VIEWER), None),
    ("/blasts/{id}/recipients/{order}", Some(VIEWER), None),
    ("/blasts/{id}/stream", Some(VIEWER), None),
    ("/blasts/{id}/test", None, Some(OPERATOR)),
    ("/blasts/{id}/approve", Some(OPERATOR), Some(OPERATOR)),
    ("/blasts/{id}/start", Some(OPERATOR), Some(OPERATOR)),
    ("/blasts/{id}/pause", Some(OPERATOR), Some(OPERATOR)),
    ("/blasts/{id}/resume", Some(OPERATOR), Some(OPERATOR)),
    ("/blasts/{id}/cancel", Some(OPERATOR), Some(OPERATOR)),
    ("/blasts/{id}/recall", Some(OPERATOR), Some(OPERATOR)),
    ("/blasts/{id}/retry-failed", Some(OPERATOR), Some(OPERATOR)),
    ("/activity", Some(VIEWER), None),
    ("/activity/stream", Some(VIEWER), None),
    ("/activity/{id}/dismiss", None, Some(OPERATOR)),
    ("/mail", Some(VIEWER), None),
    ("/mail/resume", Some(OPERATOR), Some(OPERATOR)),
    ("/mail/{id}", Some(VIEWER), None),
    ("/mail/{id}/retry", Some(OPERATOR), Some(OPERATOR)),
    ("/mail/{id}/drop", Some(OPERATOR), Some(OPERATOR)),
    ("/reminders", Some(VIEWER), None),
    ("/suppressions", Some(VIEWER), None),
    ("/suppressions/add", Some(OPERATOR), Some(OPERATOR)),
    ("/suppressions/{hash}/lift", Some(OPERATOR), Some(OPERATOR)),
    ("/events", Some(VIEWER), None),
    ("/events/{id}/replay", None, Some(OPERATOR)),
    ("/performance", Some(VIEWER), None),
    ("/visits", Some(VIEWER), None),
    ("/api", Some(VIEWER), None),
    ("/settings", Some(VIEWER), None),
    ("/settings/notice", None, Some(ADMIN)),
    ("/settings/retention", Some(ADMIN), Some(ADMIN)),
    ("/settings/{switch}/{to}", Some(ADMIN), Some(ADMIN)),
    ("/people", Some(ADMIN), Some(ADMIN)),
    ("/people/tokens", None, Some(ADMIN)),
    ("/people/tokens/{id}/revoke", Some(ADMIN), Some(ADMIN)),
    ("/people/{id}", Some(ADMIN), None),
    ("/people/{id}/{act}", Some(ADMIN), Some(ADMIN)),
];

/// What the pages alone can do, and why a token cannot.
const PAGES_ALONE: &[(&str, &str)] = &[
    ("/sign-in", "A program has a token, and no session."),
    ("/sign-out", "A program has no session to end."),
    ("/forgotten", "A program has no password."),
    (
        "/welcome/{token}",
        "Whoever has the mailed link chooses a password.",
    ),
    ("/account/password", "One's own account: a token has none."),
    (
        "/account/sign-out-everywhere",
        "One's own account: a token has none.",
    ),
];

/// What the pages can do, and the API's call for it with the same role.
const ACTIONS: &[(&str, &str, Role)] = &[
    ("/orders/new", "post /orders", Role::Operator),
    // For many orders at once the API has each order's own call: whoever calls it goes through them.
    ("/orders/cash", "post /orders/{id}/settle", Role::Operator),
    ("/orders/send", "post /orders/{id}/send", Role::Operator),
    (
        "/orders/many/{id}",
        "post /orders/{id}/settle",
        Role::Operator,
    ),
    (
        "/orders/{id}/send",
        "post /orders/{id}/send",
        Role::Operator,
    ),
    ("/orders/{id}/change", "patch /orders/{id}", Role::Operator),
    (
        "/orders/{id}/settle",
        "post /orders/{id}/settle",
        Role::Operator,
    ),
    (
        "/orders/{id}/withdraw-link",
        "post /orders/{id}/withdraw-link",
        Role::Operator,
    ),
    (
        "/orders/{id}/cancel",
        "post /orders/{id}/cancel",
        Role::Operator,
    ),
    (
        "/orders/{id}/refund",
        "post /orders/{id}/refund",
        Role::Admin,
    ),
    (
        "/orders/{id}/ask-stripe",
        "post /orders/{id}/ask-stripe",
        Role::Operator,
    ),
    ("/import", "post /imports", Role::Operator),
    ("/import/{id}", "post /imports", Role::Operator),
    (
        "/cases/{id}/resolve",
        "post /cases/{id}/resolve",
        Role::Operator,
    ),
    ("/blasts/new", "post /blasts", Role::Operator),
    ("/blasts/{id}/change", "patch /blasts/{id}", Role::Operator),
    (
        "/blasts/{id}/test",
        "post /blasts/{id}/test",
        Role::Operator,
    ),
    (
        "/blasts/{id}/approve",
        "post /blasts/{id}/approve",
        Role::Operator,
    ),
    (
        "/blasts/{id}/start",
        "post /blasts/{id}/start",
        Role::Operator,
    ),
    (
        "/blasts/{id}/pause",
        "post /blasts/{id}/pause",
        Role::Operator,
    ),
    (
        "/blasts/{id}/resume",
        "post /blasts/{id}/resume",
        Role::Operator,
    ),
    (
        "/blasts/{id}/cancel",
        "post /blasts/{id}/cancel",
        Role::Operator,
    ),
    (
        "/blasts/{id}/recall",
        "post /blasts/{id}/recall",
        Role::Operator,
    ),
    (
        "/blasts/{id}/retry-failed",
        "post /blasts/{id}/retry-failed",
        Role::Operator,
    ),
    (
        "/activity/{id}/dismiss",
        "post /activity/{id}/dismiss",
        Role::Operator,
    ),
    ("/mail/resume", "post /outbox/resume", Role::Operator),
    (
        "/mail/{id}/retry",
        "post /outbox/{id}/retry",
        Role::Operator,
    ),
    ("/mail/{id}/drop", "post /outbox/{id}/drop", Role::Operator),
    ("/suppressions/add", "post /suppressions", Role::Operator),
    (
        "/suppressions/{hash}/lift",
        "delete /suppressions/{email}",
        Role::Operator,
    ),
    (
        "/events/{id}/replay",
        "post /events/{id}/replay",
        Role::Operator,
    ),
    ("/settings/notice", "put /settings", Role::Admin),
    ("/settings/retention", "put /settings", Role::Admin),
    ("/settings/{switch}/{to}", "put /settings", Role::Admin),
    ("/people", "post /users", Role::Admin),
    ("/people/{id}/{act}", "patch /users/{email}", Role::Admin),
    ("/people/tokens", "post /tokens", Role::Admin),
    (
        "/people/tokens/{id}/revoke",
        "delete /tokens/{name}",
        Role::Admin,
    ),
];

#[test]
fn the_table_has_every_route_of_the_code() {
    let code = include_str!("../../../src/web/ops/mod.rs");
    let mailings = include_str!("../../../src/web/ops/blasts/mod.rs");
    let code = code.replace(".configure(blasts::pages)", mailings);
    let pages = code.split_once("fn pages(").expect("the pages").1;
    let paths = pages
        .split("at(\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap_or_default());
    let paths: Vec<&str> = paths.collect();
    let table: Vec<&str> = ROUTES.iter().map(|(path, ..)| *path).collect();
    assert_eq!(paths, table);
}

#[test]
fn every_action_of_the_pages_is_in_the_api_with_the_same_role() {
    let api: serde_json::Value =
        serde_json::from_str(include_str!("../../../src/web/api/openapi.json")).expect("JSON");
    for (path, _, post) in ROUTES {
        let Some(For::Role(role)) = post else {
            continue;
        };
        if PAGES_ALONE.iter().any(|(alone, _)| path == alone) {
            continue;
        }
        let action = ACTIONS.iter().find(|(of, ..)| of == path);
        let (_, call, needed) = action.unwrap_or_else(|| panic!("{path} is not in ACTIONS"));
        let (method, at) = call.split_once(' ').expect("a call");
        let said = api["paths"][at][method]["description"].as_str();
        let said = said.unwrap_or_else(|| panic!("{call} is not in the API"));
        let same = format!("Needs a token with the role {needed}.");
        assert!(
            said.ends_with(&same),
            "{path} needs {needed}, and {call}: {said}"
        );
        assert_eq!(role, needed, "{path}");
    }
    for (path, why) in PAGES_ALONE {
        let (_, _, post) = ROUTES.iter().find(|(of, ..)| of == path).expect(path);
        assert!(post.is_some() && why.ends_with('.'), "{path}: {why}");
        assert!(
            ACTIONS.iter().all(|(of, ..)| of != path),
            "{path} is in both"
        );
    }
    for (path, ..) in ACTIONS {
        assert!(
            ROUTES.iter().any(|(of, ..)| of == path),
            "{path} is no page"
        );
    }
}

#[test]
fn everybody_gets_where_their_role_goes_and_no_further() {
    let world = World::with_mailbox(&[]);
    let line = needs_somebody(&world, "a message could not be worked through");
    let visitors = [
        (None, Visitor::at(&world)),
        (
            Some(Role::Viewer),
            Visitor::signed_in(&world, "Viewer", Role::Viewer),
        ),
        (
            Some(Role::Operator),
            Visitor::signed_in(&world, "Operator", Role::Operator),
        ),
        (
            Some(Role::Admin),
            Visitor::signed_in(&world, "Admin", Role::Admin),
        ),
    ];
    let nobody = uuid::Uuid::nil().to_string();
    // So that there is something to ask about: else a page says that it cannot be done now.
    world.execute(
        "INSERT INTO outbox_pause (reason, cause, until) VALUES ('535', 'log_in', now() + interval '1 hour')",
    );
    world.execute(
        "INSERT INTO suppressions (address_hash, address, reason, since) \
         VALUES ('\\x00000000000000000000000000000001', 'gone@example.org', 'manual', now())",
    );
    for (path, get, post) in ROUTES {
        if path.ends_with("stream") {
            continue; // it never ends; tests of its own
        }
        let at = path
            .replace("/activity/{id}", &format!("/activity/{line}"))
            .replace("{id}", &nobody)
            .replace("{order}", &nobody)
            .replace("{token}", &"ab".repeat(32))
            .replace("{act}", "disable")
            .replace("{hash}", "00000000000000000000000000000001")
            .replace("{switch}/{to}", "orphan_cases/on")
            .replace(
                "/suppressions/add",
                "/suppressions/add?email=ann@example.org",
            )
            .replace(
                "/settings/retention",
                "/settings/retention?recovered_orders_days=30&activity_days=90&events_days=60",
            );
        let at = format!("/ops{at}");
        for (role, visitor) in &visitors {
            let is_let_in = |needs: &For| match needs {
                For::Everybody => true,
                For::Role(needed) => role.is_some_and(|role| role >= *needed),
            };
            for (method, needs) in [(Method::GET, get), (Method::POST, post)] {
                let status = visitor.ask(method.clone(), &at, Some(String::new())).status;
                let about = format!("{method} {at} as {role:?}: {status}");
                match (role, needs) {
                    (None, Some(For::Role(_)) | None) if *path != "/sign-out" => {
                        assert_eq!(status, 303, "{about}");
                    }
                    (_, None) => assert_eq!(status, 405, "{about}"),
                    (_, Some(needs)) if !is_let_in(needs) => assert_eq!(status, 403, "{about}"),
                    // Without its token a form is refused for everybody, and nothing was changed.
                    (_, Some(_)) if method == Method::POST => assert_eq!(status, 403, "{about}"),
                    (_, Some(_)) => assert!(matches!(status, 200 | 404), "{about}"),
                }
            }
        }
    }
    assert_eq!(world.count("ops_users"), 3);
    assert_eq!(world.count("activity_dismissals"), 0);
}

#[test]
fn strangers_learn_nothing_of_what_is_there_and_people_are_told() {
    let world = World::new();
    let (stranger, viewer) = (
        Visitor::at(&world),
        Visitor::signed_in(&world, "Viewer", Role::Viewer),
    );
    for path in [
        "/ops/",
        "/ops/nothing",
        "/ops/people/../x",
        "/ops/orders",
        "/ops/welcome/",
        "/ops/welcome/a/b",
        "/ops/sign-in/x",
    ] {
        let answer = stranger.get(path);
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.location().starts_with("/ops/sign-in"), "{path}");
        for method in [Method::POST, Method::DELETE] {
            let answer = stranger.ask(method, path, None);
            assert_eq!(
                (answer.status, answer.location()),
                (303, "/ops/sign-in"),
                "{path}"
            );
        }
    }
    assert_eq!(stranger.get("/ops/").location(), "/ops/sign-in");
    let today = viewer.get("/ops/");
    assert_eq!((today.status, today.location()), (307, "/ops"));
    let missing = viewer.get("/ops/nothing");
    assert_eq!(missing.status, 404);
    assert!(missing.text().contains("There is no such page") && missing.body.contains("Sign out"));
    let refused = viewer.get("/ops/people");
    assert_eq!(refused.status, 403);
    assert!(
        refused
            .text()
            .contains("You are signed in as Viewer, viewer. Nothing was changed."),
        "{}",
        refused.text()
    );
    let wrong = viewer.ask(Method::DELETE, "/ops/activity", None);
    assert_eq!(
        (wrong.status, wrong.header("allow")),
        (405, "GET, HEAD, OPTIONS")
    );
    for other in ["/opsx", "/operations"] {
        assert_eq!(stranger.get(other).status, 404);
    }
}

#[test]
fn what_pages_load_is_kept_for_a_year_under_its_contents_hash() {
    let world = World::new();
    let page = Visitor::at(&world).get("/ops/sign-in");
    let paths: Vec<String> = page
        .body
        .split('"')
        .filter(|part| part.starts_with("/assets/"))
        .map(str::to_owned)
        .collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
    for path in paths {
        let file = Visitor::at(&world).get(&path);
        assert_eq!(file.status, 200);
        let head = Visitor::at(&world).ask(Method::HEAD, &path, None);
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        assert_eq!(
            head.header("content-length"),
            file.body.len().to_string(),
            "{head:?}"
        );
        assert!(
            file.header("cache-control").contains("immutable"),
            "{file:?}"
        );
        let none = path.replace("/assets/", "/assets/0");
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(Visitor::at(&world).ask(method, &none, None).status, 404);
        }
    }
}
