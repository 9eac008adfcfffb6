//! What else a checkout asked for, beside what is paid: where to ship to, at what rates, whose customer
//! it is. A session shows most of that in the words in which it was asked for, so that another one can
//! ask for the same. <https://docs.stripe.com/api/checkout/sessions/create>

use miniserde::json::{Number, Value};

use super::session::id_of;
use crate::order::Param;

/// The fields of a session that can be asked for again.
#[cfg_attr(test, derive(miniserde::Deserialize))]
pub(super) struct Repeatable {
    pub shipping_address_collection: Option<Value>,
    pub shipping_options: Option<Value>,
    pub phone_number_collection: Option<Value>,
    pub billing_address_collection: Option<Value>,
    pub tax_id_collection: Option<Value>,
    pub consent_collection: Option<Value>,
    pub custom_fields: Option<Value>,
    pub discounts: Option<Value>,
    pub customer: Option<String>,
    pub customer_creation: Option<Value>,
    pub invoice_creation: Option<Value>,
    pub submit_type: Option<Value>,
}

/// How the checkout is paid, as far as it decides what may be asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Paid {
    /// Once, and not again and again.
    pub once: bool,
    /// With taxes that Stripe works out.
    pub automatic_tax: bool,
    /// Taking promotion codes, which the payer types again.
    pub promotion_codes: bool,
}

impl Repeatable {
    /// The parameters that ask for the same.
    pub fn params(self, paid: Paid) -> Vec<Param> {
        let mut params = Params::default();
        let ships = params.all(
            "shipping_address_collection",
            self.shipping_address_collection,
        );
        params.each(
            "shipping_options",
            self.shipping_options,
            &["shipping_rate"],
        );
        params.if_enabled("phone_number_collection", self.phone_number_collection);
        let tax_ids = params.if_enabled("tax_id_collection", self.tax_id_collection);
        params.word(
            "billing_address_collection",
            self.billing_address_collection,
            "required",
        );
        params.only("consent_collection", self.consent_collection, |name| {
            matches!(name, "terms_of_service" | "promotions")
        });
        params.all("custom_fields", self.custom_fields.map(without_answers));
        if !paid.promotion_codes {
            params.each("discounts", self.discounts, &["coupon", "promotion_code"]);
        }
        if paid.once {
            params.if_enabled("invoice_creation", self.invoice_creation.map(enabled_alone));
            params.all("submit_type", self.submit_type);
        }
        match self.customer {
            Some(customer) => {
                params.push("customer", customer);
                // Stripe refuses to take taxes or tax ids of a customer whose address it may not keep.
                let keeps = [
                    ("address", paid.automatic_tax || tax_ids),
                    ("name", tax_ids),
                    ("shipping", paid.automatic_tax && ships),
                ];
                for (what, _) in keeps.into_iter().filter(|(_, keeps)| *keeps) {
                    params.push(&format!("customer_update[{what}]"), "auto".to_owned());
                }
            }
            None if paid.once => {
                params.word("customer_creation", self.customer_creation, "always");
            }
            None => {}
        }
        params.0
    }
}

/// What was asked, without what the payer had answered.
fn without_answers(fields: Value) -> Value {
    fn blank(value: Value) -> Value {
        match value {
            Value::Object(object) => {
                let asked = object.into_iter().filter(|(name, _)| name != "value");
                Value::Object(asked.map(|(name, value)| (name, blank(value))).collect())
            }
            other => other,
        }
    }
    match fields {
        Value::Array(fields) => Value::Array(fields.into_iter().map(blank).collect()),
        other => other,
    }
}

fn enabled_alone(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let enabled = object.into_iter().filter(|(name, _)| name == "enabled");
            Value::Object(enabled.collect())
        }
        other => other,
    }
}

#[derive(Default)]
struct Params(Vec<Param>);

impl Params {
    fn push(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }

    /// Everything in it that is not null; whether there was something.
    fn all(&mut self, name: &str, value: Option<Value>) -> bool {
        let before = self.0.len();
        if let Some(value) = value {
            self.flatten(name, value);
        }
        self.0.len() > before
    }

    /// The words among its fields that are `wanted`.
    fn only(&mut self, name: &str, value: Option<Value>, wanted: fn(&str) -> bool) {
        if let Some(Value::Object(object)) = value {
            for (field, value) in object.into_iter().filter(|(field, _)| wanted(field)) {
                self.flatten(&format!("{name}[{field}]"), value);
            }
        }
    }

    /// These fields of each entry, as ids.
    fn each(&mut self, name: &str, value: Option<Value>, fields: &[&str]) {
        let Some(Value::Array(entries)) = value else {
            return;
        };
        for (at, entry) in entries.into_iter().enumerate() {
            if let Value::Object(mut entry) = entry {
                for field in fields {
                    if let Some(id) = entry.remove(*field).and_then(id_of) {
                        self.push(&format!("{name}[{at}][{field}]"), id);
                    }
                }
            }
        }
    }

    /// Everything in it, if it is switched on; whether it is.
    fn if_enabled(&mut self, name: &str, value: Option<Value>) -> bool {
        match value {
            Some(Value::Object(object))
                if matches!(object.get("enabled"), Some(Value::Bool(true))) =>
            {
                self.flatten(name, Value::Object(object));
                true
            }
            _ => false,
        }
    }

    /// The one word that is not what Stripe does anyway.
    fn word(&mut self, name: &str, value: Option<Value>, word: &str) {
        if matches!(&value, Some(Value::String(said)) if said == word) {
            self.push(name, word.to_owned());
        }
    }

    fn flatten(&mut self, name: &str, value: Value) {
        match value {
            Value::Null => {}
            Value::Bool(value) => self.push(name, value.to_string()),
            Value::String(value) => self.push(name, value),
            Value::Number(Number::U64(value)) => self.push(name, value.to_string()),
            Value::Number(Number::I64(value)) => self.push(name, value.to_string()),
            Value::Number(Number::F64(value)) => self.push(name, value.to_string()),
            Value::Array(values) => {
                for (at, value) in values.into_iter().enumerate() {
                    self.flatten(&format!("{name}[{at}]"), value);
                }
            }
            Value::Object(fields) => {
                for (field, value) in fields {
                    self.flatten(&format!("{name}[{field}]"), value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(session: &str, paid: Paid) -> Vec<String> {
        let session: Repeatable = miniserde::json::from_str(session).expect("JSON");
        let params = session.params(paid).into_iter();
        params
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    const ONCE: Paid = Paid {
        once: true,
        automatic_tax: false,
        promotion_codes: false,
    };

    #[test]
    fn what_was_asked_for_is_asked_for_again() {
        let session = r#"{
            "shipping_address_collection": { "allowed_countries": ["DE", "AT"] },
            "shipping_options": [
                { "shipping_amount": 490, "shipping_rate": "shr_1" },
                { "shipping_amount": 990, "shipping_rate": { "id": "shr_2", "object": "shipping_rate" } }],
            "phone_number_collection": { "enabled": true },
            "billing_address_collection": "required",
            "tax_id_collection": { "enabled": false, "required": "never" },
            "consent_collection": { "payment_method_reuse_agreement": { "position": "hidden" },
                "promotions": null, "terms_of_service": "required" },
            "custom_fields": [{ "key": "size", "label": { "custom": "Size", "type": "custom" },
                "optional": false, "type": "dropdown", "numeric": null,
                "dropdown": { "options": [{ "label": "Small", "value": "s" }], "value": "s" } }],
            "discounts": [{ "coupon": "SPRING", "promotion_code": null }],
            "customer": null, "customer_creation": "always",
            "invoice_creation": { "enabled": true, "invoice_data": { "footer": "Thanks" } },
            "submit_type": "donate"
        }"#;
        insta::assert_snapshot!(params(session, ONCE).join("\n"));
    }

    #[test]
    fn a_plain_checkout_asks_for_nothing() {
        let session = r#"{
            "shipping_address_collection": null, "shipping_options": [],
            "phone_number_collection": { "enabled": false }, "billing_address_collection": "auto",
            "custom_fields": [], "discounts": [], "customer": null, "customer_creation": "if_required",
            "invoice_creation": { "enabled": false }, "submit_type": null
        }"#;
        assert_eq!(params(session, ONCE), [""; 0]);
        assert_eq!(params("{}", ONCE), [""; 0]);
    }

    #[test]
    fn a_customer_stays_the_same_and_their_address_is_kept_where_taxes_need_it() {
        let session = r#"{ "customer": "cus_1", "customer_creation": "always",
            "shipping_address_collection": { "allowed_countries": ["DE"] } }"#;
        let asked = params(session, ONCE);
        assert_eq!(
            asked,
            [
                "shipping_address_collection[allowed_countries][0]=DE",
                "customer=cus_1"
            ]
        );
        let taxed = Paid {
            automatic_tax: true,
            ..ONCE
        };
        assert_eq!(
            params(session, taxed)[2..],
            [
                "customer_update[address]=auto",
                "customer_update[shipping]=auto"
            ]
        );
    }

    #[test]
    fn what_stripe_does_not_take_together_is_left_out() {
        let session = r#"{ "discounts": [{ "promotion_code": "promo_1" }], "submit_type": "pay",
            "customer_creation": "always", "invoice_creation": { "enabled": true } }"#;
        let subscription = Paid {
            promotion_codes: true,
            ..Paid::default()
        };
        assert_eq!(params(session, subscription), [""; 0]);
    }
}
