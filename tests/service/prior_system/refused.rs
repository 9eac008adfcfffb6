//! What cannot be true of an older system.

use serde_json::json;

use super::{export, order, refused, sessions, taken};
use crate::{import::import, support::World};

#[test]
fn every_bad_value_is_told_with_its_line() {
    let world = World::new();
    let said = refused(
        &world,
        &[
            "CUP-1,https://checkout.stripe.com/c/pay/cs_test_1,",
            "CUP-2,cs_test_2 cs_test_2,",
            "CUP-3,cs_test_3,",
            "CUP-4,cs_test_4 cs_test_3,",
            "CUP-5,,03.11.2025",
            "CUP-6,,2999-01-01",
            "CUP-7,,2025-11-03",
        ],
    );
    insta::assert_snapshot!(said);
    assert_eq!(world.count("orders"), 0);
}

#[test]
fn a_checkout_of_another_order_is_told_with_its_line_and_nothing_of_the_order_is_kept() {
    let world = World::new();
    taken(&world, &["CUP-1,cs_test_1,"]);
    let rows = ["CUP-3,,", "CUP-2,cs_test_2 cs_test_1,2025-11-03"];
    assert!(
        refused(&world, &rows).starts_with(
            "line 3: CUP-2: stripe_session_id: cs_test_1 belongs to CUP-1 here; take it out of this line\n"
        )
    );
    assert_eq!(world.count("orders"), 1);
    let (code, out, _) = import(&world, export(&rows).as_bytes(), &["--skip-bad"]);
    assert_eq!((code, out.as_str()), (0, "1 created, 0 unchanged, 1 bad\n"));
    assert_eq!(
        world.texts("SELECT reference AS text FROM orders ORDER BY 1"),
        ["CUP-1", "CUP-3"]
    );
    assert_eq!(
        sessions(&world, &order(&world, "CUP-1")),
        ["closing imported"]
    );
}

#[test]
fn a_checkout_that_was_opened_here_belongs_to_its_order() {
    let world = World::new();
    let ours = world.click_through(&world.order("CUP-9"));
    let said = refused(&world, &[&format!("CUP-1,{ours},")]);
    assert!(
        said.contains(&format!("{ours} belongs to CUP-9 here")),
        "{said}"
    );
}

#[test]
fn a_payment_that_a_person_must_place_is_placed_first() {
    let world = World::new();
    let price =
        json!({ "currency": "eur", "unit_amount": 4500, "product_data": { "name": "Summer cup" } });
    let session = world.stripe.open_foreign_session(json!({
        "mode": "payment",
        "success_url": "https://old.example.org/thanks",
        "line_items": [{ "quantity": 1, "price_data": price }],
        "metadata": { "freshmint_session": "0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11" },
    }));
    let session = session.unwrap()["id"].as_str().unwrap().to_owned();
    world.stripe.pay(&session).unwrap();
    world.deliver();
    let said = refused(&world, &[&format!("CUP-1,{session},")]);
    assert!(
        said.contains(&format!(
            "the payment of {session} is here and waits as a case"
        )),
        "{said}"
    );
    assert_eq!(world.count("orders"), 0);
}
