//! Signing in and out.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;

use super::history;
use crate::support::{PASSWORD, Visitor, World};

#[test]
fn who_has_the_password_is_in_and_the_history_has_their_name_alone() {
    let world = World::new();
    let user = world.user("Aoife Byrne", Role::Operator);
    let visitor = Visitor::at(&world);
    let stranger = visitor.get("/ops");
    assert_eq!(
        (stranger.status, stranger.location()),
        (303, "/ops/sign-in")
    );
    for wrong in ["wrong horse battery", ""] {
        let answer = visitor.sign_in(&user.email, wrong);
        assert_eq!(answer.status, 422);
        assert!(
            answer
                .text()
                .contains("That e-mail and password do not belong together.")
        );
        assert!(
            answer.body.contains(&format!("value=\"{}\"", user.email)),
            "it stays filled in"
        );
        assert!(answer.body.contains("<title>Error: sign in"));
    }
    let nobody = visitor.sign_in("nobody@rovers.example.org", PASSWORD);
    assert_eq!(nobody.status, 422);
    let answer = visitor.sign_in(&user.email.to_uppercase(), PASSWORD);
    assert_eq!((answer.status, answer.location()), (303, "/ops"));
    let today = visitor.get("/ops");
    assert_eq!(today.status, 200);
    assert!(today.body.contains("Aoife Byrne"), "{}", today.body);
    assert!(
        today.text().contains("Nothing needs you"),
        "{}",
        today.text()
    );
    let told = history(&world).join("\n");
    assert!(
        told.contains("ops:Aoife Byrne: Aoife Byrne signed in"),
        "{told}"
    );
    assert!(!told.contains('@'), "{told}");
    let kept =
        world.text("SELECT string_agg(encode(token_hash, 'hex'), ',') AS text FROM ops_sessions");
    assert!(!kept.contains(&visitor.cookie("freshmint_session")));
}

#[test]
fn a_session_that_was_planted_is_never_the_one_that_is_signed_in() {
    let world = World::new();
    let user = world.user("Aoife Byrne", Role::Viewer);
    let visitor = Visitor::at(&world);
    visitor.get("/ops/sign-in");
    let door = visitor.cookie("freshmint_door");
    for planted in [door.clone(), "ab".repeat(32)] {
        visitor.set_cookie("freshmint_session", &planted);
        visitor.set_cookie("freshmint_browser", &planted);
        let answer = visitor.sign_in(&user.email, PASSWORD);
        assert_eq!(answer.status, 303, "{answer:?}");
        assert_ne!(visitor.cookie("freshmint_session"), planted);
        assert_ne!(visitor.cookie("freshmint_browser"), planted);
        let thief = Visitor::at(&world);
        thief.set_cookie("freshmint_session", &planted);
        assert_eq!(thief.get("/ops").status, 303);
    }
    // Whoever signs in anew leaves no session behind.
    let before = world.count("ops_sessions");
    assert_eq!(visitor.sign_in(&user.email, PASSWORD).status, 303);
    assert_eq!(world.count("ops_sessions"), before);
}

#[test]
fn a_way_back_leads_to_the_page_that_was_asked_for_and_nowhere_else() {
    let world = World::new();
    let user = world.user("Aoife Byrne", Role::Admin);
    let asked = Visitor::at(&world).get("/ops/activity?tab=mail&q=a%20b");
    let next = asked.location().to_owned();
    assert_eq!(
        next,
        "/ops/sign-in?next=/ops/activity%3Ftab%3Dmail%26q%3Da%2520b"
    );
    let visitor = Visitor::at(&world);
    let page = visitor.get(&next);
    assert!(
        page.body
            .contains("value=\"/ops/activity?tab=mail&amp;q=a%20b\""),
        "{}",
        page.body
    );
    for (next, leads) in [
        (
            "/ops/activity?tab=mail&q=a%20b",
            "/ops/activity?tab=mail&q=a%20b",
        ),
        ("https://evil.example/ops", "/ops"),
        ("//evil.example/ops", "/ops"),
        ("/ops//evil.example", "/ops"),
        ("/ops/../../evil", "/ops"),
        ("/api/v1/tokens", "/ops"),
        ("/ops/sign-out", "/ops"),
        ("javascript:alert(1)", "/ops"),
    ] {
        let visitor = Visitor::at(&world);
        let fields = [
            ("email", user.email.as_str()),
            ("password", PASSWORD),
            ("next", next),
        ];
        let answer = visitor.submit("/ops/sign-in", "/ops/sign-in", &fields);
        assert_eq!((answer.status, answer.location()), (303, leads), "{next}");
    }
}

#[test]
fn a_session_ends_idle_old_signed_out_everywhere_disabled_or_by_a_new_password() {
    let world = World::new();
    let idle = Visitor::signed_in(&world, "Idle", Role::Viewer);
    world.pass(Duration::hours(7));
    assert_eq!(idle.get("/ops").status, 200);
    world.pass(Duration::hours(7));
    assert_eq!(idle.get("/ops").status, 200, "it was used meanwhile");
    world.pass(Duration::hours(8) + Duration::minutes(1));
    assert_eq!(idle.get("/ops").status, 303);

    let old = Visitor::signed_in(&world, "Old", Role::Viewer);
    for _ in 0..23 {
        world.pass(Duration::hours(7));
        assert_eq!(old.get("/ops").status, 200);
    }
    world.pass(Duration::hours(7) + Duration::minutes(1));
    assert_eq!(old.get("/ops").status, 303, "seven days");

    let one = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    let other = Visitor::at(&world);
    other.sign_in("aoife@rovers.example.org", PASSWORD);
    let out = one.submit("/ops/account", "/ops/account/sign-out-everywhere", &[]);
    assert_eq!(
        (out.status, out.location()),
        (303, "/ops/sign-in?out=everywhere")
    );
    assert!(
        one.get(out.location())
            .text()
            .contains("signed out on every device")
    );
    assert_eq!(
        (one.get("/ops").status, other.get("/ops").status),
        (303, 303)
    );

    one.sign_in("aoife@rovers.example.org", PASSWORD);
    assert_eq!(one.get("/ops").status, 200);
    let (code, ..) = world.command(&["ops", "user", "disable", "aoife@rovers.example.org"]);
    assert_eq!((code, one.get("/ops").status), (0, 303));
    assert_eq!(
        one.sign_in("aoife@rovers.example.org", PASSWORD).status,
        422
    );
    world.command(&["ops", "user", "enable", "aoife@rovers.example.org"]);
    assert_eq!(
        one.sign_in("aoife@rovers.example.org", PASSWORD).status,
        303
    );
    let change = serde_json::json!({ "password": "another horse battery" });
    let path = "/users/aoife@rovers.example.org";
    assert_eq!(
        world
            .api(Role::Admin, Method::PATCH, path, Some(change))
            .status,
        200
    );
    assert_eq!(one.get("/ops").status, 303);
    assert_eq!(
        one.sign_in("aoife@rovers.example.org", PASSWORD).status,
        422
    );
    assert_eq!(
        one.sign_in("aoife@rovers.example.org", "another horse battery")
            .status,
        303
    );
}

#[test]
fn whoever_signs_out_is_out_and_needs_a_form_of_ours_for_it() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    let session = visitor.cookie("freshmint_session");
    assert_eq!(visitor.post("/ops/sign-out", &[]).status, 403);
    assert_eq!(visitor.get("/ops").status, 200);
    let out = visitor.submit("/ops", "/ops/sign-out", &[]);
    assert_eq!(
        (out.status, visitor.cookie("freshmint_session").as_str()),
        (303, "")
    );
    visitor.set_cookie("freshmint_session", &session);
    assert_eq!(
        visitor.get("/ops").status,
        303,
        "the cookie is worth nothing any more"
    );
}

#[test]
fn without_anybody_the_sign_in_says_what_to_type_and_that_works() {
    let world = World::new();
    let page = Visitor::at(&world).get("/ops/sign-in");
    assert!(
        page.text()
            .contains("freshmint ops user add you@example.org"),
        "{}",
        page.text()
    );
    world.user("Aoife", Role::Admin);
    let page = Visitor::at(&world).get("/ops/sign-in");
    assert!(
        !page.text().contains("freshmint ops user add"),
        "{}",
        page.text()
    );
}

#[test]
fn cookies_are_for_https_alone_where_the_service_is() {
    let world = World::with(&[("PUBLIC_URL", "https://pay.rovers.example.org")]);
    let page = Visitor::at(&world).get("/ops/sign-in");
    assert!(page.header("set-cookie").contains("; Secure"), "{page:?}");
}
