//! Orders whose amount Stripe tells: catalogue prices, subscriptions, taxes and promotion codes.

mod adjusted;
mod prices;
mod subscription;
mod words;

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    simulator::Price,
    support::{Order, World},
};

/// An order of a catalogue price of €45.00, twice, and a locker of €9.50.
fn membership(world: &World, reference: &str) -> Order {
    world.order_with(reference, json!({ "lines": membership_lines() }))
}

fn membership_lines() -> Value {
    json!([
        { "price": "price_simulated_once", "quantity": 2 },
        { "description": "Locker", "unit_amount": 950, "quantity": 1 },
    ])
}

/// The catalogue's price is another one from now on.
fn reprice(world: &World, unit_amount: i64) {
    world.stripe.set_price(Price {
        unit_amount,
        ..once()
    });
}

/// The price that is paid once, as it stands in the catalogue.
fn once() -> Price {
    Price {
        id: "price_simulated_once".to_owned(),
        ..Price::default()
    }
}

fn shown(world: &World, order: &Order) -> Value {
    let path = format!("/orders/{}", order.id);
    world.api(Role::Viewer, Method::GET, &path, None).json()
}

fn amount(world: &World, order: &Order) -> Value {
    shown(world, order)["amount_total"].clone()
}

/// The parameters of the last mint.
fn asked(world: &World) -> Value {
    let asked = world.stripe.requests();
    let mint = asked
        .iter()
        .rfind(|asked| asked.method == "POST" && asked.path == "/v1/checkout/sessions");
    mint.expect("a mint").params.clone()
}

/// Stripe tells what has happened; tells what the order's payment was, and how the order stands.
fn paid(world: &World, order: &Order) -> (Value, String) {
    world.deliver();
    let payment = shown(world, order)["payments"][0].clone();
    (
        json!([payment["amount"], payment["verdict"]]),
        world.status(order),
    )
}
