//! The list of cases, and who may see and resolve them.

use freshmint::token::Role;
use reqwest::Method;

use super::{cases, disputed, how, id, mismatch, orphan, resolved, show, the_case, to};
use crate::support::World;

fn kinds(world: &World, filter: &str) -> Vec<String> {
    let kind = |case: serde_json::Value| case["kind"].as_str().unwrap().to_owned();
    cases(world, filter).into_iter().map(kind).collect()
}

#[test]
fn cases_are_found_by_state_kind_and_order_in_pages() {
    let world = World::new();
    let (source, case) = mismatch(&world, "CUP-1");
    assert_eq!(case["order_id"], source.id.to_string());
    assert_eq!(case["amount"], 4000);
    assert_eq!(case["currency"], "eur");
    assert!(case["session_id"].as_str().unwrap().starts_with("cs_"));
    assert!(case["payment_intent"].as_str().unwrap().starts_with("pi_"));
    let lines = serde_json::json!([{ "description": "Cup", "unit_amount": 4000 }]);
    let target = world.order_with("CUP-2", serde_json::json!({ "lines": lines }));
    resolved(&world, &case, to("move", &target));
    let (other, dispute) = disputed(&world, "CUP-3");
    resolved(&world, &dispute, how("accept"));
    orphan(&world, "parent@example.org", 4500);

    assert_eq!(kinds(&world, ""), ["mismatch", "dispute", "orphan"]);
    assert_eq!(kinds(&world, "?state=open"), ["orphan"]);
    assert_eq!(kinds(&world, "?state=resolved"), ["mismatch", "dispute"]);
    assert_eq!(kinds(&world, "?kind=dispute"), ["dispute"]);
    for (order, kind) in [
        (&source, "mismatch"),
        (&target, "mismatch"),
        (&other, "dispute"),
    ] {
        assert_eq!(kinds(&world, &format!("?order_id={}", order.id)), [kind]);
    }
    let page = |path: &str| world.api(Role::Viewer, Method::GET, path, None).json();
    let first = page("/cases?limit=2");
    assert_eq!(first["data"].as_array().unwrap().len(), 2);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = page(&format!("/cases?limit=2&cursor={cursor}"));
    assert_eq!(second["data"][0]["kind"], "mismatch");
    assert!(second["next_cursor"].is_null());
    for wrong in [
        "state=closed",
        "kind=money",
        "order_id=CUP-1",
        "cursor=x",
        "limit=0",
    ] {
        let answer = world.api(Role::Viewer, Method::GET, &format!("/cases?{wrong}"), None);
        assert_eq!(answer.status, 400, "{wrong}");
    }
}

#[test]
fn a_viewer_sees_a_case_and_cannot_resolve_it() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    assert_eq!(show(&world, &case), the_case(&world));
    let path = format!("/cases/{}/resolve", id(&case));
    let refused = world.api(Role::Viewer, Method::POST, &path, Some(how("accept")));
    assert_eq!(refused.status, 403);
    assert_eq!(world.status(&order), "in_review");
    assert_eq!(show(&world, &case), case);
}

#[test]
fn a_case_that_is_not_there_is_404() {
    let world = World::new();
    for nobody in ["0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11", "CUP-1"] {
        let shown = world.api(Role::Viewer, Method::GET, &format!("/cases/{nobody}"), None);
        assert_eq!(shown.status, 404);
        let path = format!("/cases/{nobody}/resolve");
        let asked = world.api(Role::Operator, Method::POST, &path, Some(how("accept")));
        assert_eq!(asked.status, 404);
    }
}
