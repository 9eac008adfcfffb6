//! `/ops/api`: the description for machines, as people read it.

use freshmint::token::Role;

use crate::{
    api::openapi::operations,
    support::{Visitor, World},
};

#[test]
fn every_call_stands_there_for_whoever_is_signed_in_with_an_example_that_begins_with_our_address() {
    let world = World::with(&[("PUBLIC_URL", "https://pay.rovers.example.org/fees")]);
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    let page = viewer.get("/ops/api");
    assert_eq!(page.status, 200, "{page:?}");
    let text = page.text();
    assert!(
        text.contains("API=https://pay.rovers.example.org/fees/api/v1"),
        "{text}"
    );
    for call in operations() {
        let said = format!("{} {}", call.method, call.template);
        assert!(text.lines().any(|line| line == said), "{said}");
    }
    assert!(text.contains("curl \"$API/orders\""), "{text}");
    assert!(!text.contains("Needs a token"), "{text}");
    assert!(text.contains("Who may: a token with the role operator or admin."));
    // A token is made by whoever may.
    assert!(text.contains("An admin makes a token"), "{text}");
    let admin = Visitor::signed_in(&world, "Admin", Role::Admin);
    assert!(
        admin
            .get("/ops/api")
            .body
            .contains("href=\"/ops/people#tokens\"")
    );
    assert!(admin.get("/ops/people").body.contains("href=\"/ops/api\""));
}
