//! Coming from an older system, which has sent out checkouts and taken payments.

mod again;
mod paid;
mod refused;
mod sessions;

use serde_json::json;

use crate::{
    import::import,
    support::{Order, World},
};

/// The file that the older system exports: rows of `reference,stripe_session_id,paid_at`.
fn export(rows: &[&str]) -> String {
    let row = |row: &&str| {
        let (reference, told) = row.split_once(',').expect("a comma");
        format!("{reference},parent@example.org,Kim Miller,EUR,Summer cup,45.00,{told}\n")
    };
    let rows: String = rows.iter().map(row).collect();
    format!("reference,email,name,currency,description,amount,stripe_session_id,paid_at\n{rows}")
}

/// Imports such a file, which must succeed; tells what the command says.
#[track_caller]
fn taken(world: &World, rows: &[&str]) -> String {
    let (code, out, said) = import(world, export(rows).as_bytes(), &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{out}");
    out
}

/// Imports such a file, which must fail; tells the errors.
#[track_caller]
fn refused(world: &World, rows: &[&str]) -> String {
    let (code, out, said) = import(world, export(rows).as_bytes(), &[]);
    assert_eq!(code, 1, "{out}");
    said
}

/// What a dry run says of each order, and that it changes nothing.
#[track_caller]
fn rehearsed(world: &World, rows: &[&str]) -> String {
    let before = everything(world);
    let (_, out, said) = import(world, export(rows).as_bytes(), &["--dry-run"]);
    assert_eq!(everything(world), before);
    format!("{out}{said}")
}

/// Every row that an import could touch.
fn everything(world: &World) -> Vec<String> {
    let tables = [
        "orders",
        "checkout_sessions",
        "session_orders",
        "payments",
        "payment_allocations",
        "activity",
        "stripe_events",
    ];
    let rows = |table| {
        world.texts(&format!(
            "SELECT row_to_json(row)::text AS text FROM {table} AS row ORDER BY 1"
        ))
    };
    tables.into_iter().flat_map(rows).collect()
}

/// An order that was imported.
fn order(world: &World, reference: &str) -> Order {
    let id = format!("SELECT id::text AS text FROM orders WHERE reference = '{reference}'");
    let (code, link, said) = world.command(&["link", reference]);
    assert_eq!(code, 0, "{said}");
    let (_, token) = link.trim().rsplit_once('/').expect("a link");
    Order {
        id: world.text(&id).parse().expect("an id"),
        reference: reference.to_owned(),
        path: format!("/pay/{token}"),
    }
}

/// A checkout that the older system opens over 45.00 EUR; tells its id.
fn opened(world: &World) -> String {
    let price =
        json!({ "currency": "eur", "unit_amount": 4500, "product_data": { "name": "Summer cup" } });
    let session = world.stripe.open_foreign_session(json!({
        "mode": "payment",
        "success_url": "https://old.example.org/thanks",
        "line_items": [{ "quantity": 1, "price_data": price }],
    }));
    session.unwrap()["id"].as_str().unwrap().to_owned()
}

/// What became of a session at Stripe.
fn at_stripe(world: &World, session: &str) -> String {
    let session = world.stripe.session(session).expect("a session");
    session["status"].as_str().unwrap_or_default().to_owned()
}

/// The session rows of an order, oldest first: state and who opened it.
fn sessions(world: &World, order: &Order) -> Vec<String> {
    world.texts(&format!(
        "SELECT state || ' ' || origin AS text FROM checkout_sessions
         JOIN session_orders ON session_id = checkout_sessions.id
         WHERE order_id = '{}' ORDER BY attempt",
        order.id
    ))
}

/// The payments of an order: verdict, who found it, and whether its intent is known.
fn payments(world: &World, order: &Order) -> Vec<String> {
    world.texts(&format!(
        "SELECT payment_allocations.amount || ' ' || verdict || ' by ' || found_by
             || CASE WHEN payment_intent LIKE 'pi_%' THEN '' ELSE ', intent unknown' END AS text
         FROM payment_allocations JOIN payments ON payments.id = payment_id
         WHERE order_id = '{}' ORDER BY payments.id",
        order.id
    ))
}

/// How many lines of the log wait for a person.
fn attention(world: &World) -> usize {
    world.count("activity WHERE level = 'attention'")
}

/// What was asked of Stripe since, a line a call, without ids.
fn asked(world: &World) -> Vec<String> {
    let calls = world.traffic().into_iter();
    let name = |call: String| match call.split_once("/cs_") {
        Some((before, after)) => {
            let after = after.split_once('/').map_or("", |(_, after)| after);
            format!("{before}/[id] {after}").trim().to_owned()
        }
        None => call,
    };
    calls.map(name).collect()
}
