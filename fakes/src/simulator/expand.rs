//! `expand[]` (docs.stripe.com/api/expanding_objects), for what this simulator can fill in.

use serde_json::{Value, json};

use super::lists;
use super::refusal::Refusal;
use super::session::Session;
use super::world::World;

/// # Errors
/// On a name that is not among those that the endpoint can expand.
pub fn check(params: &Value, expandable: &[&str]) -> Result<(), Refusal> {
    match asked(params).find(|name| !expandable.contains(name)) {
        None => Ok(()),
        Some(name) => {
            let message = format!("This property cannot be expanded ({name}).");
            Err(Refusal::invalid("expand", message))
        }
    }
}

/// The names asked for, less the prefix that lists put before them.
pub fn names<'a>(params: &'a Value, prefix: &str) -> Vec<&'a str> {
    asked(params)
        .filter_map(|name| name.strip_prefix(prefix))
        .collect()
}

/// The session with what was asked for in place of its id.
pub fn session(world: &World, session: &Session, names: &[&str]) -> Value {
    let mut shown = session.to_json(&world.origin);
    if names.contains(&"line_items") {
        let url = format!("/v1/checkout/sessions/{}/line_items", session.id);
        let lines = lists::page(
            &session.lines,
            &json!({}),
            &url,
            |line| &line.id,
            |line| line.to_json(session.created),
        );
        shown["line_items"] = lines.unwrap_or_default();
    }
    let intent = session.payment_intent.as_deref();
    if names.contains(&"payment_intent")
        && let Some(payment) = intent.and_then(|intent| world.payment(intent))
    {
        shown["payment_intent"] = payment.intent_json();
    }
    shown
}

fn asked(params: &Value) -> impl Iterator<Item = &str> {
    let names = params["expand"].as_array().map_or(&[][..], Vec::as_slice);
    names.iter().filter_map(Value::as_str)
}
