use serde_json::json;

use super::*;

const NOW: i64 = 1_800_000_000;

fn good() -> Value {
    json!({
        "mode": "payment",
        "success_url": "https://shop.example/thanks",
        "line_items": [{
            "quantity": 1,
            "price_data": {
                "currency": "eur",
                "unit_amount": 4500,
                "product_data": {"name": "Membership"},
            },
        }],
    })
}

/// The good parameters with one more, or without it when the value is null.
fn with(path: &str, value: Value) -> Result<(), (Option<String>, String)> {
    let mut params = good();
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let level = params.pointer_mut(parent).expect(parent);
    match value {
        Value::Null => level.as_object_mut().and_then(|level| level.remove(name)),
        value => level
            .as_object_mut()
            .and_then(|level| level.insert(name.to_owned(), value)),
    };
    check(&params, NOW).map_err(|refusal| (refusal.code, refusal.param.unwrap_or_default()))
}

fn refused(path: &str, value: Value) -> (Option<String>, String) {
    with(path, value).expect_err(path)
}

#[test]
fn a_session_lives_half_an_hour_to_a_day() {
    for (left, fine) in [(1799, false), (1800, true), (86_400, true), (86_401, false)] {
        assert_eq!(
            with("expires_at", json!(NOW + left)).is_ok(),
            fine,
            "{left}"
        );
    }
    let month = refused("expires_at", json!(NOW + 30 * DAY));
    assert_eq!(month, (None, "expires_at".to_owned()));
}

#[test]
fn data_of_the_other_mode_is_refused() {
    assert_eq!(
        refused("subscription_data", json!({})).1,
        "subscription_data"
    );
    let mut params = good();
    params["mode"] = json!("subscription");
    assert_eq!(check(&params, NOW), Ok(()));
    for (name, value) in [
        ("payment_intent_data", json!({"metadata": {}})),
        ("customer_creation", json!("always")),
        ("invoice_creation", json!({"enabled": true})),
        ("shipping_options", json!([{"shipping_rate": "shr_1"}])),
    ] {
        let mut params = params.clone();
        params[name] = value;
        let refused = check(&params, NOW).expect_err(name);
        assert_eq!(refused.param.as_deref(), Some(name));
    }
    assert_eq!(refused("mode", Value::Null).1, "mode");
}

#[test]
fn where_nothing_is_sold_nothing_may_be_listed() {
    let setup = |name: &str, value: Value| {
        let mut params = json!({"mode": "setup", "success_url": "https://shop.example/thanks"});
        params[name] = value;
        check(&params, NOW).map_err(|refusal| refusal.param.unwrap_or_default())
    };
    assert_eq!(setup("currency", json!("eur")), Ok(()));
    for (name, value) in [
        ("line_items", good()["line_items"].clone()),
        ("shipping_options", json!([{"shipping_rate": "shr_1"}])),
        ("discounts", json!([{"coupon": "half"}])),
        ("invoice_creation", json!({"enabled": true})),
    ] {
        assert_eq!(setup(name, value), Err(name.to_owned()));
    }
}

#[test]
fn a_customer_comes_with_its_own_address() {
    for (name, value) in [
        ("customer_email", json!("ann@example.com")),
        ("customer_creation", json!("always")),
    ] {
        let mut params = good();
        params["customer"] = json!("cus_1");
        assert_eq!(check(&params, NOW), Ok(()));
        params[name] = value;
        let refused = check(&params, NOW).expect_err(name);
        assert_eq!(
            refused.code.as_deref(),
            Some("parameters_exclusive"),
            "{name}"
        );
        assert_eq!(refused.param.as_deref(), Some("customer"));
    }
}

#[test]
fn taxes_of_a_customer_need_leave_to_keep_what_is_typed() {
    let of = |asked: &str, kept: &str| {
        let mut params = good();
        params["customer"] = json!("cus_1");
        params[asked] = json!({"enabled": true});
        params["customer_update"] = json!({ kept: "auto" });
        check(&params, NOW).map_err(|refusal| refusal.code)
    };
    let nowhere = Err(Some("customer_tax_location_invalid".to_owned()));
    assert_eq!(of("automatic_tax", "name"), nowhere);
    assert_eq!(of("automatic_tax", "address"), Ok(()));
    assert_eq!(of("tax_id_collection", "address"), Err(None));
    assert_eq!(of("tax_id_collection", "name"), Ok(()));
    let alone = refused("customer_update", json!({"name": "auto"}));
    assert_eq!(alone.1, "customer_update");
}

#[test]
fn promotion_codes_and_discounts_exclude_each_other() {
    let mut params = good();
    params["allow_promotion_codes"] = json!(true);
    assert_eq!(check(&params, NOW), Ok(()));
    params["discounts"] = json!([{"coupon": "half"}]);
    let refused = check(&params, NOW).expect_err("both");
    assert_eq!(refused.code.as_deref(), Some("parameters_exclusive"));
}

#[test]
fn addresses_are_absolute_web_addresses() {
    assert_eq!(refused("success_url", Value::Null).1, "success_url");
    assert_eq!(
        with("success_url", json!("http://localhost:8080/x")),
        Ok(())
    );
    for bad in [
        "/thanks",
        "ftp://x.example",
        "https://",
        "https:///x",
        "https://a b",
    ] {
        let refused = refused("cancel_url", json!(bad));
        assert_eq!(refused.0.as_deref(), Some("url_invalid"), "{bad}");
    }
    let long = format!("https://shop.example/{}", "x".repeat(5000));
    assert!(with("cancel_url", json!(long)).is_err());
}

#[test]
fn an_address_looks_like_one() {
    for good in [
        "ann@example.com",
        "a.b+c@ex-ample.co.uk",
        "zoë@bücher.example",
    ] {
        assert_eq!(with("customer_email", json!(good)), Ok(()), "{good}");
    }
    for bad in [
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "a b@example.com",
        "a..b@x.com",
        "ann@exa_mple.com",
        "ann@example..com",
        "ann@@example.com",
        "ann@-x.com",
    ] {
        let (code, _) = refused("customer_email", json!(bad));
        assert_eq!(code.as_deref(), Some("email_invalid"), "{bad}");
    }
}

#[test]
fn a_line_has_one_price_and_a_quantity() {
    let price = json!("price_1");
    let (code, _) = refused("/line_items/0/price", price);
    assert_eq!(code.as_deref(), Some("parameters_exclusive"));
    assert_eq!(
        refused("/line_items/0/price_data", Value::Null).1,
        "line_items[0][price]"
    );
    assert_eq!(
        refused("/line_items/0/quantity", json!(0)).1,
        "line_items[0][quantity]"
    );
    assert_eq!(
        refused("/line_items/0/quantity", Value::Null).1,
        "line_items[0][quantity]"
    );
    assert_eq!(refused("line_items", json!([])).1, "line_items");
}

#[test]
fn inline_prices_have_an_amount_and_a_named_product() {
    let at = "/line_items/0/price_data";
    for (name, value) in [
        ("unit_amount", json!(-1)),
        ("unit_amount", Value::Null),
        ("product_data", Value::Null),
        ("product_data", json!({"name": "  "})),
        ("product", json!("prod_1")),
    ] {
        assert!(with(&format!("{at}/{name}"), value).is_err(), "{name}");
    }
    assert_eq!(with(&format!("{at}/unit_amount"), json!(0)), Ok(()));
}
