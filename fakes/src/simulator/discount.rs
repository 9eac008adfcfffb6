//! Coupons and promotion codes that another system's checkout brings along
//! (docs.stripe.com/payments/checkout/discounts). Only those that take a share off are known.

use serde_json::{Value, json};

use super::catalogue::{Catalogue, Coupon, PromotionCode};
use super::refusal::Refusal;

/// What is taken off one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discount {
    pub coupon: Option<String>,
    pub promotion_code: Option<String>,
    pub percent_off: i64,
}

/// The discount that checked parameters bring; the schema allows one.
///
/// # Errors
/// On a coupon or a code that is unknown or over.
pub fn given(params: &Value, catalogue: &Catalogue) -> Result<Option<Discount>, Refusal> {
    let Some(given) = params["discounts"].get(0) else {
        return Ok(None);
    };
    let at = "discounts[0]";
    match (given["coupon"].as_str(), given["promotion_code"].as_str()) {
        (Some(id), None) => {
            let coupon = coupon(id, &format!("{at}[coupon]"), catalogue)?;
            Ok(Some(Discount {
                coupon: Some(coupon.id.clone()),
                promotion_code: None,
                percent_off: coupon.percent_off,
            }))
        }
        (None, Some(id)) => promotion_code(id, &format!("{at}[promotion_code]"), catalogue),
        (None, None) => Err(Refusal::missing(&format!("{at}[coupon]"))),
        (Some(_), Some(_)) => {
            let message = format!(
                "You may only specify one of these parameters: {at}[coupon], {at}[promotion_code]."
            );
            Err(Refusal::coded("parameters_exclusive", at, message))
        }
    }
}

fn coupon<'a>(id: &str, at: &str, catalogue: &'a Catalogue) -> Result<&'a Coupon, Refusal> {
    let Some(coupon) = catalogue.coupon(id) else {
        return Err(no_such("coupon", id, at));
    };
    match coupon.valid {
        true => Ok(coupon),
        false => {
            let message = format!("Coupon {id} is expired and cannot be applied.");
            Err(Refusal::coded("coupon_expired", at, message))
        }
    }
}

fn promotion_code(id: &str, at: &str, catalogue: &Catalogue) -> Result<Option<Discount>, Refusal> {
    let code = catalogue.promotion_code(id);
    let code = code.ok_or_else(|| no_such("promotion code", id, at))?;
    if !code.active {
        return Err(Refusal::invalid(at, "This promotion code is inactive."));
    }
    let coupon = coupon(&code.coupon, at, catalogue)?;
    Ok(Some(Discount {
        coupon: None,
        promotion_code: Some(id.to_owned()),
        percent_off: coupon.percent_off,
    }))
}

fn no_such(what: &str, id: &str, at: &str) -> Refusal {
    Refusal {
        status: 400,
        ..Refusal::no_such(what, id, at)
    }
}

impl Discount {
    /// A code that the payer types on the page.
    pub fn typed(percent_off: i64) -> Discount {
        Discount {
            coupon: None,
            promotion_code: Some(PromotionCode::default().id),
            percent_off,
        }
    }

    /// What it takes off `amount`.
    pub fn of(&self, amount: i64) -> i64 {
        amount * self.percent_off / 100
    }

    /// As an entry of the session's `discounts`.
    pub fn to_json(&self) -> Value {
        json!({ "coupon": self.coupon, "promotion_code": self.promotion_code })
    }
}

#[cfg(test)]
mod tests;
