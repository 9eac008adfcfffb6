//! What else a checkout asked for, beside what is paid: where to ship to, at what rates, whose customer
//! it is. A session shows most of that in the words in which it was asked for, so that another one can
//! ask for the same. <https://docs.stripe.com/api/checkout/sessions/create>

use miniserde::json::{Number, Value};
use stripe_checkout::CheckoutSessionMode;

use super::{id::id_of, session::WireSession};
use crate::{
    foreign_text::{ForeignText, Limit},
    order::Param,
};

/// Brackets of a parameter's name.
const DEEPEST: usize = 8;

impl WireSession {
    /// The parameters that ask for the same.
    pub fn also_asked(&self) -> Vec<Param> {
        // Paid once, and not again and again.
        let once = self.mode == Some(CheckoutSessionMode::Payment);
        let mut params = ReplayedParams::default();
        let ships = params.all(
            "shipping_address_collection",
            self.shipping_address_collection.as_ref(),
        );
        params.each(
            "shipping_options",
            self.shipping_options.as_ref(),
            &["shipping_rate"],
        );
        params.if_enabled(
            "phone_number_collection",
            self.phone_number_collection.as_ref(),
        );
        let tax_ids = params.if_enabled("tax_id_collection", self.tax_id_collection.as_ref());
        params.word(
            "billing_address_collection",
            self.billing_address_collection.as_ref(),
            "required",
        );
        params.only(
            "consent_collection",
            self.consent_collection.as_ref(),
            &["terms_of_service", "promotions"],
        );
        if let Some(Value::Array(fields)) = &self.custom_fields {
            for (at, field) in fields.iter().enumerate() {
                params.without_answer(&format!("custom_fields[{at}]"), field);
            }
        }
        // Promotion codes are typed again.
        if !self.allow_promotion_codes.unwrap_or(false) {
            let names = ["coupon", "promotion_code"];
            params.each("discounts", self.discounts.as_ref(), &names);
        }
        if once {
            if is_enabled(self.invoice_creation.as_ref()) {
                params.push("invoice_creation[enabled]", "true".to_owned());
            }
            params.all("submit_type", self.submit_type.as_ref());
        }
        match self.customer.as_ref().and_then(id_of) {
            Some(customer) => {
                params.push("customer", customer);
                // Stripe refuses to take taxes or tax ids of a customer whose address it may not keep.
                let taxes = self.has_automatic_tax();
                let keeps = [
                    ("address", taxes || tax_ids),
                    ("name", tax_ids),
                    ("shipping", taxes && ships),
                ];
                for (what, _) in keeps.into_iter().filter(|(_, keeps)| *keeps) {
                    params.push(&format!("customer_update[{what}]"), "auto".to_owned());
                }
            }
            None if once => {
                params.word(
                    "customer_creation",
                    self.customer_creation.as_ref(),
                    "always",
                );
            }
            None => {}
        }
        params.0
    }
}

/// No parameter of Stripe's is nested so deep, and an answer of brackets alone must not exhaust the stack.
fn is_too_deep(name: &str) -> bool {
    name.matches('[').count() >= DEEPEST
}

fn safe(text: &str, limit: Limit) -> String {
    ForeignText::new(text, limit).into()
}

fn is_enabled(value: Option<&Value>) -> bool {
    let Some(Value::Object(object)) = value else {
        return false;
    };
    matches!(object.get("enabled"), Some(Value::Bool(true)))
}

#[derive(Default)]
struct ReplayedParams(Vec<Param>);

impl ReplayedParams {
    fn push(&mut self, name: &str, value: String) {
        self.0
            .push((safe(name, Limit::NAME), safe(&value, Limit::SENTENCE)));
    }

    /// Everything in it that is not null; whether there was something.
    fn all(&mut self, name: &str, value: Option<&Value>) -> bool {
        let before = self.0.len();
        if let Some(value) = value {
            self.flatten(name, value);
        }
        self.0.len() > before
    }

    /// These of its fields.
    fn only(&mut self, name: &str, value: Option<&Value>, fields: &[&str]) {
        if let Some(Value::Object(object)) = value {
            for (field, value) in object
                .iter()
                .filter(|(name, _)| fields.contains(&name.as_str()))
            {
                self.flatten(&format!("{name}[{field}]"), value);
            }
        }
    }

    /// These fields of each entry, as ids.
    fn each(&mut self, name: &str, value: Option<&Value>, fields: &[&str]) {
        let Some(Value::Array(entries)) = value else {
            return;
        };
        for (at, entry) in entries.iter().enumerate() {
            if let Value::Object(entry) = entry {
                for field in fields {
                    if let Some(id) = entry.get(*field).and_then(id_of) {
                        self.push(&format!("{name}[{at}][{field}]"), id);
                    }
                }
            }
        }
    }

    /// Everything in it, if it is switched on; whether it is.
    fn if_enabled(&mut self, name: &str, value: Option<&Value>) -> bool {
        is_enabled(value) && self.all(name, value)
    }

    /// The one word that is not what Stripe does anyway.
    fn word(&mut self, name: &str, value: Option<&Value>, word: &str) {
        if matches!(value, Some(Value::String(said)) if said == word) {
            self.push(name, word.to_owned());
        }
    }

    /// What a field asked, and not what the payer had answered; in a list of choices a value is none.
    fn without_answer(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(_) if is_too_deep(name) => {}
            Value::Object(fields) => {
                for (field, value) in fields.iter().filter(|(field, _)| *field != "value") {
                    self.without_answer(&format!("{name}[{field}]"), value);
                }
            }
            other => self.flatten(name, other),
        }
    }

    fn flatten(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::Array(_) | Value::Object(_) if is_too_deep(name) => {}
            Value::Bool(value) => self.push(name, value.to_string()),
            Value::String(value) => self.push(name, value.clone()),
            Value::Number(Number::U64(value)) => self.push(name, value.to_string()),
            Value::Number(Number::I64(value)) => self.push(name, value.to_string()),
            Value::Number(Number::F64(value)) => self.push(name, value.to_string()),
            Value::Array(values) => {
                for (at, value) in values.iter().enumerate() {
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

    const ONCE: &str = r#"{ "mode": "payment" }"#;

    /// What a session with these fields, and those of `paid`, asks for again.
    fn params(session: &str, paid: &str) -> Vec<String> {
        let fields = |json| serde_json::from_str::<serde_json::Map<_, _>>(json).expect("JSON");
        let mut session = fields(session);
        session.extend(fields(paid));
        session.insert("id".to_owned(), "cs_1".into());
        let session = serde_json::to_string(&session).expect("JSON");
        let session: WireSession = miniserde::json::from_str(&session).expect("a session");
        let params = session.also_asked().into_iter();
        params
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

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
        let taxed = r#"{ "mode": "payment", "automatic_tax": { "enabled": true } }"#;
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
        let subscription = r#"{ "mode": "subscription", "allow_promotion_codes": true }"#;
        assert_eq!(params(session, subscription), [""; 0]);
    }
}
