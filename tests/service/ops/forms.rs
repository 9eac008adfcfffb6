//! Forms: from our pages alone, and once.

use std::thread;

use freshmint::token::Role;
use reqwest::Method;

use super::needs_somebody;
use crate::support::{Visitor, World, visitor::guard};

#[test]
fn a_form_without_its_tokens_or_with_somebody_elses_is_refused_and_changes_nothing() {
    let world = World::new();
    let line = needs_somebody(&world, "a message could not be worked through");
    let action = format!("/ops/activity/{line}/dismiss");
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let other = Visitor::signed_in(&world, "Tom", Role::Operator);
    let (csrf, once) = guard(&visitor.get("/ops/activity").body, &action);
    let (foreign, _) = guard(&other.get("/ops/activity").body, &action);
    let stranger = Visitor::at(&world);
    let (door, _) = guard(&stranger.get("/ops/sign-in").body, "/ops/sign-in");
    for fields in [
        vec![],
        vec![("csrf", csrf.as_str())],
        vec![("once", once.as_str())],
        vec![("csrf", foreign.as_str()), ("once", once.as_str())],
        vec![("csrf", door.as_str()), ("once", once.as_str())],
        vec![("csrf", ""), ("once", once.as_str())],
        vec![("csrf", csrf.as_str()), ("once", "x")],
    ] {
        let refused = visitor.post(&action, &fields);
        assert_eq!(refused.status, 403, "{fields:?}");
        assert!(refused.text().contains("Nothing was changed"));
    }
    let fields = [("csrf", csrf.as_str()), ("once", once.as_str())];
    let elsewhere = Visitor::at(&world).with("sec-fetch-site", "cross-site");
    elsewhere.set_cookie("freshmint_session", &visitor.cookie("freshmint_session"));
    assert_eq!(elsewhere.post(&action, &fields).status, 403);
    assert_eq!(world.count("activity_dismissals"), 0);
    assert_eq!(visitor.post(&action, &fields).status, 303);
    assert_eq!(world.count("activity_dismissals"), 1);
}

#[test]
fn more_than_anybody_types_is_too_large() {
    let world = World::new();
    let order = world.order("CUP-1");
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let settle = format!("/ops/orders/{}/settle", order.id);
    let note = "x".repeat(3_000_000);
    let refused = visitor.post(&settle, &[("note", &note)]);
    assert_eq!(refused.status, 413, "{}", refused.text());
    assert!(refused.text().contains("Nothing was changed"));
    assert_eq!(world.status(&order), "open");
}

#[test]
fn the_second_press_is_told_what_the_first_did_also_at_the_same_moment() {
    let world = World::with_mailbox(&[]);
    let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
    let page = admin.get("/ops/people");
    let (csrf, once) = guard(&page.body, "/ops/people");
    let session = admin.cookie("freshmint_session");
    let url = world.url();
    let press = || {
        let visitor = Visitor::at_url(url);
        visitor.set_cookie("freshmint_session", &session);
        let fields = [
            ("csrf", csrf.as_str()),
            ("once", once.as_str()),
            ("name", "Sinéad"),
            ("email", "sinead@rovers.example.org"),
            ("role", "operator"),
        ];
        visitor.post("/ops/people", &fields)
    };
    let answers: Vec<_> = thread::scope(|scope| {
        let presses: Vec<_> = (0..5).map(|_| scope.spawn(press)).collect();
        presses
            .into_iter()
            .map(|press| press.join().expect("an answer"))
            .collect()
    });
    let again = answers
        .iter()
        .filter(|answer| answer.location().contains("again=1"))
        .count();
    assert!(
        answers.iter().all(|answer| answer.status == 303),
        "{answers:?}"
    );
    assert_eq!(again, 4, "{answers:?}");
    assert_eq!((world.count("ops_users"), world.count("outbox")), (2, 1));
    let last = press();
    let said = admin.get(last.location()).text();
    assert!(said.contains("Sinéad was invited"), "{said}");
    assert!(
        said.contains("You pressed twice; it was done once."),
        "{said}"
    );
    // What came of it is shown to whoever pressed.
    let other = Visitor::signed_in(&world, "Aoife", Role::Admin);
    assert!(!other.get(last.location()).text().contains("was invited"));
}

#[test]
fn what_is_wrong_is_said_beside_the_field_and_the_form_may_be_sent_again() {
    let world = World::with_mailbox(&[]);
    let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
    let page = admin.get("/ops/people");
    let wrong = admin.send(
        &page,
        "/ops/people",
        &[("name", " "), ("email", "nonsense"), ("role", "admin")],
    );
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.contains("aria-invalid=\"true\"") && wrong.body.contains("value=\"nonsense\"")
    );
    assert!(wrong.body.contains("<title>Error: People"));
    let taken = admin.send(
        &page,
        "/ops/people",
        &[
            ("name", "Tom"),
            ("email", "TOM@rovers.example.org"),
            ("role", "admin"),
        ],
    );
    assert!(
        taken.text().contains("Somebody has this address already."),
        "{}",
        taken.text()
    );
    let fine = admin.send(
        &page,
        "/ops/people",
        &[
            ("name", "Ann"),
            ("email", "ann@rovers.example.org"),
            ("role", "admin"),
        ],
    );
    assert_eq!(
        fine.status, 303,
        "the same page's token: it was refused, not carried out"
    );
}

#[test]
fn what_people_typed_is_never_markup() {
    let world = World::with_mailbox(&[]);
    let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
    let nasty = "<img src=x onerror=alert(1)>\"'{{ 7*7 }}";
    world.user_named(nasty, "nasty@rovers.example.org");
    world.order_with("<b>CUP</b>", serde_json::json!({ "name": nasty }));
    world.execute(
        "INSERT INTO activity (at, order_id, category, level, actor, what, detail) \
         SELECT now(), id, 'mail', 'attention', 'ops:<i>x</i>', '<script>alert(2)</script>', '{\"note\": \"<u>n</u>\"}' FROM orders",
    );
    for path in [
        "/ops",
        "/ops/activity",
        "/ops/people",
        "/ops/activity?q=%3Cscript%3E",
        "/ops/activity?until=%22%3E%3Cb%3E",
    ] {
        let page = admin.get(path);
        assert_eq!(page.status, 200, "{path}");
        for tag in ["<img", "<script>", "<b>", "<i>", "<u>"] {
            assert!(!page.body.contains(tag), "{tag} in {path}: {}", page.body);
        }
    }
    let (_, headers) = (
        admin.ask(Method::HEAD, "/ops", None).status,
        admin.get("/ops").headers,
    );
    let policy = &headers["content-security-policy"];
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(headers["referrer-policy"], "same-origin");
    assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-content-type-options"], "nosniff");
}
