//! A Checkout Session as Stripe renders it: the blank one of its own fixture, filled in.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::catalogue::ShippingRate;
use super::discount::Discount;
use super::fields;
use super::session::{Session, State};

const MONTH: i64 = 30 * 24 * 60 * 60;

impl Session {
    /// Stripe's session object; `origin` is where its page is.
    pub fn to_json(&self, origin: &str) -> Value {
        let mut session = blank().clone();
        self.copy_params(&mut session);
        let url = (self.state == State::Open).then(|| format!("{origin}/c/pay/{}", self.id));
        let fields = [
            ("id", json!(self.id)),
            ("created", json!(self.created)),
            ("expires_at", json!(self.expires_at)),
            ("status", json!(self.status())),
            ("payment_status", json!(self.payment_status())),
            ("customer", json!(self.customer)),
            ("custom_fields", fields::to_json(&self.params)),
            ("payment_intent", json!(self.payment_intent)),
            ("setup_intent", json!(self.setup_intent)),
            ("subscription", json!(self.subscription)),
            ("invoice", json!(self.invoice)),
            ("customer_details", self.customer_details()),
            ("url", json!(url)),
        ];
        session.extend(fields.map(|(name, value)| (name.to_owned(), value)));
        self.money_fields(&mut session);
        self.mode_fields(&mut session);
        self.invoice_fields(&mut session);
        self.tax_fields(&mut session);
        self.asked_consent(&mut session);
        Value::Object(session)
    }

    /// What Stripe repeats as it was given.
    fn copy_params(&self, session: &mut Map<String, Value>) {
        const REPEATED: [&str; 16] = [
            "allow_promotion_codes",
            "billing_address_collection",
            "cancel_url",
            "client_reference_id",
            "customer_creation",
            "customer_email",
            "integration_identifier",
            "locale",
            "metadata",
            "mode",
            "origin_context",
            "payment_method_collection",
            "phone_number_collection",
            "shipping_address_collection",
            "submit_type",
            "success_url",
        ];
        for name in REPEATED {
            if let Some(value) = self.params.get(name) {
                session.insert(name.to_owned(), value.clone());
            }
        }
        if let Some(texts) = self.params["custom_text"].as_object() {
            for (place, text) in texts.iter().filter(|(_, text)| text.is_object()) {
                session["custom_text"][place] = text.clone();
            }
        }
    }

    fn money_fields(&self, session: &mut Map<String, Value>) {
        let currency = Some(&self.currency).filter(|currency| !currency.is_empty());
        session.insert("currency".into(), json!(currency));
        if self.is_setup() {
            session.insert("total_details".into(), Value::Null);
            return;
        }
        let options = self.shipping.iter().map(ShippingRate::option_json);
        let chosen = self.shipping.first().map(ShippingRate::cost_json);
        let discounts = self.discount.iter().map(Discount::to_json);
        let fields = [
            ("amount_subtotal", json!(self.subtotal)),
            ("amount_total", json!(self.total)),
            ("total_details", self.total_details()),
            ("discounts", discounts.collect()),
            ("shipping_options", options.collect()),
            ("shipping_cost", json!(chosen)),
        ];
        session.extend(fields.map(|(name, value)| (name.to_owned(), value)));
    }

    fn mode_fields(&self, session: &mut Map<String, Value>) {
        if self.is_subscription() {
            session.insert("customer_creation".into(), json!("always"));
            session.insert("payment_method_collection".into(), json!("always"));
        }
        if self.is_subscription() || self.is_setup() {
            session.insert("invoice_creation".into(), Value::Null);
        }
        if self.params.get("customer").is_some() {
            session.insert("customer_creation".into(), Value::Null);
        }
    }

    /// What was asked for, over the blank session's invoice.
    fn invoice_fields(&self, session: &mut Map<String, Value>) {
        let asked = &self.params["invoice_creation"];
        if asked.is_object() {
            session["invoice_creation"]["enabled"] = asked["enabled"].clone();
            for (name, value) in asked["invoice_data"].as_object().into_iter().flatten() {
                session["invoice_creation"]["invoice_data"][name] = value.clone();
            }
        }
    }

    fn tax_fields(&self, session: &mut Map<String, Value>) {
        let ids = &self.params["tax_id_collection"];
        if ids.is_object() {
            let required = ids["required"].as_str().unwrap_or("never");
            let collection = json!({ "enabled": ids["enabled"], "required": required });
            session.insert("tax_id_collection".into(), collection);
        }
        if self.has_automatic_tax() {
            let status = match self.status() {
                "complete" => "complete",
                _ => "requires_location_inputs",
            };
            session["automatic_tax"] = json!({
                "enabled": true, "liability": {"type": "self"}, "provider": "stripe", "status": status,
            });
        }
    }

    fn total_details(&self) -> Value {
        json!({
            "amount_discount": self.taken_off(), "amount_shipping": self.shipping_amount(),
            "amount_tax": self.tax,
        })
    }

    fn customer_details(&self) -> Value {
        match self.known_email() {
            None => Value::Null,
            Some(email) => json!({
                "address": null, "business_name": null, "email": email, "individual_name": null,
                "name": null, "phone": null, "tax_exempt": "none", "tax_ids": [],
            }),
        }
    }

    fn asked_consent(&self, session: &mut Map<String, Value>) {
        let asked = &self.params["consent_collection"];
        if asked.is_object() {
            let collection = json!({
                "payment_method_reuse_agreement": asked["payment_method_reuse_agreement"],
                "promotions": asked["promotions"],
                "terms_of_service": asked["terms_of_service"],
            });
            let typed = self.typed.as_ref();
            let typed = typed.filter(|_| asked["promotions"] == "auto");
            let given = typed.map(|typed| match typed.consents {
                true => "opt_in",
                false => "opt_out",
            });
            let bound = self.status() == "complete" && asked["terms_of_service"] == "required";
            let terms = bound.then_some("accepted");
            session.insert("consent_collection".into(), collection);
            let consent = json!({"promotions": given, "terms_of_service": terms});
            session.insert("consent".into(), consent);
        }
        let recovery = &self.params["after_expiration"]["recovery"];
        if recovery["enabled"] == true {
            let over = self.state == State::Expired;
            let recovery = json!({
                "allow_promotion_codes": recovery["allow_promotion_codes"] == true,
                "enabled": true,
                "expires_at": over.then_some(self.expires_at + MONTH),
                "url": null,
            });
            session.insert("after_expiration".into(), json!({ "recovery": recovery }));
        }
    }
}

/// An unpaid session with nothing but its shape, from Stripe's own fixture.
fn blank() -> &'static Map<String, Value> {
    static BLANK: OnceLock<Map<String, Value>> = OnceLock::new();
    BLANK.get_or_init(|| {
        serde_json::from_str(include_str!("session.json"))
            .expect("session.json is part of the build")
    })
}

#[cfg(test)]
mod tests;
