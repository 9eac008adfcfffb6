//! What is not needed any more goes, figures stay, and what money is about is never touched.

mod erase;
mod events;
mod prune;
mod stays;
mod turns;

use chrono::Duration;
use freshmint::{db::DbError, retention};
use serde_json::json;

use crate::support::{Order, World, browser::runtime};

/// A shop that follows up on carts.
fn shop() -> World {
    let world = World::with_mailbox(&[]);
    world.execute("UPDATE settings SET recovery_enabled = true");
    world
}

/// A checkout of 35.00 EUR that the shop's own site opens.
fn opened(world: &World, email: Option<&str>) -> String {
    let mut params = json!({
        "mode": "payment",
        "success_url": "https://shop.example.org/thanks",
        "line_items": [{ "quantity": 1, "price_data": {
            "currency": "eur", "unit_amount": 3500, "product_data": { "name": "Scarf" } } }],
    });
    if let Some(email) = email {
        params["customer_email"] = json!(email);
    }
    let session = world.stripe.open_foreign_session(params).unwrap();
    session["id"].as_str().unwrap().to_owned()
}

/// Somebody opens one and leaves it; tells the session.
fn left(world: &World, email: Option<&str>) -> String {
    let session = opened(world, email);
    world.stripe.expire(&session).unwrap();
    world.deliver();
    session
}

/// The same, and the reminder has arrived; tells the order that restores the cart.
fn reminded(world: &World, email: &str) -> Order {
    left(world, Some(email));
    world.pass(Duration::hours(1));
    let mails = world.carry();
    assert_eq!(mails.len(), 1, "{:?}", world.mail_states());
    let link = mails[0]
        .links()
        .into_iter()
        .find(|link| link.contains("/pay/"));
    let link = link.expect("a link");
    let [id, reference] = ["id::text", "reference"].map(|column| {
        world.text(&format!(
            "SELECT {column} AS text FROM orders WHERE kind = 'recovered' AND email = '{email}'"
        ))
    });
    Order {
        id: id.parse().unwrap(),
        reference,
        path: link[link.find("/pay/").unwrap()..].to_owned(),
    }
}

fn try_to_prune(world: &World) -> Result<retention::Pruned, DbError> {
    runtime().block_on(retention::prune(&world.app, "test"))
}

#[track_caller]
fn prune(world: &World) -> retention::Pruned {
    try_to_prune(world).expect("the database answers")
}

/// `day currency figure: count amount`
fn totals(world: &World) -> Vec<String> {
    world.texts(
        "SELECT currency || ' ' || figure || ': ' || sum(count) || ' ' || sum(amount) AS text \
         FROM recovery_totals GROUP BY currency, figure ORDER BY currency, figure",
    )
}

/// Whatever a text stands in, anywhere in the database: table and column.
fn holds(world: &World, text: &str) -> Vec<String> {
    let columns = world.texts(
        "SELECT table_name || '.' || column_name AS text FROM information_schema.columns \
         WHERE table_schema = 'public' ORDER BY 1",
    );
    let found = columns.into_iter().filter(|column| {
        let (table, name) = column.split_once('.').unwrap();
        let is_bytes = format!("pg_typeof({name})::text = 'bytea'");
        let shown = format!(
            "CASE WHEN {is_bytes} THEN encode(({name}::text)::bytea, 'escape') ELSE {name}::text END"
        );
        let bytes = hex::encode(text);
        world.count(&format!(
            "{table} WHERE strpos(lower({shown}), lower('{text}')) > 0 OR strpos({name}::text, '{bytes}') > 0"
        )) > 0
    });
    found.collect()
}
