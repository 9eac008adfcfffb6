//! The endpoints of the API: which there are, what each checks, what each does to the world.

use serde_json::{Value, json};

use super::customer;
use super::event::Cause;
use super::expand;
use super::faults::Call;
use super::ids;
use super::lines::Line;
use super::lists;
use super::refund::Refund;
use super::refusal::Refusal;
use super::rules;
use super::schema;
use super::session::Session;
use super::world::World;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    CreateSession,
    ListSessions,
    RetrieveSession(String),
    ExpireSession(String),
    LineItems(String),
    ListEvents,
    RetrieveEvent(String),
    Refund,
    ListRefunds,
    RetrieveRefund(String),
    CreateCustomer,
    Balance,
    RetrievePrice(String),
}

/// The endpoint behind a method and a path.
///
/// # Errors
/// With Stripe's 404 for what is no endpoint (here).
pub fn find(method: &str, path: &str) -> Result<Endpoint, Refusal> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    Ok(match (method, &parts[..]) {
        ("POST", ["v1", "checkout", "sessions"]) => Endpoint::CreateSession,
        ("GET", ["v1", "checkout", "sessions"]) => Endpoint::ListSessions,
        ("GET", ["v1", "checkout", "sessions", id]) if !id.is_empty() => {
            Endpoint::RetrieveSession((*id).to_owned())
        }
        ("POST", ["v1", "checkout", "sessions", id, "expire"]) => {
            Endpoint::ExpireSession((*id).to_owned())
        }
        ("GET", ["v1", "checkout", "sessions", id, "line_items"]) => {
            Endpoint::LineItems((*id).to_owned())
        }
        ("GET", ["v1", "events"]) => Endpoint::ListEvents,
        ("GET", ["v1", "events", id]) if !id.is_empty() => {
            Endpoint::RetrieveEvent((*id).to_owned())
        }
        ("POST", ["v1", "refunds"]) => Endpoint::Refund,
        ("GET", ["v1", "refunds"]) => Endpoint::ListRefunds,
        ("GET", ["v1", "refunds", id]) if !id.is_empty() => {
            Endpoint::RetrieveRefund((*id).to_owned())
        }
        ("POST", ["v1", "customers"]) => Endpoint::CreateCustomer,
        ("GET", ["v1", "balance"]) => Endpoint::Balance,
        ("GET", ["v1", "prices", id]) if !id.is_empty() => {
            Endpoint::RetrievePrice((*id).to_owned())
        }
        _ => return Err(Refusal::no_such_url(method, path)),
    })
}

impl Endpoint {
    pub fn call(&self) -> Call {
        match self {
            Endpoint::CreateSession => Call::CreateSession,
            Endpoint::ListSessions => Call::ListSessions,
            Endpoint::RetrieveSession(_) => Call::RetrieveSession,
            Endpoint::ExpireSession(_) => Call::ExpireSession,
            Endpoint::LineItems(_) => Call::LineItems,
            Endpoint::ListEvents | Endpoint::RetrieveEvent(_) => Call::Events,
            Endpoint::Refund => Call::Refund,
            Endpoint::ListRefunds | Endpoint::RetrieveRefund(_) => Call::ReadRefunds,
            Endpoint::CreateCustomer | Endpoint::Balance | Endpoint::RetrievePrice(_) => {
                Call::Other
            }
        }
    }

    /// As the endpoint is called in Stripe's description.
    fn name(&self) -> &'static str {
        match self {
            Endpoint::CreateSession => "POST /v1/checkout/sessions",
            Endpoint::ListSessions => "GET /v1/checkout/sessions",
            Endpoint::RetrieveSession(_) => "GET /v1/checkout/sessions/{session}",
            Endpoint::ExpireSession(_) => "POST /v1/checkout/sessions/{session}/expire",
            Endpoint::LineItems(_) => "GET /v1/checkout/sessions/{session}/line_items",
            Endpoint::ListEvents => "GET /v1/events",
            Endpoint::RetrieveEvent(_) => "GET /v1/events/{id}",
            Endpoint::Refund => "POST /v1/refunds",
            Endpoint::ListRefunds => "GET /v1/refunds",
            Endpoint::RetrieveRefund(_) => "GET /v1/refunds/{refund}",
            Endpoint::CreateCustomer => "POST /v1/customers",
            Endpoint::Balance => "GET /v1/balance",
            Endpoint::RetrievePrice(_) => "GET /v1/prices/{id}",
        }
    }

    fn expandable(&self) -> &'static [&'static str] {
        match self {
            Endpoint::CreateSession | Endpoint::RetrieveSession(_) | Endpoint::ExpireSession(_) => {
                &["line_items", "payment_intent"]
            }
            Endpoint::ListSessions => &["data.line_items", "data.payment_intent"],
            _ => &[],
        }
    }

    /// Types and checks the parameters; what fails here is not kept under an idempotency key.
    ///
    /// # Errors
    /// With Stripe's answer to what is wrong.
    pub fn check(&self, params: Value, now: i64) -> Result<Value, Refusal> {
        let params = schema::check(self.name(), params)?;
        match self {
            Endpoint::CreateSession => rules::check(&params, now)?,
            Endpoint::Refund if params.get("payment_intent").is_none() => {
                return Err(Refusal::missing("payment_intent"));
            }
            Endpoint::CreateCustomer => email(&params)?,
            _ => {}
        }
        expand::check(&params, self.expandable())?;
        Ok(params)
    }

    /// Carries the call out; whatever comes of it is kept under the idempotency key.
    ///
    /// # Errors
    /// With Stripe's answer to what the account's state does not allow.
    pub fn execute(
        &self,
        world: &mut World,
        params: Value,
        now: i64,
        cause: Cause,
    ) -> Result<Value, Refusal> {
        match self {
            Endpoint::CreateSession => create(world, params, now),
            Endpoint::ListSessions => list_sessions(world, &params),
            Endpoint::RetrieveSession(id) => show(world, id, &params),
            Endpoint::ExpireSession(id) => {
                known(world, id)?;
                world
                    .expire(id, now, cause)
                    .map_err(|message| Refusal::plain(400, message))?;
                show(world, id, &params)
            }
            Endpoint::LineItems(id) => line_items(world, known(world, id)?, &params),
            Endpoint::ListEvents => list_events(world, &params),
            Endpoint::RetrieveEvent(id) => match world.event(id) {
                Some(event) => Ok(event.to_json()),
                None => Err(Refusal::no_such("event", id, "id")),
            },
            Endpoint::Refund => world.refund(&params, now, cause),
            Endpoint::ListRefunds => list_refunds(world, &params),
            Endpoint::RetrieveRefund(id) => match world.refunds().iter().find(|it| it.id == *id) {
                Some(refund) => Ok(refund.to_json()),
                None => Err(Refusal::no_such("refund", id, "id")),
            },
            Endpoint::CreateCustomer => Ok(create_customer(world, &params, now)),
            Endpoint::Balance => Ok(json!({
                "object": "balance", "available": [], "livemode": false, "pending": [],
            })),
            Endpoint::RetrievePrice(id) => match world.catalogue.price(id) {
                Some(price) => Ok(price.to_json(now)),
                None => Err(Refusal::no_such("price", id, "price")),
            },
        }
    }
}

fn create(world: &mut World, params: Value, now: i64) -> Result<Value, Refusal> {
    let wanted = params.get("expand").cloned();
    let id = world.open(params, now)?.id.clone();
    world.creations += 1;
    show(world, &id, &json!({ "expand": wanted }))
}

fn show(world: &World, id: &str, params: &Value) -> Result<Value, Refusal> {
    let session = known(world, id)?;
    Ok(expand::session(world, session, &expand::names(params, "")))
}

fn known<'a>(world: &'a World, id: &str) -> Result<&'a Session, Refusal> {
    world
        .session(id)
        .ok_or_else(|| Refusal::no_such("checkout.session", id, "session"))
}

fn list_sessions(world: &World, params: &Value) -> Result<Value, Refusal> {
    let found: Vec<&Session> = world
        .sessions()
        .rev()
        .filter(|session| lists::wants_session(session, params))
        .collect();
    let names = expand::names(params, "data.");
    let render = |session: &&Session| expand::session(world, session, &names);
    lists::page(&found, params, "/v1/checkout/sessions", |s| &s.id, render)
}

/// Stripe shows a line's price as it is today: it may have been retired since the session was opened.
fn line_items(world: &World, session: &Session, params: &Value) -> Result<Value, Refusal> {
    let url = format!("/v1/checkout/sessions/{}/line_items", session.id);
    let render = |line: &Line| {
        let mut shown = line.to_json(session.created);
        if let Some(today) = world.catalogue.price(&line.price.id) {
            shown["price"]["active"] = json!(today.active);
        }
        shown
    };
    lists::page(&session.lines, params, &url, |line| &line.id, render)
}

fn list_events(world: &World, params: &Value) -> Result<Value, Refusal> {
    let found: Vec<_> = world
        .events()
        .iter()
        .rev()
        .filter(|event| lists::wants_event(event, params))
        .collect();
    lists::page(&found, params, "/v1/events", |e| &e.id, |e| e.to_json())
}

fn list_refunds(world: &World, params: &Value) -> Result<Value, Refusal> {
    let found: Vec<&Refund> = world
        .refunds()
        .iter()
        .rev()
        .filter(|refund| lists::wants_refund(refund, params))
        .collect();
    lists::page(&found, params, "/v1/refunds", |r| &r.id, |r| r.to_json())
}

fn email(params: &Value) -> Result<(), Refusal> {
    match params["email"].as_str() {
        Some(text) if !text.is_empty() && !customer::is_email(text) => {
            let message = format!("Invalid email address: {text}");
            Err(Refusal::coded("email_invalid", "email", message))
        }
        _ => Ok(()),
    }
}

fn create_customer(world: &mut World, params: &Value, now: i64) -> Value {
    let customer = customer_json(&ids::short("cus"), params, now);
    world.set_customer(customer.clone());
    customer
}

/// Stripe's customer object.
pub fn customer_json(id: &str, params: &Value, now: i64) -> Value {
    json!({
        "id": id,
        "object": "customer",
        "address": null,
        "balance": 0,
        "created": now,
        "currency": null,
        "default_source": null,
        "delinquent": false,
        "description": params["description"],
        "email": params["email"],
        "invoice_settings": {
            "custom_fields": null, "default_payment_method": null, "footer": null,
            "rendering_options": null,
        },
        "livemode": false,
        "metadata": params.get("metadata").cloned().unwrap_or_else(|| json!({})),
        "name": params["name"],
        "phone": params["phone"],
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
        "test_clock": null,
    })
}
