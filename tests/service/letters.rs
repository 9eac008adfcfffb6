//! Letters in two forms: `ü` as one character, or as `u` and two dots, as a Mac writes a file. A name typed
//! on two machines is one.

use diesel::connection::SimpleConnection;
use freshmint::{
    order::draft::{Draft, NewOrder},
    token::Role,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::World;

const COMPOSED: &str = "U12-M\u{fc}ller";
const DECOMPOSED: &str = "U12-Mu\u{308}ller";

fn body(reference: &str) -> Value {
    json!({
        "reference": reference, "currency": "eur", "name": reference,
        "lines": [{ "description": reference, "unit_amount": 4500, "quantity": 1 }],
        "metadata": { "team": reference },
    })
}

fn create(world: &World, reference: &str) -> (u16, Value) {
    let answer = world.api(
        Role::Operator,
        Method::POST,
        "/orders",
        Some(body(reference)),
    );
    (answer.status, answer.json())
}

#[test]
fn one_reference_typed_in_two_ways_is_one_order() {
    let world = World::new();
    let (status, order) = create(&world, DECOMPOSED);
    assert_eq!((status, order["reference"].as_str()), (201, Some(COMPOSED)));
    assert_eq!(order["metadata"]["team"], COMPOSED);
    for reference in [COMPOSED, DECOMPOSED] {
        let (status, again) = create(&world, reference);
        assert_eq!((status, &again["id"]), (200, &order["id"]), "{reference}");
        let (code, link, said) = world.command(&["link", reference]);
        assert_eq!(code, 0, "{said}");
        assert!(link.contains("/pay/"));
        let path = format!("/orders?reference={reference}");
        let found = world.api(Role::Viewer, Method::GET, &path, None).json();
        assert_eq!(found["data"][0]["id"], order["id"]);
    }
    assert_eq!(world.count("orders"), 1);
}

/// As an earlier version kept them.
fn kept_as_typed(world: &World, reference: &str, hash: &str) {
    let mut connection = world.database.connect();
    connection
        .batch_execute(&format!(
            "INSERT INTO orders (id, reference, name, locale, currency, amount_total, lines, metadata, mode, content_hash, created_at) \
             VALUES (gen_random_uuid(), '{reference}', '{reference}', 'auto', 'eur', 4500, \
                '[{{\"description\": \"{reference}\", \"unit_amount\": 4500, \"quantity\": 1}}]', \
                '{{\"team\": \"{reference}\"}}', 'payment', '{hash}', now())"
        ))
        .expect("a row");
}

#[test]
fn what_stands_is_brought_into_one_form_and_two_of_one_name_are_told() {
    let world = World::new();
    let hash = {
        let draft: Draft = serde_json::from_value(body(DECOMPOSED)).unwrap();
        let order = NewOrder::try_from(draft).unwrap();
        order.content_hash_decomposed()
    };
    kept_as_typed(&world, DECOMPOSED, &hash);
    let both = ["GYM-\u{e9}", "GYM-e\u{301}"];
    for reference in both {
        kept_as_typed(&world, reference, "x");
    }
    let up = include_str!("../../migrations/2026-11-27-000010_letters_in_one_form/up.sql");
    world
        .database
        .connect()
        .batch_execute(up)
        .expect("it applies");

    let stored = world.texts(
        "SELECT concat_ws(' ', reference, name, lines->0->>'description', metadata->>'team') AS text \
         FROM orders ORDER BY reference COLLATE \"C\"",
    );
    let all = |reference: &str, rest: &str| format!("{reference} {rest} {rest} {rest}");
    assert_eq!(
        stored,
        [
            all(both[1], both[0]),
            all(both[0], both[0]),
            all(COMPOSED, COMPOSED)
        ]
    );
    // Handed in again as the file has it, and as somebody types it: unchanged.
    for reference in [DECOMPOSED, COMPOSED] {
        assert_eq!(create(&world, reference).0, 200, "{reference:?}");
    }
    // Each of the two can be found by its own.
    for reference in both {
        let (code, told, said) = world.command(&["orders", "show", reference]);
        assert_eq!(code, 0, "{said}");
        assert!(told.contains(reference), "{told}");
    }
    let (_, told, _) = world.command(&["doctor"]);
    let line = told.lines().find(|line| line.contains("references"));
    assert!(line.is_some_and(|line| line.contains(both[1])), "{told}");
}

#[test]
fn a_row_of_older_rules_is_shown_and_new_ones_are_refused() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.execute(
        "UPDATE orders SET lines = jsonb_set(lines, '{0,description}', '\"Fee\\u202e\\u0007\"'), \
         email = '-f@example.org'",
    );
    let (code, told, said) = world.command(&["orders", "list"]);
    assert_eq!(code, 0, "{said}");
    assert!(told.contains("CUP-1") && !told.contains('\u{7}'), "{told}");
    assert_eq!(world.get(&order.path).status, 303);
    for (field, value) in [
        ("reference", "CUP\u{202e}-2"),
        ("email", "-f@example.org"),
        ("email", "|cat@example.org"),
    ] {
        let mut wrong = body("CUP-2");
        wrong[field] = json!(value);
        let answer = world.api(Role::Operator, Method::POST, "/orders", Some(wrong));
        assert_eq!(answer.status, 422, "{field}");
    }
}
