//! What stands in the account for sessions to name: prices, shipping rates, coupons and their codes.

use std::collections::BTreeMap;

use super::price::Price;

/// All of it, each by its id.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    prices: BTreeMap<String, Price>,
    shipping_rates: BTreeMap<String, ShippingRate>,
    coupons: BTreeMap<String, Coupon>,
    promotion_codes: BTreeMap<String, PromotionCode>,
}

impl Catalogue {
    /// What a new simulator starts with.
    pub fn seeded() -> Catalogue {
        let mut catalogue = Catalogue::default();
        for price in Price::seeds() {
            catalogue.set_price(price);
        }
        catalogue.set_shipping_rate(ShippingRate::default());
        catalogue.set_coupon(Coupon::default());
        catalogue.set_promotion_code(PromotionCode::default());
        catalogue
    }

    pub fn price(&self, id: &str) -> Option<&Price> {
        self.prices.get(id)
    }

    pub fn set_price(&mut self, price: Price) {
        self.prices.insert(price.id.clone(), price);
    }

    pub fn shipping_rate(&self, id: &str) -> Option<&ShippingRate> {
        self.shipping_rates.get(id)
    }

    pub fn set_shipping_rate(&mut self, rate: ShippingRate) {
        self.shipping_rates.insert(rate.id.clone(), rate);
    }

    pub fn coupon(&self, id: &str) -> Option<&Coupon> {
        self.coupons.get(id)
    }

    pub fn set_coupon(&mut self, coupon: Coupon) {
        self.coupons.insert(coupon.id.clone(), coupon);
    }

    pub fn promotion_code(&self, id: &str) -> Option<&PromotionCode> {
        self.promotion_codes.get(id)
    }

    pub fn set_promotion_code(&mut self, code: PromotionCode) {
        self.promotion_codes.insert(code.id.clone(), code);
    }
}

/// A coupon of the account, as a test or the demo sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    /// What sessions name it by.
    pub id: String,
    /// 1 to 100.
    pub percent_off: i64,
    /// False once it has expired.
    pub valid: bool,
}

/// What customers type; it stands for a coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionCode {
    /// `promo_…`
    pub id: String,
    /// The coupon's id.
    pub coupon: String,
    /// False once it can no longer be used.
    pub active: bool,
}

/// A shipping rate of the account, as a test or the demo sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingRate {
    /// `shr_…`
    pub id: String,
    /// False once it cannot be offered any more.
    pub active: bool,
    /// Lower case, three letters.
    pub currency: String,
    /// In the currency's smallest unit.
    pub amount: i64,
}

impl Default for ShippingRate {
    fn default() -> ShippingRate {
        ShippingRate {
            id: "shr_simulated".to_owned(),
            active: true,
            currency: "eur".to_owned(),
            amount: 500,
        }
    }
}

impl Default for Coupon {
    fn default() -> Coupon {
        Coupon {
            id: "coupon_simulated".to_owned(),
            percent_off: 10,
            valid: true,
        }
    }
}

impl Default for PromotionCode {
    fn default() -> PromotionCode {
        PromotionCode {
            id: "promo_simulated".to_owned(),
            coupon: Coupon::default().id,
            active: true,
        }
    }
}
