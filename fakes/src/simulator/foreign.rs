//! Another system's checkout: what a shop's own site opens at Stripe, without a word of Freshmint.

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::endpoints::Endpoint;
use super::refusal::Refusal;
use super::shared::Shared;
use super::templates::done;
use super::world::World;

/// What that site says above its button, as the docs of recovery ask for.
const NOTICE: &str = "If you leave without paying, we send you one e-mail about your cart. Tell us at \
    shop@example.org if you would rather not.";

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/_sim/foreign", web::post().to(button));
}

/// Opens a session of parameters as the API takes them, numbers and all; returns its id. It is no
/// request and no creation.
///
/// # Errors
/// With Stripe's answer to what is wrong.
pub fn open(world: &mut World, params: Value, now: i64) -> Result<String, Refusal> {
    let params = Endpoint::CreateSession.check(as_form(params), now)?;
    Ok(world.open(params, now)?.id.clone())
}

/// Numbers and booleans as a form would carry them.
fn as_form(value: Value) -> Value {
    match value {
        Value::Object(level) => level.into_iter().map(|(k, v)| (k, as_form(v))).collect(),
        Value::Array(entries) => entries.into_iter().map(as_form).collect(),
        Value::String(text) => Value::String(text),
        other => Value::String(other.to_string()),
    }
}

/// What the console's buttons send.
#[derive(Debug, serde::Deserialize)]
struct Wanted {
    cart: String,
    #[serde(default)]
    email: String,
}

async fn button(form: web::Form<Wanted>, shared: web::Data<Shared>) -> HttpResponse {
    let result = shared.with(|world, now| {
        let earlier = world.sessions().filter(|session| is_ours(&session.params));
        let number = earlier.count() + 1;
        let params = site(&form, &world.origin, number)?;
        open(world, params, now)
            .map(drop)
            .map_err(|refusal| refusal.message)
    });
    done(result)
}

/// The parameters of a site that sells scarves and memberships.
fn site(wanted: &Wanted, origin: &str, number: usize) -> Result<Value, String> {
    let of = |id: &str| json!([{ "price": id, "quantity": 1 }]);
    let (mode, lines) = match wanted.cart.as_str() {
        "goods" | "nobody" => (
            "payment",
            json!([inline("Scarf, blue", 2900, 1), inline("Mug", 950, 2)]),
        ),
        "catalogue" => ("payment", of("price_simulated_once")),
        "subscription" => ("subscription", of("price_simulated_monthly")),
        other => return Err(format!("there is no cart {other}")),
    };
    let mut params = json!({
        "mode": mode,
        "line_items": lines,
        "client_reference_id": format!("own-site-{number}"),
        "metadata": { "cart": format!("own-site-{number}") },
        "custom_text": { "submit": { "message": NOTICE } },
        "success_url": format!("{origin}/"),
        "cancel_url": format!("{origin}/"),
    });
    if wanted.cart != "nobody" {
        params["customer_email"] = json!(wanted.email.trim());
    }
    Ok(params)
}

fn is_ours(params: &Value) -> bool {
    params["metadata"]["cart"].is_string()
}

fn inline(name: &str, unit_amount: i64, quantity: i64) -> Value {
    let product = json!({ "name": name });
    let price = json!({ "currency": "eur", "unit_amount": unit_amount, "product_data": product });
    json!({ "price_data": price, "quantity": quantity })
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::Catalogue;
    use super::*;

    fn opened(cart: &str, email: &str) -> Result<Value, String> {
        let mut world = World::default();
        world.catalogue = Catalogue::seeded();
        let wanted = Wanted {
            cart: cart.to_owned(),
            email: email.to_owned(),
        };
        let params = site(&wanted, "http://here", 7)?;
        let id = open(&mut world, params, 1_800_000_000).map_err(|refusal| refusal.message)?;
        let session = world.session(&id).map(|session| session.to_json(""));
        session.ok_or_else(|| "no session".to_owned())
    }

    #[test]
    fn every_cart_opens_and_says_nothing_of_freshmint() {
        for (cart, mode, total) in [
            ("goods", "payment", 4800),
            ("nobody", "payment", 4800),
            ("catalogue", "payment", 4500),
            ("subscription", "subscription", 4500),
        ] {
            let session = opened(cart, "kim@example.net").expect(cart);
            assert_eq!(
                (&session["mode"], &session["amount_total"]),
                (&json!(mode), &json!(total))
            );
            assert_eq!(session["metadata"], json!({"cart": "own-site-7"}));
        }
    }

    #[test]
    fn only_one_of_them_knows_nobody() {
        let known = opened("goods", " kim@example.net ").expect("a session");
        assert_eq!(known["customer_email"], "kim@example.net");
        let nobody = opened("nobody", "kim@example.net").expect("a session");
        assert_eq!(nobody["customer_email"], Value::Null);
    }

    #[test]
    fn what_is_no_address_and_no_cart_is_refused() {
        assert!(opened("goods", "kim").is_err());
        assert!(opened("yacht", "kim@example.net").is_err());
    }
}
