use super::super::form;
use super::*;

fn create(form: &str) -> Result<Value, Refusal> {
    check("POST /v1/checkout/sessions", form::parse(form)?)
}

fn refused(form: &str) -> (Option<String>, String, String) {
    let refusal = create(form).expect_err(form);
    (
        refusal.code,
        refusal.param.unwrap_or_default(),
        refusal.message,
    )
}

#[test]
fn types_come_from_the_schema() {
    let typed = create(
        "mode=payment&allow_promotion_codes=true&line_items[0][quantity]=2&\
         line_items[0][price_data][unit_amount]=4500&line_items[0][price_data][currency]=eur&\
         metadata[0]=zero&metadata[x]=1",
    );
    let expected = json!({
        "mode": "payment",
        "allow_promotion_codes": true,
        "line_items": [{"quantity": 2, "price_data": {"unit_amount": 4500, "currency": "eur"}}],
        "metadata": {"0": "zero", "x": "1"},
    });
    assert_eq!(typed, Ok(expected));
}

#[test]
fn unknown_parameters_are_refused_at_every_depth() {
    let (code, param, message) = refused("colour=red");
    assert_eq!(code.as_deref(), Some("parameter_unknown"));
    assert_eq!(param, "colour");
    assert_eq!(message, "Received unknown parameter: colour");
    let (_, param, _) = refused("line_items[0][price_data][currency]=eur&line_items[0][sku]=1");
    assert_eq!(param, "line_items[0][sku]");
    let (_, _, message) = refused("payment_method_types[]=card&zz=1");
    assert_eq!(
        message,
        "Received unknown parameters: payment_method_types, zz"
    );
}

#[test]
fn what_is_missing_is_named_with_its_path() {
    let (code, param, _) = refused("line_items[0][price_data][unit_amount]=1");
    assert_eq!(code.as_deref(), Some("parameter_missing"));
    assert_eq!(param, "line_items[0][price_data][currency]");
}

#[test]
fn numbers_booleans_and_choices_are_checked() {
    let (code, param, message) = refused("expires_at=tomorrow");
    assert_eq!(code.as_deref(), Some("parameter_invalid_integer"));
    assert_eq!(
        (param.as_str(), message.as_str()),
        ("expires_at", "Invalid integer: tomorrow")
    );
    assert_eq!(refused("allow_promotion_codes=1").2, "Invalid boolean: 1");
    let message = refused("mode=pay").2;
    assert_eq!(
        message,
        "Invalid mode: must be one of payment, setup, or subscription"
    );
    assert!(refused("locale=tlh").2.starts_with("Invalid locale"));
}

#[test]
fn lengths_and_counts_are_checked() {
    assert!(create(&format!("client_reference_id={}", "x".repeat(200))).is_ok());
    let long = format!("client_reference_id={}", "x".repeat(201));
    assert!(refused(&long).2.ends_with("must be at most 200 characters"));
    let long = format!("custom_text[submit][message]={}", "x".repeat(1201));
    assert_eq!(refused(&long).1, "custom_text[submit][message]");
    let shipping = |n: usize| -> String {
        let options: Vec<String> = (0..n)
            .map(|i| format!("shipping_options[{i}][shipping_rate]=shr_1"))
            .collect();
        options.join("&")
    };
    assert!(create(&shipping(5)).is_ok());
    let items: Vec<String> = (0..101)
        .map(|i| format!("line_items[{i}][quantity]=1"))
        .collect();
    assert_eq!(refused(&items.join("&")).1, "line_items");
    assert_eq!(
        refused(&shipping(6)).1,
        "shipping_options",
        "five are the most"
    );
    assert_eq!(
        refused("customer_email=").0.as_deref(),
        Some("parameter_invalid_empty")
    );
}

#[test]
fn metadata_has_its_limits_everywhere() {
    let keys = |n: usize| -> String {
        let pairs: Vec<String> = (0..n).map(|i| format!("metadata[k{i}]=v")).collect();
        pairs.join("&")
    };
    assert!(create(&keys(50)).is_ok());
    assert_eq!(refused(&keys(51)).1, "metadata");
    let key = |n: usize| format!("payment_intent_data[metadata][{}]=v", "k".repeat(n));
    assert!(create(&key(40)).is_ok());
    assert!(create(&key(41)).is_err());
    let value = |n: usize| format!("subscription_data[metadata][k]={}", "é".repeat(n));
    assert!(create(&value(500)).is_ok());
    assert!(create(&value(501)).is_err());
}

#[test]
fn an_optional_text_may_be_unset() {
    assert!(create("custom_text[submit]=").is_ok());
    assert!(create("custom_text[submit]=hello").is_err());
}
