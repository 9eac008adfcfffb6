//! `/suppressions`: who is not written to.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{act, get, post, problem};
use crate::support::{Answer, World};

fn put_on(world: &World, body: Value) -> Answer {
    post(world, "/suppressions", body)
}

/// Takes an address off, as it stands in the path.
fn take_off(world: &World, in_the_path: &str) -> Answer {
    let path = format!("/suppressions/{in_the_path}");
    world.api(Role::Operator, Method::DELETE, &path, None)
}

fn addresses(page: &Value) -> Vec<String> {
    let rows = page["data"].as_array().unwrap().iter();
    rows.map(|row| row["email"].as_str().unwrap().to_owned())
        .collect()
}

fn last_line(world: &World) -> String {
    world.text(
        "SELECT actor || ': ' || what || ' ' || (detail - 'note')::text AS text \
         FROM activity WHERE category = 'suppression' ORDER BY id DESC LIMIT 1",
    )
}

#[test]
fn an_address_on_the_list_gets_no_mail_and_the_first_reason_counts() {
    let world = World::new();
    let first = put_on(
        &world,
        json!({ "email": " Parent@Example.org ", "note": "asked on the telephone" }),
    );
    assert_eq!(first.status, 201, "{first:?}");
    let row = first.json();
    assert_eq!(
        row,
        json!({
            "email": "parent@example.org", "reason": "manual", "note": "asked on the telephone",
            "since": row["since"],
        })
    );
    let again = put_on(
        &world,
        json!({ "email": "parent@example.org", "reason": "moved away" }),
    );
    assert_eq!((again.status, again.json()), (200, row));
    assert_eq!(world.count("activity WHERE category = 'suppression'"), 1);
    assert_eq!(
        last_line(&world),
        r#"api:operator-0: an address is no longer written to {"reason": "manual"}"#
    );
    let mail = act(&world, &world.order("CUP-1"), "send", json!({}));
    assert_eq!(mail.json()["state"], "suppressed");
}

#[test]
fn a_reason_is_the_shops_own_word_in_one_short_line() {
    let world = World::new();
    let body = json!({ "email": "a@example.org", "reason": "  asked at the desk " });
    assert_eq!(put_on(&world, body).json()["reason"], "asked at the desk");
    let longest = "ü".repeat(200);
    let body = json!({ "email": "b@example.org", "reason": longest });
    assert_eq!(put_on(&world, body).status, 201);
    for reason in ["", "  ", "a\nb", "a\0b", &"ü".repeat(201)] {
        let body = json!({ "email": "c@example.org", "reason": reason });
        let refused = problem(&put_on(&world, body), 422);
        assert_eq!(refused["errors"][0]["field"], "reason", "{refused}");
    }
}

#[test]
fn everything_that_is_wrong_is_told_and_the_address_is_not_repeated() {
    let world = World::new();
    let refused = problem(
        &put_on(
            &world,
            json!({ "email": "kim at example.org", "reason": "" }),
        ),
        422,
    );
    let fields: Vec<_> = refused["errors"].as_array().unwrap().iter().collect();
    assert_eq!(fields.len(), 2, "{refused}");
    assert!(!refused.to_string().contains("kim"), "{refused}");
    for body in [
        json!({}),
        json!({ "email": null }),
        json!({ "email": "kim@example.org", "notes": "x" }),
        json!({ "email": "kim@example.org", "note": "a\0b" }),
    ] {
        problem(&put_on(&world, body), 422);
    }
    assert_eq!(world.count("suppressions"), 0);
}

#[test]
fn the_list_comes_newest_first_and_page_by_page() {
    let world = World::new();
    for name in ["a", "b", "c", "d", "e"] {
        put_on(&world, json!({ "email": format!("{name}@example.org") }));
    }
    // Of two in the same moment none is left out, and none comes twice.
    world.execute(
        "UPDATE suppressions SET since = (SELECT min(since) FROM suppressions) WHERE address < 'd'",
    );
    let (mut path, mut seen) = ("/suppressions?limit=2".to_owned(), Vec::new());
    loop {
        let page = get(&world, &path).json();
        seen.extend(addresses(&page));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/suppressions?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen[..2], ["e@example.org", "d@example.org"]);
    seen.sort();
    assert_eq!(
        seen,
        ["a", "b", "c", "d", "e"].map(|name| format!("{name}@example.org"))
    );
    for cursor in ["here", "2026-01-01T00:00:00Z_xyz", "_00"] {
        problem(&get(&world, &format!("/suppressions?cursor={cursor}")), 400);
    }
}

#[test]
fn who_is_taken_off_is_written_to_again() {
    let world = World::new();
    put_on(&world, json!({ "email": "parent@example.org" }));
    let off = take_off(&world, "PARENT%40Example.org");
    assert_eq!((off.status, off.body.as_str()), (204, ""));
    assert_eq!(
        last_line(&world),
        r#"api:operator-1: an address may be written to again {"reason": "lifted"}"#
    );
    let mail = act(&world, &world.order("CUP-1"), "send", json!({}));
    assert_eq!(mail.json()["state"], "queued");
    problem(&take_off(&world, "parent@example.org"), 404);
    assert_eq!(world.count("activity WHERE category = 'suppression'"), 2);
}

#[test]
fn a_remark_about_it_goes_into_the_history_and_nothing_else_is_taken() {
    let world = World::new();
    let path = "/suppressions/parent@example.org";
    let off = |body| world.api(Role::Operator, Method::DELETE, path, Some(body));
    for (body, note) in [
        (json!({ "note": "called us" }), "called us"),
        (json!({ "note": null }), "-"),
        (json!({}), "-"),
    ] {
        put_on(&world, json!({ "email": "parent@example.org" }));
        assert_eq!(off(body).status, 204);
        let told = "SELECT coalesce(detail->>'note', '-') AS text FROM activity ORDER BY id DESC";
        assert_eq!(world.text(&format!("{told} LIMIT 1")), note);
    }
    put_on(&world, json!({ "email": "parent@example.org" }));
    for body in [
        json!({ "reason": "x" }),
        json!({ "note": "a\0b" }),
        json!([]),
    ] {
        problem(&off(body), 422);
    }
    assert_eq!(world.count("suppressions"), 1);
}

#[test]
fn an_address_with_odd_letters_is_found_by_its_path_too() {
    let world = World::new();
    for (address, in_the_path) in [
        ("kim+cup@example.org", "kim+cup@example.org"),
        ("kim+u12@example.org", "kim%2Bu12%40example.org"),
        ("a/b%c@example.org", "a%2Fb%25c@example.org"),
    ] {
        assert_eq!(put_on(&world, json!({ "email": address })).status, 201);
        assert_eq!(take_off(&world, in_the_path).status, 204, "{address}");
    }
    for nobody in ["nobody", "%FF", "%00", "nobody%40example.org"] {
        problem(&take_off(&world, nobody), 404);
    }
}

#[test]
fn a_viewer_reads_the_list_and_changes_nothing() {
    let world = World::new();
    put_on(&world, json!({ "email": "parent@example.org" }));
    let body = Some(json!({ "email": "other@example.org" }));
    problem(
        &world.api(Role::Viewer, Method::POST, "/suppressions", body),
        403,
    );
    let path = "/suppressions/parent@example.org";
    problem(&world.api(Role::Viewer, Method::DELETE, path, None), 403);
    assert_eq!(
        addresses(&get(&world, "/suppressions").json()),
        ["parent@example.org"]
    );
}
