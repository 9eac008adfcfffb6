//! A Checkout Session: its states, the moves between them, and how Stripe renders it.
//!
//! States only move forward (docs.stripe.com/payments/checkout/how-checkout-works).

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::ids;
use super::lines::{Bill, Line};

const DAY: i64 = 24 * 60 * 60;
const MONTH: i64 = 30 * DAY;
/// Where every simulated payer lives, on top of the price.
const TAX_PERCENT: i64 = 19;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Expired,
    /// Completed, the money there.
    Paid,
    /// Completed with a bank debit whose money is on its way.
    Awaiting,
    /// Completed with a bank debit that brought nothing.
    Bounced,
}

/// What a payer typed on the page without paying.
#[derive(Debug, Clone)]
pub struct Typed {
    pub email: String,
    /// Agreed to promotional mail, where the session asks for that consent.
    pub consents: bool,
}

#[derive(Debug, Clone)]
pub struct Session {
    pub id: String,
    pub params: Value,
    pub lines: Vec<Line>,
    pub currency: String,
    /// What the lines come to.
    pub subtotal: i64,
    /// What a promotion code takes off.
    pub discount: i64,
    /// What is added at paying, once it is known where the payer lives.
    pub tax: i64,
    /// What is owed, and once paid what was.
    pub total: i64,
    pub created: i64,
    pub expires_at: i64,
    pub state: State,
    pub customer: Option<String>,
    /// That of the Customer.
    pub customer_email: Option<String>,
    pub typed: Option<Typed>,
    pub payment_intent: Option<String>,
    pub subscription: Option<String>,
    pub invoice: Option<String>,
}

impl Session {
    /// A new session of checked parameters; `customer_email` is that of the Customer it names.
    pub fn open(params: Value, bill: Bill, customer_email: Option<String>, now: i64) -> Session {
        Session {
            id: ids::session(),
            lines: bill.lines,
            currency: bill.currency,
            subtotal: bill.total,
            discount: 0,
            tax: 0,
            total: bill.total,
            created: now,
            expires_at: params["expires_at"].as_i64().unwrap_or(now + DAY),
            state: State::Open,
            customer: params["customer"].as_str().map(str::to_owned),
            customer_email,
            typed: None,
            payment_intent: None,
            subscription: None,
            invoice: None,
            params,
        }
    }

    /// The payer types a promotion code that takes `percent` off.
    ///
    /// # Errors
    /// Unless the session is open and takes codes.
    pub fn redeem(&mut self, percent: i64) -> Result<(), String> {
        self.require(State::Open, "changed")?;
        if self.params["allow_promotion_codes"] != true {
            return Err(format!("{} takes no promotion codes", self.id));
        }
        self.discount = self.subtotal * percent / 100;
        self.total = self.subtotal - self.discount;
        Ok(())
    }

    /// Takes the payer's money, or the promise of it; a different `amount` than owed is recorded.
    ///
    /// # Errors
    /// Unless the session is open.
    pub fn complete(&mut self, amount: Option<i64>, state: State) -> Result<(), String> {
        self.require(State::Open, "paid")?;
        self.state = state;
        match amount {
            Some(amount) => (self.subtotal, self.total) = (amount, amount),
            None if self.has_automatic_tax() => {
                self.tax = self.total * TAX_PERCENT / 100;
                self.total += self.tax;
            }
            None => {}
        }
        if self.is_subscription() {
            self.subscription = Some(ids::short("sub"));
            self.invoice = Some(ids::short("in"));
            // Stripe makes a Customer for a subscription that brings none.
            self.customer.get_or_insert_with(|| ids::short("cus"));
        } else if self.total > 0 {
            // docs.stripe.com/payments/checkout/no-cost-orders
            self.payment_intent = Some(ids::short("pi"));
        }
        Ok(())
    }

    /// The bank debit arrives, or does not.
    ///
    /// # Errors
    /// Unless one is on its way.
    pub fn settle(&mut self, arrived: bool) -> Result<(), String> {
        self.require(State::Awaiting, "settled")?;
        self.state = if arrived { State::Paid } else { State::Bounced };
        Ok(())
    }

    /// Ends an open session, by its time or by a call.
    ///
    /// # Errors
    /// With Stripe's words, unless the session is open.
    pub fn expire(&mut self) -> Result<(), String> {
        self.require(State::Open, "expired")?;
        self.state = State::Expired;
        Ok(())
    }

    fn require(&self, state: State, verb: &str) -> Result<(), String> {
        if self.state == state {
            return Ok(());
        }
        let wanted = match state {
            State::Open => "open",
            _ => "complete",
        };
        Err(format!(
            "Only Checkout Sessions with a status in [\"{wanted}\"] can be {verb}. This Checkout \
             Session has a status of `{}`.",
            self.status()
        ))
    }

    pub fn status(&self) -> &'static str {
        match self.state {
            State::Open => "open",
            State::Expired => "expired",
            State::Paid | State::Awaiting | State::Bounced => "complete",
        }
    }

    pub fn payment_status(&self) -> &'static str {
        match self.state {
            State::Paid if self.total == 0 => "no_payment_required",
            State::Paid => "paid",
            State::Open | State::Expired | State::Awaiting | State::Bounced => "unpaid",
        }
    }

    pub fn is_subscription(&self) -> bool {
        self.params["mode"] == "subscription"
    }

    fn has_automatic_tax(&self) -> bool {
        self.params["automatic_tax"]["enabled"] == true
    }

    /// The address that Stripe tells: the Customer's; that of who paid; a typed one of a session
    /// that was not paid only with consent to promotions
    /// (docs.stripe.com/payments/checkout/abandoned-carts).
    pub fn known_email(&self) -> Option<&str> {
        let given = self.params["customer_email"].as_str();
        let typed = self.typed.as_ref();
        self.customer_email.as_deref().or(match self.status() {
            "complete" => given.or(typed.map(|typed| typed.email.as_str())),
            _ => typed
                .filter(|typed| typed.consents)
                .map(|typed| typed.email.as_str()),
        })
    }

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
            ("currency", json!(self.currency)),
            ("amount_subtotal", json!(self.subtotal)),
            ("amount_total", json!(self.total)),
            ("total_details", self.total_details()),
            ("discounts", self.discounts()),
            ("customer", json!(self.customer)),
            ("payment_intent", json!(self.payment_intent)),
            ("subscription", json!(self.subscription)),
            ("invoice", json!(self.invoice)),
            ("customer_details", self.customer_details()),
            ("url", json!(url)),
        ];
        session.extend(fields.map(|(name, value)| (name.to_owned(), value)));
        self.mode_fields(&mut session);
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

    fn mode_fields(&self, session: &mut Map<String, Value>) {
        if self.is_subscription() {
            session.insert("customer_creation".into(), json!("always"));
            session.insert("payment_method_collection".into(), json!("always"));
            session.insert("invoice_creation".into(), Value::Null);
        }
        if self.params.get("customer").is_some() {
            session.insert("customer_creation".into(), Value::Null);
        }
    }

    fn tax_fields(&self, session: &mut Map<String, Value>) {
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
            "amount_discount": self.discount, "amount_shipping": 0, "amount_tax": self.tax,
        })
    }

    fn discounts(&self) -> Value {
        match self.discount {
            0 => json!([]),
            _ => json!([{ "coupon": null, "promotion_code": "promo_simulated" }]),
        }
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
            let given = self.typed.as_ref().map(|typed| match typed.consents {
                true => "opt_in",
                false => "opt_out",
            });
            session.insert("consent_collection".into(), collection);
            let consent = json!({"promotions": given, "terms_of_service": null});
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
#[path = "session_tests.rs"]
mod tests;
