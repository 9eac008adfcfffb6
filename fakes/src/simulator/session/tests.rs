use serde_json::json;

use super::*;

fn session(params: Value) -> Session {
    let bill = Bill {
        currency: "eur".to_owned(),
        subtotal: 4500,
        ..Bill::default()
    };
    Session::open(params, bill, None, 1_800_000_000)
}

#[test]
fn an_open_session_has_an_address_and_no_payment() {
    let shown = session(json!({"mode": "payment"})).to_json("http://here");
    let url = shown["url"].as_str().unwrap_or_default();
    assert!(url.starts_with("http://here/c/pay/cs_test_"), "{url}");
    assert_eq!(shown["status"], "open");
    assert_eq!(shown["payment_status"], "unpaid");
    assert_eq!(shown["payment_intent"], Value::Null);
    assert_eq!(shown["expires_at"], 1_800_086_400);
}

#[test]
fn states_only_move_forward() {
    let mut paid = session(json!({"mode": "payment"}));
    assert_eq!(paid.complete(None, State::Paid), Ok(()));
    assert!(paid.expire().is_err() && paid.settle(true).is_err());
    assert!(paid.complete(None, State::Paid).is_err());
    let mut expired = session(json!({"mode": "payment"}));
    assert_eq!(expired.expire(), Ok(()));
    let again = expired.expire().expect_err("twice");
    assert!(again.ends_with("has a status of `expired`."), "{again}");
    assert!(expired.complete(None, State::Paid).is_err());
}

#[test]
fn only_an_open_session_has_an_address() {
    let mut paid = session(json!({"mode": "payment"}));
    assert_eq!(paid.complete(Some(4000), State::Awaiting), Ok(()));
    let shown = paid.to_json("http://here");
    assert_eq!(shown["url"], Value::Null);
    assert_eq!(shown["status"], "complete");
    assert_eq!(shown["payment_status"], "unpaid");
    assert_eq!(shown["amount_total"], 4000);
    assert_eq!(paid.settle(true), Ok(()));
    assert_eq!(paid.payment_status(), "paid");
}

#[test]
fn a_subscription_has_no_payment_intent() {
    let mut session = session(json!({"mode": "subscription"}));
    assert_eq!(session.complete(None, State::Paid), Ok(()));
    let shown = session.to_json("");
    assert_eq!(shown["payment_intent"], Value::Null);
    assert!(shown["customer"].is_string());
    assert!(shown["subscription"].is_string() && shown["invoice"].is_string());
}

#[test]
fn a_promotion_code_is_taken_where_it_is_allowed_and_tax_comes_on_top() {
    let mut plain = session(json!({"mode": "payment"}));
    assert!(plain.redeem(10).is_err());
    let mut session = session(json!({
        "mode": "payment", "allow_promotion_codes": true, "automatic_tax": {"enabled": true},
    }));
    assert_eq!(session.redeem(10), Ok(()));
    assert_eq!(session.to_json("")["amount_total"], 4050);
    assert_eq!(session.complete(None, State::Paid), Ok(()));
    let shown = session.to_json("");
    assert_eq!(shown["amount_subtotal"], 4500);
    assert_eq!(shown["amount_total"], 4819);
    let details = json!({"amount_discount": 450, "amount_shipping": 0, "amount_tax": 769});
    assert_eq!(shown["total_details"], details);
    assert_eq!(shown["automatic_tax"]["status"], "complete");
}

#[test]
fn where_nothing_is_left_to_pay_there_is_no_payment() {
    let mut session = session(json!({"mode": "payment", "allow_promotion_codes": true}));
    assert_eq!(session.redeem(100), Ok(()));
    assert_eq!(session.complete(None, State::Paid), Ok(()));
    let shown = session.to_json("");
    assert_eq!(shown["payment_status"], "no_payment_required");
    assert_eq!(shown["payment_intent"], Value::Null);
}

#[test]
fn a_typed_address_is_told_with_consent_only() {
    let mut session = session(json!({"mode": "payment"}));
    let typed = |consents| {
        Some(Typed {
            email: "ann@example.com".to_owned(),
            consents,
        })
    };
    session.typed = typed(false);
    assert_eq!(session.known_email(), None);
    session.typed = typed(true);
    assert_eq!(session.known_email(), Some("ann@example.com"));
    session.typed = typed(false);
    assert_eq!(session.complete(None, State::Paid), Ok(()));
    assert_eq!(session.known_email(), Some("ann@example.com"));
}

#[test]
fn where_nothing_is_sold_a_session_can_be_completed_and_nothing_is_paid() {
    let mut session = session(json!({"mode": "setup"}));
    assert_eq!(session.payment_status(), "no_payment_required");
    assert_eq!(session.complete(None, State::Paid), Ok(()));
    let shown = session.to_json("");
    assert_eq!(shown["status"], "complete");
    assert_eq!(shown["payment_status"], "no_payment_required");
    assert_eq!(shown["payment_intent"], Value::Null);
    assert!(shown["setup_intent"].is_string());
}

#[test]
fn a_code_is_taken_off_the_goods_and_not_off_the_shipping() {
    let bill = Bill {
        currency: "eur".to_owned(),
        subtotal: 4500,
        shipping: vec![ShippingRate::default()],
        ..Bill::default()
    };
    let params = json!({"mode": "payment", "allow_promotion_codes": true});
    let mut session = Session::open(params, bill, None, 1_800_000_000);
    assert_eq!(session.total, 5000);
    assert_eq!(session.redeem(10), Ok(()));
    assert_eq!(session.total, 4550);
}

#[test]
fn an_invoice_that_was_asked_for_is_made_with_the_payment_for_a_customer() {
    let mut session = session(json!({"mode": "payment", "invoice_creation": {"enabled": true}}));
    assert_eq!(session.to_json("")["invoice"], Value::Null);
    assert_eq!(session.complete(None, State::Paid), Ok(()));
    let shown = session.to_json("");
    assert!(shown["invoice"].is_string() && shown["customer"].is_string());
    assert!(shown["payment_intent"].is_string());
}
