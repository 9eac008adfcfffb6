//! The payer's side: a plain checkout page, honest about being a simulation.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use minijinja::context;

use super::customer;
use super::event::Cause;
use super::lines::Line;
use super::money;
use super::session::{Session, State, Typed};
use super::shared::Shared;
use super::templates;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/c/pay/{id}", web::get().to(show))
        .route("/c/pay/{id}/{action}", web::post().to(act));
}

/// What the payer's form carries.
#[derive(Debug, serde::Deserialize)]
struct Filled {
    #[serde(default)]
    email: String,
    consent: Option<String>,
}

async fn show(id: web::Path<String>, shared: web::Data<Shared>) -> HttpResponse {
    render(&shared, &id, StatusCode::OK, None)
}

async fn act(
    path: web::Path<(String, String)>,
    form: web::Form<Filled>,
    shared: web::Data<Shared>,
) -> HttpResponse {
    let (id, action) = path.into_inner();
    let fault = |text: &str| render(&shared, &id, StatusCode::UNPROCESSABLE_ENTITY, Some(text));
    let needs_email = matches!(action.as_str(), "pay" | "debit");
    if let Err(text) = type_email(&shared, &id, &form, needs_email) {
        return fault(&text);
    }
    let result = shared.with(|world, now| match action.as_str() {
        "pay" => world.complete(&id, None, State::Paid, now),
        "debit" => world.complete(&id, None, State::Awaiting, now),
        "expire" => world.expire(&id, now, Cause::default()),
        _ => Err("Your card was declined. Nothing was paid; you can try again.".to_owned()),
    });
    match (result, action.as_str()) {
        (Ok(()), "expire") => see_other(format!("/c/pay/{id}")),
        (Ok(()), _) => see_other(success_address(&shared, &id)),
        (Err(text), _) => fault(&text),
    }
}

/// Keeps the typed address where the session does not bring one.
fn type_email(shared: &Shared, id: &str, form: &Filled, required: bool) -> Result<(), String> {
    let email = form.email.trim().to_owned();
    shared.with(|world, _| {
        let Some(session) = world.session(id).filter(|s| s.state == State::Open) else {
            return Ok(());
        };
        if given_email(session).is_some() || (email.is_empty() && !required) {
            return Ok(());
        }
        if !customer::is_email(&email) {
            return Err("Please type an e-mail address.".to_owned());
        }
        let consents = form.consent.is_some() && asks_consent(session);
        world.type_email(id, Typed { email, consents })
    })
}

fn given_email(session: &Session) -> Option<&str> {
    let given = session.params["customer_email"].as_str();
    session.customer_email.as_deref().or(given)
}

fn asks_consent(session: &Session) -> bool {
    session.params["consent_collection"]["promotions"] == "auto"
}

fn success_address(shared: &Shared, id: &str) -> String {
    let address = shared.with(|world, _| {
        let session = world.session(id)?;
        session.params["success_url"].as_str().map(str::to_owned)
    });
    let address = address.unwrap_or_default();
    ascii(&address.replace("{CHECKOUT_SESSION_ID}", id))
}

/// A header carries no other letters than these; the rest is percent-encoded.
fn ascii(address: &str) -> String {
    let mut text = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte.is_ascii() {
            true => text.push(char::from(byte)),
            false => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

fn see_other(address: String) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, address))
        .finish()
}

fn render(shared: &Shared, id: &str, status: StatusCode, fault: Option<&str>) -> HttpResponse {
    let found = shared.with(|world, _| world.session(id).cloned());
    let Some(session) = found else {
        let context = context! { account => &shared.settings.account_name, state => "unknown" };
        return templates::page(StatusCode::NOT_FOUND, "checkout.html", context);
    };
    let lines: Vec<minijinja::Value> = session.lines.iter().map(line).collect();
    let text = |place: &str| {
        let message = session.params["custom_text"][place]["message"].as_str();
        message.map(str::to_owned)
    };
    let context = context! {
        account => &shared.settings.account_name,
        id => &session.id,
        state => session.status(),
        subscription => session.is_subscription(),
        setup => session.is_setup(),
        lines => lines,
        extras => extras(&session),
        total => money::written(session.total, &session.currency),
        email => given_email(&session),
        typed => session.typed.as_ref().map(|typed| typed.email.as_str()),
        asks_consent => asks_consent(&session),
        cancel_url => session.params["cancel_url"].as_str(),
        submit_text => text("submit"),
        after_text => text("after_submit"),
        fault => fault,
    };
    templates::page(status, "checkout.html", context)
}

/// What is taken off or added to the lines.
fn extras(session: &Session) -> Vec<(&'static str, String)> {
    let shipping = session.shipping.first().map(|rate| rate.amount);
    let off = session.discount.as_ref().map(|_| -session.taken_off());
    let extras = [("Discount", off), ("Shipping", shipping)];
    extras
        .into_iter()
        .filter_map(|(name, amount)| Some((name, money::written(amount?, &session.currency))))
        .collect()
}

fn line(line: &Line) -> minijinja::Value {
    let amount = line.amount().unwrap_or(i64::MAX);
    context! {
        name => &line.price.product,
        quantity => line.quantity,
        every => line.price.recurring.as_deref(),
        amount => money::written(amount, &line.price.currency),
    }
}
