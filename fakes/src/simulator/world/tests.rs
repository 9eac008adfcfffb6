use super::super::catalogue::ShippingRate;
use super::super::endpoints;
use super::*;

const NOW: i64 = 1_800_000_000;

fn with(name: &str, value: Value) -> Value {
    let product = json!({"name": "Scarf"});
    let price = json!({"currency": "eur", "unit_amount": 2900, "product_data": product});
    json!({
        "mode": "payment",
        "success_url": "https://shop.example/thanks",
        "line_items": [{"quantity": 1, "price_data": price}],
        name: value,
    })
}

#[test]
fn a_customer_that_is_unknown_or_deleted_is_refused() {
    let mut world = World::default();
    let params = with("customer", json!("cus_ann"));
    let refused = |world: &mut World| {
        let refusal = world.open(params.clone(), NOW).expect_err("a refusal");
        assert_eq!(refusal.code.as_deref(), Some("resource_missing"));
        assert_eq!(
            (refusal.status, refusal.param.as_deref()),
            (400, Some("customer"))
        );
    };
    refused(&mut world);
    let ann = json!({"email": "ann@example.com"});
    world.set_customer(endpoints::customer_json("cus_ann", &ann, NOW));
    let session = world.open(params.clone(), NOW).expect("a session");
    assert_eq!(session.known_email(), Some("ann@example.com"));
    world.delete_customer("cus_ann");
    refused(&mut world);
}

#[test]
fn a_rate_that_was_made_with_a_session_can_be_named_by_the_next_until_it_is_retired() {
    let mut world = World::default();
    let fixed = json!({"amount": 990, "currency": "eur"});
    let data = json!({"display_name": "Express", "fixed_amount": fixed});
    let made = with("shipping_options", json!([{"shipping_rate_data": data}]));
    let rate = world.open(made, NOW).expect("a session").shipping[0].clone();
    let named = with("shipping_options", json!([{"shipping_rate": rate.id}]));
    let session = world.open(named.clone(), NOW).expect("a session");
    assert_eq!(session.total, 3890);
    world.catalogue.set_shipping_rate(ShippingRate {
        active: false,
        ..rate
    });
    let refusal = world.open(named, NOW).expect_err("retired");
    assert_eq!(
        refusal.param.as_deref(),
        Some("shipping_options[0][shipping_rate]")
    );
}
