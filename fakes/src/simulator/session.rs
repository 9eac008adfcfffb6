//! A Checkout Session: its states and the moves between them.
//!
//! States only move forward (docs.stripe.com/payments/checkout/how-checkout-works).

use serde_json::Value;

use super::catalogue::ShippingRate;
use super::discount::Discount;
use super::ids;
use super::lines::{self, Bill, Line};

const DAY: i64 = 24 * 60 * 60;
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
    /// Empty where nothing is sold.
    pub currency: String,
    /// What the lines come to.
    pub subtotal: i64,
    /// What a coupon or a promotion code takes off.
    pub discount: Option<Discount>,
    /// The ways of shipping, the chosen one first.
    pub shipping: Vec<ShippingRate>,
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
    pub setup_intent: Option<String>,
    pub subscription: Option<String>,
    pub invoice: Option<String>,
}

impl Session {
    /// A new session of checked parameters; `customer_email` is that of the Customer it names.
    pub fn open(params: Value, bill: Bill, customer_email: Option<String>, now: i64) -> Session {
        Session {
            id: ids::session(),
            total: bill.total(),
            lines: bill.lines,
            currency: bill.currency,
            subtotal: bill.subtotal,
            discount: bill.discount,
            shipping: bill.shipping,
            tax: 0,
            created: now,
            expires_at: params["expires_at"].as_i64().unwrap_or(now + DAY),
            state: State::Open,
            customer: params["customer"].as_str().map(str::to_owned),
            customer_email,
            typed: None,
            payment_intent: None,
            setup_intent: (params["mode"] == "setup").then(|| ids::short("seti")),
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
        let discount = Discount::typed(percent);
        lines::share(&mut self.lines, &discount);
        self.discount = Some(discount);
        self.total = self.subtotal - self.taken_off() + self.shipping_amount();
        Ok(())
    }

    /// What the discount comes to.
    pub fn taken_off(&self) -> i64 {
        let discount = self.discount.as_ref();
        discount.map_or(0, |discount| discount.of(self.subtotal))
    }

    /// What the chosen way of shipping costs.
    pub fn shipping_amount(&self) -> i64 {
        self.shipping.first().map_or(0, |rate| rate.amount)
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
        let invoiced = self.params["invoice_creation"]["enabled"] == true;
        if self.is_subscription() {
            self.subscription = Some(ids::short("sub"));
        } else if self.total > 0 && !self.is_setup() {
            // docs.stripe.com/payments/checkout/no-cost-orders
            self.payment_intent = Some(ids::short("pi"));
        }
        if self.is_subscription() || invoiced {
            self.invoice = Some(ids::short("in"));
            // An invoice is somebody's: Stripe makes a Customer where there is none.
            self.customer.get_or_insert_with(|| ids::short("cus"));
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
            _ if self.is_setup() => "no_payment_required",
            State::Paid if self.total == 0 => "no_payment_required",
            State::Paid => "paid",
            State::Open | State::Expired | State::Awaiting | State::Bounced => "unpaid",
        }
    }

    pub fn is_subscription(&self) -> bool {
        self.params["mode"] == "subscription"
    }

    /// Keeps a means of payment for later and sells nothing.
    pub fn is_setup(&self) -> bool {
        self.params["mode"] == "setup"
    }

    pub fn has_automatic_tax(&self) -> bool {
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
}

#[cfg(test)]
mod tests;
