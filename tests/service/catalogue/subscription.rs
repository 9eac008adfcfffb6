//! Monthly fees: what makes the order paid is the first invoice.

use serde_json::{Value, json};

use super::{amount, asked, once, paid};
use crate::{
    simulator::Price,
    support::{Order, World},
};

fn monthly(world: &World, price: &str) -> Order {
    let lines = json!([
        { "price": price, "quantity": 1 },
        { "price": "price_simulated_once", "quantity": 1 },
    ]);
    world.order_with("GYM-1", json!({ "mode": "subscription", "lines": lines }))
}

#[test]
fn a_subscription_is_paid_with_its_first_invoice_and_has_no_payment_intent() {
    let world = World::new();
    let order = monthly(&world, "price_simulated_monthly");
    let session = world.click_through(&order);
    let asked = asked(&world);
    assert_eq!(asked["mode"], "subscription");
    assert_eq!(asked["subscription_data"]["metadata"], asked["metadata"]);
    assert_eq!(asked["metadata"]["order_id"], order.id.to_string());
    assert_eq!(asked.get("payment_intent_data"), None);
    assert_eq!(amount(&world, &order), 9000);

    world.stripe.pay(&session).unwrap();
    let settled = (json!([9000, "settles"]), "paid".to_owned());
    assert_eq!(paid(&world, &order), settled);
    let session = world.stripe.session(&session).unwrap();
    assert!(session["subscription"].is_string() && session["invoice"].is_string());
    assert_eq!(world.count("payments WHERE payment_intent IS NULL"), 1);
    let page = world.click(&order);
    assert!(page.text().contains("Already paid"), "{}", page.text());
}

#[test]
fn a_subscription_without_a_recurring_price_is_refused_by_stripe() {
    let world = World::new();
    let order = monthly(&world, "price_simulated_once");
    assert_eq!(world.click(&order).status, 502);
    assert_eq!(amount(&world, &order), Value::Null);
}

#[test]
fn a_subscription_may_be_free() {
    let world = World::new();
    world.stripe.set_price(Price {
        id: "price_free".to_owned(),
        unit_amount: 0,
        recurring: Some("month".to_owned()),
        ..once()
    });
    let lines = json!([{ "price": "price_free", "quantity": 1 }]);
    let order = world.order_with("GYM-1", json!({ "mode": "subscription", "lines": lines }));
    let session = world.click_through(&order);
    assert_eq!(amount(&world, &order), 0);
    world.stripe.pay(&session).unwrap();
    assert_eq!(
        paid(&world, &order),
        (json!([0, "settles"]), "paid".to_owned())
    );
}
