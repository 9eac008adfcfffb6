//! Events as Stripe sends them.

use freshmint_benches::{load::Target, world::World};
use freshmint_fakes::simulator;
use serde_json::{Value, json};
use stripe_webhook::Webhook;

/// Events for `path`, signed now, which is good for five minutes: each a payment's, with an id of its own
/// that `name` is part of, and as long as a real one.
pub fn events(world: &World, path: &str, name: &str, count: usize) -> Vec<Target> {
    let event = payment_event(world);
    let now = world.app.clock.now().timestamp();
    let secret = simulator::Settings::default().webhook_secret;
    let one = |number| {
        let mut event = event.clone();
        event["id"] = format!("evt_{name}_{number}").into();
        let body = event.to_string();
        let signature = Webhook::generate_test_header(&body, &secret, Some(now));
        Target {
            path: path.to_owned(),
            body,
            headers: vec![
                ("Stripe-Signature", signature),
                ("Content-Type", "application/json".to_owned()),
            ],
        }
    };
    (0..count).map(one).collect()
}

fn payment_event(world: &World) -> Value {
    let session = world.stripe.open_foreign_session(json!({
        "mode": "payment",
        "success_url": "https://rovers.example.org/thanks",
        "customer_email": "parent@example.org",
        "line_items": [{ "quantity": 1, "price_data": {
            "currency": "eur", "unit_amount": 4500, "product_data": { "name": "Summer cup, U12" } } }],
    }));
    let session = session.expect("a session");
    let id = session["id"].as_str().expect("an id");
    world.stripe.pay(id).expect("a payment");
    let events = world.stripe.events();
    let completed = |event: &&Value| event["type"] == "checkout.session.completed";
    let last = events.iter().rev().find(completed);
    last.expect("an event").clone()
}
