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
    let seeds = Price::seeds();
    bill(&params, |id| {
        seeds.iter().find(|price| price.id == id).cloned()
    })
}

fn total_of(lines: &[(&str, i64, i64)]) -> Result<i64, Option<String>> {
    let bill = bill(&of(lines), |_| None);
    bill.map(|bill| bill.total).map_err(|refusal| refusal.code)
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
        let seeds = Price::seeds();
        let params = json!({"mode": mode, "line_items": items});
        bill(&params, |id| {
            seeds.iter().find(|price| price.id == id).cloned()
        })
        .map(|bill| bill.total)
    };
    assert_eq!(both("subscription"), Ok(9000));
    assert!(both("payment").is_err());
}

#[test]
fn a_subscription_may_be_free() {
    let free = |mode: &str, recurring: Option<&str>| {
        let params = json!({"mode": mode, "line_items": [{"price": "price_free", "quantity": 1}]});
        let price = Price {
            unit_amount: 0,
            recurring: recurring.map(str::to_owned),
            ..Price::seeds().remove(0)
        };
        bill(&params, |_| Some(price.clone())).map(|bill| bill.total)
    };
    assert_eq!(free("subscription", Some("month")), Ok(0));
    assert!(free("payment", None).is_err());
}

#[test]
fn unknown_and_retired_prices_are_refused() {
    let unknown = priced("payment", "price_nowhere").expect_err("unknown");
    assert_eq!(unknown.code.as_deref(), Some("resource_missing"));
    assert!(priced("payment", "price_simulated_retired").is_err());
}
