//! The club's own shop of scarves: what people put into its cart and did not pay.

use freshmint_fakes::simulator::Simulator;
use serde_json::{Value, json};

use super::{Shop, api::Api, is_any};
use crate::failure::Failure;

/// Left, and reminded once.
const REMINDED: &str = "kim.larsen@example.net";
/// Left, reminded, and came back by the mail's link.
const CAME_BACK: &str = "ada.brook@example.net";
/// Description, unit amount in minor units, quantity.
const SCARF_AND_MUGS: &[(&str, i64, u32)] = &[("Scarf, blue", 2900, 1), ("Mug", 950, 2)];
const SHIRT: &[(&str, i64, u32)] = &[("Shirt, home, size M", 5500, 1)];

/// Two whose address Stripe knows, and one who left none: nobody can write to that one.
pub fn are_left(stripe: &Simulator) -> Result<(), Failure> {
    let carts = [
        (Some(REMINDED), SCARF_AND_MUGS),
        (Some(CAME_BACK), SHIRT),
        (None, SCARF_AND_MUGS),
    ];
    for (number, (email, lines)) in carts.into_iter().enumerate() {
        let cart = stripe.open_foreign_session(cart(number + 1, email, lines));
        let cart = cart.map_err(Failure::new)?;
        let id = cart["id"].as_str().unwrap_or_default();
        stripe.expire(id).map_err(Failure::new)?;
    }
    Ok(())
}

/// By the link of the one mail that they got, once it is there.
pub async fn one_comes_back(
    shop: &Shop<'_>,
    api: &Api<'_>,
    stripe: &Simulator,
) -> Result<(), Failure> {
    for address in [REMINDED, CAME_BACK] {
        let reminded = format!("/orders?kind=recovered&email={address}");
        let mailed = |orders: &Value| is_any(orders) && !shop.mailbox.mails_to(address).is_empty();
        api.until("no cart was reminded of", &reminded, mailed)
            .await?;
    }
    let mails = shop.mailbox.mails_to(CAME_BACK);
    let links = mails.first().map(|mail| mail.links()).unwrap_or_default();
    let link = links.iter().find(|link| link.contains("/pay/"));
    let link = link.ok_or_else(|| {
        Failure::new("A mail about a cart has no link to it: please report it.".to_owned())
    })?;
    let session = api.follow(link).await?;
    stripe.pay(&session).map_err(Failure::new)?;
    let bought = |figures: &Value| figures["recovered"] == 1;
    api.until("no cart was bought", "/stats/recovery", bought)
        .await
}

/// What the shop's own site opens at Stripe, without a word of Freshmint.
fn cart(number: usize, email: Option<&str>, lines: &[(&str, i64, u32)]) -> Value {
    let line = |&(name, unit_amount, quantity): &(&str, i64, u32)| {
        let product = json!({ "name": name });
        let price =
            json!({ "currency": "eur", "unit_amount": unit_amount, "product_data": product });
        json!({ "price_data": price, "quantity": quantity })
    };
    let mut cart = json!({
        "mode": "payment",
        "line_items": lines.iter().map(line).collect::<Vec<_>>(),
        "client_reference_id": format!("shop-{number}"),
        "success_url": "https://rovers.example.org/shop/thanks",
        "cancel_url": "https://rovers.example.org/shop",
    });
    if let Some(email) = email {
        cart["customer_email"] = json!(email);
    }
    cart
}
