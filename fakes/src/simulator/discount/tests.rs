use super::*;

/// With a coupon and a code that are good, and one of each that is over.
fn of(discount: Value) -> Result<Option<Discount>, Refusal> {
    let mut catalogue = Catalogue::default();
    for (name, good) in [("spring", true), ("winter", false)] {
        catalogue.set_coupon(Coupon {
            id: name.to_owned(),
            percent_off: 25,
            valid: good,
        });
        catalogue.set_promotion_code(PromotionCode {
            id: format!("promo_{name}"),
            coupon: name.to_owned(),
            active: true,
        });
    }
    catalogue.set_promotion_code(PromotionCode {
        id: "promo_over".to_owned(),
        coupon: "spring".to_owned(),
        active: false,
    });
    given(&json!({ "discounts": [discount] }), &catalogue)
}

fn refused(discount: Value) -> (Option<String>, String) {
    let refusal = of(discount).expect_err("a refusal");
    assert_eq!(refusal.status, 400);
    (refusal.code, refusal.param.unwrap_or_default())
}

#[test]
fn a_discount_is_shown_as_what_it_was_given_as() {
    for (name, id) in [("coupon", "spring"), ("promotion_code", "promo_spring")] {
        let discount = of(json!({ name: id })).expect("good").expect("one");
        assert_eq!(discount.of(4500), 1125);
        let mut shown = json!({"coupon": null, "promotion_code": null});
        shown[name] = json!(id);
        assert_eq!(discount.to_json(), shown);
    }
    let none = given(&json!({}), &Catalogue::default());
    assert_eq!(none, Ok(None));
}

#[test]
fn what_is_unknown_or_over_is_refused() {
    for (name, id, code) in [
        ("coupon", "autumn", Some("resource_missing")),
        ("coupon", "winter", Some("coupon_expired")),
        ("promotion_code", "promo_autumn", Some("resource_missing")),
        ("promotion_code", "promo_winter", Some("coupon_expired")),
        ("promotion_code", "promo_over", None),
    ] {
        let (refused, param) = refused(json!({ name: id }));
        assert_eq!(refused.as_deref(), code, "{id}");
        assert_eq!(param, format!("discounts[0][{name}]"));
    }
}

#[test]
fn a_discount_is_a_coupon_or_a_code() {
    assert_eq!(refused(json!({})).1, "discounts[0][coupon]");
    let both = json!({"coupon": "spring", "promotion_code": "promo_spring"});
    let (code, param) = refused(both);
    assert_eq!(code.as_deref(), Some("parameters_exclusive"));
    assert_eq!(param, "discounts[0]");
}
