//! Taxes on top and promotion codes: what is compared is what was asked for before them.

use serde_json::{Value, json};

use super::{asked, paid};
use crate::support::{Order, World};

fn order(world: &World, switches: Value) -> (Order, String) {
    let order = world.order_with("CUP-1", switches);
    let session = world.click_through(&order);
    (order, session)
}

#[test]
fn taxes_come_on_top_and_the_order_is_paid() {
    let world = World::new();
    let (order, session) = order(&world, json!({ "automatic_tax": true }));
    assert_eq!(asked(&world)["automatic_tax"], json!({ "enabled": "true" }));
    world.stripe.pay(&session).unwrap();
    let settled = (json!([5355, "settles"]), "paid".to_owned());
    assert_eq!(paid(&world, &order), settled);
    let page = world.click(&order).text();
    assert!(page.contains("€53.55"), "{page}");
}

#[test]
fn with_taxes_another_amount_before_them_is_a_mismatch() {
    let world = World::new();
    let (order, session) = order(&world, json!({ "automatic_tax": true }));
    world.stripe.pay_amount(&session, 5355).unwrap();
    let misfit = (json!([5355, "mismatch"]), "in_review".to_owned());
    assert_eq!(paid(&world, &order), misfit);
}

#[test]
fn a_promotion_code_takes_something_off_and_the_order_is_paid() {
    let world = World::new();
    let (order, session) = order(&world, json!({ "promotion_codes": true }));
    assert_eq!(asked(&world)["allow_promotion_codes"], "true");
    world.stripe.pay_with_discount(&session, 20).unwrap();
    let settled = (json!([3600, "settles"]), "paid".to_owned());
    assert_eq!(paid(&world, &order), settled);
}

#[test]
fn a_code_for_the_whole_amount_leaves_nothing_to_pay_and_the_order_is_paid() {
    let world = World::new();
    let (order, session) = order(&world, json!({ "promotion_codes": true }));
    world.stripe.pay_with_discount(&session, 100).unwrap();
    let free = world.stripe.session(&session).unwrap();
    assert_eq!(free["payment_status"], "no_payment_required");
    assert_eq!(
        paid(&world, &order),
        (json!([0, "settles"]), "paid".to_owned())
    );
    assert_eq!(world.count("payments WHERE payment_intent IS NULL"), 1);
}

#[test]
fn with_promotion_codes_another_amount_before_them_is_a_mismatch() {
    let world = World::new();
    let (order, session) = order(&world, json!({ "promotion_codes": true }));
    world.stripe.redeem(&session, 20).unwrap();
    world.stripe.pay_amount(&session, 3600).unwrap();
    let misfit = (json!([3600, "mismatch"]), "in_review".to_owned());
    assert_eq!(paid(&world, &order), misfit);
}

#[test]
fn what_was_not_switched_on_is_not_asked_for() {
    let world = World::new();
    let (_, session) = order(&world, json!({}));
    let asked = asked(&world);
    for name in ["automatic_tax", "allow_promotion_codes", "currency"] {
        assert_eq!(asked.get(name), None, "{name}");
    }
    assert!(world.stripe.pay_with_discount(&session, 20).is_err());
}
