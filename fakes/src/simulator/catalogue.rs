//! What stands in the account for sessions to name: prices, shipping rates, coupons and their codes.

use std::collections::BTreeMap;

use super::discount::{Coupon, PromotionCode};
use super::price::Price;
use super::shipping::ShippingRate;

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
