use super::super::catalogue::Catalogue;
use super::super::lines;
use super::super::rules;
use super::super::schema;
use super::*;

const NOW: i64 = 1_800_000_000;

/// The session of such parameters, as another system's checkout would open it.
fn opened(params: Value) -> Session {
    let params = schema::check("POST /v1/checkout/sessions", params).expect("known parameters");
    rules::check(&params, NOW).expect("good parameters");
    let bill = lines::bill(&params, &Catalogue::seeded()).expect("a bill");
    Session::open(params, bill, None, NOW)
}

fn plain(mode: &str, price: &str) -> Value {
    json!({
        "mode": mode,
        "success_url": "https://shop.example/thanks",
        "line_items": [{"price": price, "quantity": "2"}],
    })
}

/// All that another system may have asked for.
fn full() -> Value {
    let mut params = plain("payment", "price_simulated_once");
    let fixed = json!({"amount": "990", "currency": "eur"});
    let shirt = json!({"type": "custom", "custom": "Name on the shirt"});
    for (name, value) in [
        (
            "shipping_options",
            json!([
                {"shipping_rate": "shr_simulated"},
                {"shipping_rate_data": {"display_name": "Express", "fixed_amount": fixed}},
            ]),
        ),
        (
            "shipping_address_collection",
            json!({"allowed_countries": ["DE", "FR"]}),
        ),
        (
            "custom_fields",
            json!([{"key": "shirt", "label": shirt, "type": "text"}]),
        ),
        ("tax_id_collection", json!({"enabled": "true"})),
        (
            "invoice_creation",
            json!({"enabled": "true", "invoice_data": {"footer": "Thank you"}}),
        ),
        (
            "consent_collection",
            json!({"terms_of_service": "required"}),
        ),
        ("discounts", json!([{"coupon": "coupon_simulated"}])),
    ] {
        params[name] = value;
    }
    params
}

/// What in `value` is not as the schema says.
fn misfits(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let wrong = |what: &str| vec![format!("{at} is {value}, which is {what}")];
    if let Some(forms) = schema["anyOf"].as_array() {
        let fits = |form| misfits(form, value, at).is_empty();
        return match forms.iter().any(fits) {
            true => Vec::new(),
            false => wrong("none of the forms"),
        };
    }
    if value.is_null() {
        return match schema["nullable"] == true {
            true => Vec::new(),
            false => wrong("nothing"),
        };
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return wrong("no such word");
    }
    match (schema["type"].as_str(), value) {
        (Some("object"), Value::Object(level)) => misfits_of(schema, level, at),
        (Some("array"), Value::Array(entries)) => {
            let each = entries.iter();
            each.flat_map(|entry| misfits(&schema["items"], entry, &format!("{at}[]")))
                .collect()
        }
        (Some("string"), Value::String(_))
        | (Some("integer" | "number"), Value::Number(_))
        | (Some("boolean"), Value::Bool(_)) => Vec::new(),
        _ => wrong("of another type"),
    }
}

fn misfits_of(schema: &Value, level: &Map<String, Value>, at: &str) -> Vec<String> {
    let Some(named) = schema["properties"].as_object() else {
        return Vec::new();
    };
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    let required = required.iter().filter_map(Value::as_str);
    let missing = required.filter(|name| !level.contains_key(*name));
    let missing = missing.map(|name| format!("{at}.{name} is missing"));
    let given = level.iter().flat_map(|(name, value)| {
        let at = format!("{at}.{name}");
        match named.get(name) {
            Some(schema) => misfits(schema, value, &at),
            None => vec![format!("{at} is unknown")],
        }
    });
    missing.chain(given).collect()
}

#[test]
fn every_session_has_the_shape_that_stripe_describes() {
    let described: Value = serde_json::from_str(include_str!("../schema.json")).expect("JSON");
    let described = &described["responses"]["checkout.session"];
    let setup = json!({"mode": "setup", "success_url": "https://shop.example/thanks"});
    for params in [
        plain("payment", "price_simulated_once"),
        plain("subscription", "price_simulated_monthly"),
        setup,
        full(),
    ] {
        let mut session = opened(params);
        for state in [State::Open, State::Expired, State::Awaiting, State::Paid] {
            session.state = state;
            let shown = session.to_json("http://here");
            assert_eq!(misfits(described, &shown, "session"), Vec::<String>::new());
        }
    }
}

#[test]
fn what_was_asked_for_is_repeated() {
    let shown = opened(full()).to_json("");
    assert_eq!(shown["amount_subtotal"], 9000);
    assert_eq!(shown["amount_total"], 8600);
    let details = json!({"amount_discount": 900, "amount_shipping": 500, "amount_tax": 0});
    assert_eq!(shown["total_details"], details);
    let chosen = json!({"shipping_amount": 500, "shipping_rate": "shr_simulated"});
    assert_eq!(shown["shipping_options"][0], chosen);
    assert_eq!(shown["shipping_options"][1]["shipping_amount"], 990);
    assert_eq!(shown["shipping_cost"]["shipping_rate"], "shr_simulated");
    assert_eq!(shown["custom_fields"][0]["text"]["value"], Value::Null);
    let ids = json!({"enabled": true, "required": "never"});
    assert_eq!(shown["tax_id_collection"], ids);
    assert_eq!(shown["invoice_creation"]["enabled"], true);
    let invoice = &shown["invoice_creation"]["invoice_data"];
    assert_eq!(
        (&invoice["footer"], &invoice["metadata"]),
        (&json!("Thank you"), &json!({}))
    );
    assert_eq!(shown["consent_collection"]["terms_of_service"], "required");
    let discounts = json!([{"coupon": "coupon_simulated", "promotion_code": null}]);
    assert_eq!(shown["discounts"], discounts);
}

#[test]
fn terms_are_accepted_by_whoever_completes() {
    let mut session = opened(full());
    assert_eq!(
        session.to_json("")["consent"]["terms_of_service"],
        Value::Null
    );
    assert_eq!(session.complete(None, State::Paid), Ok(()));
    assert_eq!(
        session.to_json("")["consent"]["terms_of_service"],
        "accepted"
    );
}

#[test]
fn where_nothing_is_sold_there_are_no_amounts() {
    let params = json!({"mode": "setup", "success_url": "https://shop.example/thanks"});
    let shown = opened(params).to_json("");
    for name in [
        "currency",
        "amount_subtotal",
        "amount_total",
        "total_details",
    ] {
        assert_eq!(shown[name], Value::Null, "{name}");
    }
    assert_eq!(shown["discounts"], json!([]));
}
