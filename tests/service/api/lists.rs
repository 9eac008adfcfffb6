//! Lists: filters and pages.

use serde_json::Value;

use super::{act, get, problem};
use crate::support::World;

pub fn references(page: &Value) -> Vec<String> {
    let orders = page["data"].as_array().unwrap().iter();
    orders
        .map(|order| order["reference"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn orders_come_newest_first_and_page_by_page() {
    let world = World::new();
    for number in 1..=5 {
        world.order(&format!("CUP-{number}"));
    }
    let mut path = "/orders?limit=2".to_owned();
    let mut pages = Vec::new();
    loop {
        let page = get(&world, &path).json();
        pages.push(references(&page));
        // What comes in meanwhile does not shift the pages.
        world.order(&format!("LATE-{}", pages.len()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/orders?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(
        pages,
        [
            vec!["CUP-5", "CUP-4"],
            vec!["CUP-3", "CUP-2"],
            vec!["CUP-1"]
        ]
    );
}

#[test]
fn a_last_page_that_is_just_full_has_no_next() {
    let world = World::new();
    world.order("CUP-1");
    world.order("CUP-2");
    let page = get(&world, "/orders?limit=2").json();
    assert_eq!(
        (references(&page).len(), &page["next_cursor"]),
        (2, &Value::Null)
    );
}

#[test]
fn a_page_has_50_rows_unless_asked_otherwise_and_at_most_200() {
    let world = World::new();
    world.order("CUP-0");
    world.execute(
        "INSERT INTO orders (id, content_hash, reference, locale, currency, amount_total, lines, mode, created_at) \
         SELECT gen_random_uuid(), '', 'CUP-' || n, locale, currency, amount_total, lines, mode, created_at \
         FROM orders, generate_series(1, 205) n",
    );
    for (query, rows) in [
        ("", 50),
        ("?limit=1", 1),
        ("?limit=200", 200),
        ("?limit=201", 200),
    ] {
        let page = get(&world, &format!("/orders{query}")).json();
        assert_eq!(references(&page).len(), rows, "{query}");
        assert!(page["next_cursor"].is_string());
    }
    for limit in ["0", "-1", "x", ""] {
        problem(&get(&world, &format!("/orders?limit={limit}")), 400);
        problem(&get(&world, &format!("/events?limit={limit}")), 400);
    }
}

#[test]
fn filters_narrow_the_list_and_go_together() {
    let world = World::new();
    let paid = world.order("CUP-1");
    world.order_with("CUP-2", serde_json::json!({ "email": "other@example.org" }));
    let cancelled = world.order("CUP-3");
    let session = world.click_through(&paid);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    assert_eq!(
        act(&world, &cancelled, "cancel", serde_json::json!({})).status,
        200
    );

    for (query, expected) in [
        ("status=paid", vec!["CUP-1"]),
        ("status=open", vec!["CUP-2"]),
        ("status=refunded", vec![]),
        ("reference=CUP-3", vec!["CUP-3"]),
        ("reference=cup-3", vec![]),
        ("email=PARENT@example.org", vec!["CUP-3", "CUP-1"]),
        ("email=parent@example.org&status=cancelled", vec!["CUP-3"]),
    ] {
        let page = get(&world, &format!("/orders?{query}")).json();
        assert_eq!(references(&page), expected, "{query}");
    }
}

#[test]
fn carts_stand_among_the_orders_and_can_be_told_apart() {
    let world = World::with_mailbox(&[]);
    world.order("CUP-1");
    world.execute("UPDATE settings SET recovery_enabled = true");
    let session = crate::recovery::opened(&world, Some("kim@example.org"));
    world.stripe.expire(&session).unwrap();
    world.deliver();
    let cart = world.text("SELECT reference AS text FROM orders WHERE kind = 'recovered'");
    for (query, expected) in [
        ("", vec![cart.as_str(), "CUP-1"]),
        ("?kind=billed", vec!["CUP-1"]),
        ("?kind=recovered", vec![&cart]),
        ("?kind=recovered&reference=CUP-1", vec![]),
    ] {
        let page = get(&world, &format!("/orders{query}")).json();
        assert_eq!(references(&page), expected, "{query}");
    }
    let page = get(&world, "/orders").json();
    let kinds: Vec<_> = page["data"].as_array().unwrap().iter().collect();
    assert_eq!(
        [&kinds[0]["kind"], &kinds[1]["kind"]],
        ["recovered", "billed"]
    );

    let listed = |arguments: &[&str]| world.command(&[&["orders", "list"], arguments].concat()).1;
    let all = listed(&[]);
    let lines: Vec<_> = all.lines().collect();
    assert!(lines[0].starts_with(&cart) && lines[0].ends_with("(a cart, recovered)"));
    assert!(lines[1].starts_with("CUP-1") && lines[1].ends_with("<parent@example.org>"));
    assert_eq!(listed(&["--kind", "recovered"]), format!("{}\n", lines[0]));
    assert_eq!(listed(&["--kind", "billed"]), format!("{}\n", lines[1]));
}

#[test]
fn a_filter_or_cursor_that_cannot_be_is_refused_and_says_what_can() {
    let world = World::new();
    let refused = problem(&get(&world, "/orders?status=lost"), 400);
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("settled_offline")
    );
    let refused = problem(&get(&world, "/orders?kind=cart"), 400);
    assert_eq!(refused["detail"], "kind must be one of billed, recovered");
    problem(&get(&world, "/orders?cursor=here"), 400);
    problem(&get(&world, "/events?cursor=here"), 400);
    problem(&get(&world, "/events?state=lost"), 400);
    problem(&get(&world, "/orders?limit=1&limit=2"), 400);
}
