//! Stripe tells of something: what is kept, and what becomes of it.

mod failing;
mod foreign;
mod keeping;
mod poison;
mod signature;
mod waiting;
mod working;

use serde_json::{Value, json};
use stripe_webhook::Webhook;

use crate::{
    simulator,
    support::{Answer, World},
};

/// An event in the newest form that we know, about `object`.
pub fn event(world: &World, id: &str, kind: &str, object: Value) -> Value {
    json!({
        "id": id,
        "object": "event",
        "api_version": simulator::API_VERSION,
        "created": world.now().timestamp(),
        "data": { "object": object },
        "livemode": false,
        "type": kind,
    })
}

/// Posts a body with a good signature.
pub fn post_signed(world: &World, body: &str) -> Answer {
    let header = signature(body, "whsec_simulator", world.now().timestamp());
    world.post_webhook(body, Some(&header))
}

fn signature(body: &str, secret: &str, at: i64) -> String {
    Webhook::generate_test_header(body, secret, Some(at))
}

/// The kept events, a line each: what ops would see.
fn kept(world: &World) -> Vec<String> {
    world.texts(
        "SELECT concat_ws(' ', type, state, last_error) AS text FROM stripe_events ORDER BY received_at, id",
    )
}
