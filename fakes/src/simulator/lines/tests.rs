use super::super::catalogue::Coupon;
use super::*;

fn of(lines: &[(&str, i64, i64)]) -> Value {
    let items: Vec<Value> = lines
        .iter()
        .map(|(currency, unit_amount, quantity)| {
            let product = json!({"name": "Thing"});
            json!({"quantity": quantity, "price_data":
                {"currency": currency, "unit_amount": unit_amount, "product_data": product}})
        })
        .collect();
    json!({"mode": "payment", "line_items": items})
}

fn priced(mode: &str, id: &str) -> Result<Bill, Refusal> {
    let params = json!({"mode": mode, "line_items": [{"price": id, "quantity": 1}]});
    bill(&params, &Catalogue::seeded())
}

/// A bill of one line of that price, in the mode that is its own.
fn of_price(price: Price, quantity: Option<i64>) -> Result<Bill, Refusal> {
    let mode = match price.recurring {
        Some(_) => "subscription",
        None => "payment",
    };
    let mut item = json!({"price": price.id});
    if let Some(quantity) = quantity {
        item["quantity"] = json!(quantity);
    }
    let mut catalogue = Catalogue::default();
    catalogue.set_price(price);
    bill(&json!({"mode": mode, "line_items": [item]}), &catalogue)
}

/// The parameter that a refusal names, and its words.
fn told(refused: Result<Bill, Refusal>) -> (String, String) {
    let refusal = refused.expect_err("a refusal");
    assert_eq!(
        (refusal.status, refusal.kind),
        (400, "invalid_request_error")
    );
    (refusal.param.unwrap_or_default(), refusal.message)
}

fn total_of(lines: &[(&str, i64, i64)]) -> Result<i64, Option<String>> {
    let bill = bill(&of(lines), &Catalogue::default());
    bill.map(|bill| bill.total())
        .map_err(|refusal| refusal.code)
}

#[test]
fn totals_add_up() {
    assert_eq!(total_of(&[("eur", 4500, 2), ("EUR", 150, 1)]), Ok(9150));
}

#[test]
fn each_currency_has_its_minimum() {
    let small = Err(Some("amount_too_small".to_owned()));
    for (currency, least) in [
        ("usd", 50),
        ("gbp", 30),
        ("jpy", 50),
        ("dkk", 250),
        ("mxn", 1000),
    ] {
        assert_eq!(total_of(&[(currency, least, 1)]), Ok(least), "{currency}");
        assert_eq!(total_of(&[(currency, least - 1, 1)]), small, "{currency}");
    }
    assert_eq!(total_of(&[("eur", 10, 5)]), Ok(50));
}

#[test]
fn nothing_at_all_may_be_asked_for() {
    assert_eq!(total_of(&[("eur", 0, 3)]), Ok(0));
    assert_eq!(total_of(&[("eur", 0, 3), ("eur", 50, 1)]), Ok(50));
}

#[test]
fn eight_digits_are_the_most() {
    let large = Err(Some("amount_too_large".to_owned()));
    assert_eq!(total_of(&[("eur", 99_999_999, 1)]), Ok(99_999_999));
    assert_eq!(total_of(&[("eur", 99_999_999, 1), ("eur", 1, 1)]), large);
    assert_eq!(total_of(&[("eur", 99_999_999, i64::MAX)]), large);
}

#[test]
fn some_currencies_have_steps() {
    let step = Err(Some("parameter_invalid_integer".to_owned()));
    assert_eq!(total_of(&[("kwd", 1005, 1)]), step);
    assert_eq!(total_of(&[("kwd", 1010, 1)]), Ok(1010));
    assert_eq!(total_of(&[("isk", 50_050, 1)]), step);
    assert_eq!(total_of(&[("isk", 50_000, 1)]), Ok(50_000));
}

#[test]
fn one_session_has_one_known_currency() {
    assert_eq!(total_of(&[("eur", 100, 1), ("usd", 100, 1)]), Err(None));
    assert_eq!(total_of(&[("xyz", 100, 1)]), Err(None));
}

#[test]
fn prices_belong_to_their_mode() {
    assert!(priced("payment", "price_simulated_once").is_ok());
    assert!(priced("payment", "price_simulated_monthly").is_err());
    assert!(priced("subscription", "price_simulated_monthly").is_ok());
    assert!(priced("subscription", "price_simulated_once").is_err());
}

#[test]
fn one_time_prices_may_stand_beside_recurring_ones_in_a_subscription_only() {
    let both = |mode: &str| {
        let items = json!([
            {"price": "price_simulated_monthly", "quantity": 1},
            {"price": "price_simulated_once", "quantity": 1},
        ]);
        let params = json!({"mode": mode, "line_items": items});
        bill(&params, &Catalogue::seeded()).map(|bill| bill.total())
    };
    assert_eq!(both("subscription"), Ok(9000));
    assert!(both("payment").is_err());
}

#[test]
fn a_price_of_the_catalogue_may_be_free() {
    let free = |recurring: Option<&str>| {
        let price = Price {
            unit_amount: 0,
            recurring: recurring.map(str::to_owned),
            ..Price::default()
        };
        of_price(price, Some(1)).map(|bill| bill.total())
    };
    assert_eq!(free(Some("month")), Ok(0));
    assert_eq!(free(None), Ok(0));
}

#[test]
fn unknown_and_retired_prices_are_refused() {
    let unknown = priced("payment", "price_nowhere").expect_err("unknown");
    assert_eq!(unknown.code.as_deref(), Some("resource_missing"));
    assert!(priced("payment", "price_simulated_retired").is_err());
}

#[test]
fn a_price_whose_product_is_archived_stays_active_and_cannot_be_had() {
    let archived = Price {
        product_active: false,
        ..Price::default()
    };
    assert_eq!(archived.to_json(0)["active"], true);
    let (param, message) = told(of_price(archived, Some(1)));
    assert_eq!(param, "line_items[0][price]");
    assert!(message.ends_with("its product is not active."), "{message}");
}

#[test]
fn what_is_billed_by_use_has_no_quantity_and_everything_else_has_one() {
    let metered = Price {
        recurring: Some("month".to_owned()),
        metered: true,
        ..Price::default()
    };
    let bill = of_price(metered.clone(), None).expect("a bill");
    assert_eq!((bill.total(), bill.lines[0].quantity), (0, None));
    assert_eq!(
        bill.lines[0].to_json(0)["price"]["recurring"]["usage_type"],
        "metered"
    );
    let (param, message) = told(of_price(metered, Some(1)));
    assert_eq!(param, "line_items[0][quantity]");
    assert!(
        message.starts_with("Quantity should not be specified"),
        "{message}"
    );
    let (param, _) = told(of_price(Price::default(), None));
    assert_eq!(param, "line_items[0][quantity]");
}

#[test]
fn shipping_counts_into_the_total_and_not_into_what_the_lines_come_to() {
    let mut params = of(&[("eur", 4500, 1)]);
    params["shipping_options"] = json!([{"shipping_rate": "shr_simulated"}]);
    let mut catalogue = Catalogue::default();
    catalogue.set_shipping_rate(ShippingRate::default());
    let bill = bill(&params, &catalogue).expect("a bill");
    assert_eq!((bill.subtotal, bill.total()), (4500, 5000));
}

#[test]
fn a_discount_is_shared_by_the_lines_and_may_leave_nothing_to_pay() {
    let discounted = |percent_off| {
        let mut params = of(&[("eur", 333, 1), ("eur", 333, 1), ("eur", 334, 1)]);
        params["discounts"] = json!([{"coupon": "spring"}]);
        let mut catalogue = Catalogue::default();
        catalogue.set_coupon(Coupon {
            id: "spring".to_owned(),
            percent_off,
            ..Coupon::default()
        });
        bill(&params, &catalogue)
    };
    let bill = discounted(10).expect("a bill");
    let parts: Vec<i64> = bill.lines.iter().map(|line| line.discount).collect();
    assert_eq!((bill.total(), parts), (900, vec![33, 33, 34]));
    assert_eq!(bill.lines[2].to_json(0)["amount_total"], 300);
    assert_eq!(discounted(100).map(|bill| bill.total()), Ok(0));
    let small = discounted(99).expect_err("ten cents");
    assert_eq!(small.code.as_deref(), Some("amount_too_small"));
}

#[test]
fn where_nothing_is_sold_there_is_no_bill() {
    let bill = bill(&json!({"mode": "setup"}), &Catalogue::default()).expect("a bill");
    assert!(bill.lines.is_empty() && bill.currency.is_empty());
    assert_eq!(bill.total(), 0);
}
