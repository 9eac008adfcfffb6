use super::*;

fn of(options: Value) -> Result<Vec<ShippingRate>, Refusal> {
    let mut catalogue = Catalogue::default();
    for (id, active) in [("shr_post", true), ("shr_pigeon", false)] {
        catalogue.set_shipping_rate(ShippingRate {
            id: id.to_owned(),
            active,
            ..ShippingRate::default()
        });
    }
    offered(&json!({ "shipping_options": options }), "eur", &catalogue)
}

fn refused(option: Value) -> (Option<String>, String) {
    let refusal = of(json!([option])).expect_err("a refusal");
    assert_eq!(refusal.status, 400);
    (refusal.code, refusal.param.unwrap_or_default())
}

#[test]
fn a_rate_of_the_account_is_offered_as_it_stands_there() {
    let rates = of(json!([{"shipping_rate": "shr_post"}])).expect("a rate");
    let shown = json!({"shipping_amount": 500, "shipping_rate": "shr_post"});
    assert_eq!(rates[0].option_json(), shown);
}

#[test]
fn a_rate_made_with_the_session_gets_an_id() {
    let fixed = json!({"amount": 0, "currency": "EUR"});
    let made = json!({"display_name": "Collect it", "type": "fixed_amount", "fixed_amount": fixed});
    let rates = of(json!([{"shipping_rate_data": made}])).expect("a rate");
    assert!(rates[0].id.starts_with("shr_"), "{}", rates[0].id);
    assert_eq!((rates[0].amount, rates[0].active), (0, true));
}

#[test]
fn a_rate_that_is_unknown_or_retired_is_refused() {
    for id in ["shr_nowhere", "shr_pigeon"] {
        let (code, param) = refused(json!({ "shipping_rate": id }));
        assert_eq!(code.as_deref(), Some("resource_missing"), "{id}");
        assert_eq!(param, "shipping_options[0][shipping_rate]");
    }
}

#[test]
fn an_option_is_one_whole_rate_in_the_currency_of_the_session() {
    let data = |amount: i64, currency: &str| {
        let fixed = json!({"amount": amount, "currency": currency});
        json!({"display_name": "Post", "fixed_amount": fixed})
    };
    for (option, param) in [
        (json!({}), "shipping_options[0][shipping_rate]"),
        (
            json!({"shipping_rate_data": {"display_name": "Post"}}),
            "shipping_options[0][shipping_rate_data][fixed_amount]",
        ),
        (
            json!({"shipping_rate_data": data(-1, "eur")}),
            "shipping_options[0][shipping_rate_data][fixed_amount][amount]",
        ),
        (
            json!({"shipping_rate_data": data(500, "usd")}),
            "shipping_options[0][shipping_rate]",
        ),
        (
            json!({"shipping_rate": "shr_post", "shipping_rate_data": data(500, "eur")}),
            "shipping_options[0]",
        ),
    ] {
        assert_eq!(refused(option).1, param);
    }
}
