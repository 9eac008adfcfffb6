//! What a test or the demo lets happen: payers, other systems, deliveries.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use super::Simulator;
use super::endpoints::{self, Endpoint};
use super::event::{Cause, Delivery};
use super::foreign;
use super::order::Order;
use super::refund::RefundStatus;
use super::refusal::Refusal;
use super::session::{State, Typed};
use super::shared::Job;

/// Longer than the postman's own patience.
const PATIENCE: Duration = Duration::from_secs(30);

/// Payers, banks, and the shop's own people at Stripe's dashboard.
impl Simulator {
    /// The payer pays by card what is owed.
    ///
    /// # Errors
    /// Unless the session is open.
    pub fn pay(&self, id: &str) -> Result<(), String> {
        self.complete(id, None, State::Paid)
    }

    /// Pays another total than was asked for.
    ///
    /// # Errors
    /// Unless the session is open.
    pub fn pay_amount(&self, id: &str, amount: i64) -> Result<(), String> {
        self.complete(id, Some(amount), State::Paid)
    }

    /// The payer types a promotion code that takes `percent` off, and pays the rest, if any.
    ///
    /// # Errors
    /// Unless the session is open and takes codes.
    pub fn pay_with_discount(&self, id: &str, percent: i64) -> Result<(), String> {
        self.redeem(id, percent)?;
        self.pay(id)
    }

    /// The payer types a promotion code that takes `percent` off.
    ///
    /// # Errors
    /// Unless the session is open and takes codes.
    pub fn redeem(&self, id: &str, percent: i64) -> Result<(), String> {
        self.shared().with(|world, _| world.redeem(id, percent))
    }

    /// The payer chooses a bank debit: complete, but unpaid until `settle_debit`.
    ///
    /// # Errors
    /// Unless the session is open.
    pub fn start_debit(&self, id: &str) -> Result<(), String> {
        self.complete(id, None, State::Awaiting)
    }

    /// The bank debit brings its money, or does not.
    ///
    /// # Errors
    /// Unless one is on its way.
    pub fn settle_debit(&self, id: &str, ok: bool) -> Result<(), String> {
        self.shared().with(|world, now| world.settle(id, ok, now))
    }

    /// The payer types an address on the page, with or without consent to promotions, and goes.
    ///
    /// # Errors
    /// Unless the session is open.
    pub fn type_email(&self, id: &str, email: &str, consents: bool) -> Result<(), String> {
        let email = email.to_owned();
        self.shared()
            .with(|world, _| world.type_email(id, Typed { email, consents }))
    }

    /// Ends an open session before its time.
    ///
    /// # Errors
    /// Unless the session is open.
    pub fn expire(&self, id: &str) -> Result<(), String> {
        self.shared()
            .with(|world, now| world.expire(id, now, Cause::default()))
    }

    /// A refund made in the dashboard; all that is left without an amount. Returns the refund.
    ///
    /// # Errors
    /// When there is not that much left.
    pub fn refund(&self, payment_intent: &str, amount: Option<i64>) -> Result<Value, String> {
        let params = json!({"payment_intent": payment_intent, "amount": amount});
        self.shared()
            .with(|world, now| world.refund(&params, now, Cause::default()))
            .map_err(|refusal| refusal.message)
    }

    /// What the next refund is at first, wherever it is made; said several times, of those after it. Any
    /// other succeeds.
    pub fn next_refund(&self, status: RefundStatus) {
        self.shared()
            .with(|world, _| world.next_refunds.push_back(status));
    }

    /// What becomes of a refund: one that is on its way comes to an end, one that had succeeded fails.
    ///
    /// # Errors
    /// When there is no such refund, or it cannot become that any more.
    pub fn move_refund(&self, id: &str, status: RefundStatus) -> Result<(), String> {
        self.shared()
            .with(|world, now| world.move_refund(id, status, now))
    }

    /// The refunds of a payment as Stripe renders them, oldest first.
    pub fn refunds_of(&self, payment_intent: &str) -> Vec<Value> {
        self.shared().with(|world, _| {
            let all = world.refunds().iter();
            all.filter(|refund| refund.intent == payment_intent)
                .map(|refund| refund.to_json())
                .collect()
        })
    }

    /// The payer's bank takes the money back for now.
    ///
    /// # Errors
    /// Unless the payment was received and is not disputed.
    pub fn dispute(&self, payment_intent: &str) -> Result<(), String> {
        self.shared()
            .with(|world, now| world.dispute(payment_intent, now))
    }

    /// # Errors
    /// Unless a dispute is open.
    pub fn close_dispute(&self, payment_intent: &str, won: bool) -> Result<(), String> {
        self.shared()
            .with(|world, now| world.close_dispute(payment_intent, won, now))
    }

    /// A session that another system of the same shop opens, of parameters as the API takes them.
    /// It is no request and no creation.
    ///
    /// # Errors
    /// With Stripe's message about what is wrong.
    pub fn open_foreign_session(&self, params: Value) -> Result<Value, String> {
        self.shared()
            .with(|world, now| {
                let id = foreign::open(world, params, now)?;
                Ok(world
                    .session(&id)
                    .map(|session| session.to_json(&world.origin)))
            })
            .map_err(|refusal: Refusal| refusal.message)?
            .ok_or_else(|| "the session is gone".to_owned())
    }

    /// A Customer of the account with that address; returns its id.
    pub fn add_customer(&self, email: &str) -> String {
        self.shared().with(|world, now| {
            let params = json!({ "email": email });
            let made = Endpoint::CreateCustomer.execute(world, params, now, Cause::default());
            let id = made.map(|customer| customer["id"].as_str().map(str::to_owned));
            id.ok().flatten().unwrap_or_default()
        })
    }

    /// Adds a Customer to the account under an id of the test's own, or changes the one of that id.
    pub fn set_customer(&self, id: &str, email: Option<&str>) {
        let params = json!({ "email": email });
        self.shared()
            .with(|world, now| world.set_customer(endpoints::customer_json(id, &params, now)));
    }

    /// The shop deletes a Customer; sessions that name it stay as they are.
    pub fn delete_customer(&self, id: &str) {
        self.shared().with(|world, _| world.delete_customer(id));
    }

    fn complete(&self, id: &str, amount: Option<i64>, state: State) -> Result<(), String> {
        self.shared()
            .with(|world, now| world.complete(id, amount, state, now))
    }
}

/// Events and how they reach the shop, or do not.
impl Simulator {
    /// Where events are posted from now on; without it they are only listed.
    pub fn set_webhook_url(&self, url: Option<String>) {
        self.shared().with(|world, _| world.endpoint.url = url);
    }

    /// While held, events are kept and nothing is posted by itself; afterwards what waited is.
    pub fn hold_deliveries(&self, hold: bool) {
        self.shared().with(|world, _| world.endpoint.held = hold);
    }

    /// Events that happen while this is on are never posted by themselves: Stripe lists them with
    /// `delivery_success=false`.
    pub fn drop_deliveries(&self, on: bool) {
        self.shared().with(|world, _| world.endpoint.dropping = on);
    }

    /// Every event as Stripe renders it, oldest first.
    pub fn events(&self) -> Vec<Value> {
        self.shared()
            .with(|world, _| world.events().iter().map(|e| e.to_json()).collect())
    }

    /// One POST now, even of an event that was delivered, held or dropped; returns the status.
    ///
    /// Waits for the answer, so the receiver must not need the calling thread.
    ///
    /// # Errors
    /// When nothing answers, or there is no such event or no address.
    pub fn deliver(&self, event_id: &str) -> Result<u16, String> {
        let (reply, answer) = mpsc::channel();
        self.shared()
            .jobs
            .send(Job::Once(event_id.to_owned(), reply))
            .map_err(|error| error.to_string())?;
        answer
            .recv_timeout(PATIENCE)
            .map_err(|error| error.to_string())?
    }

    /// Tells of an object that Stripe would not render so, and posts the event; returns the status.
    ///
    /// # Errors
    /// When nothing answers, or there is no address.
    pub fn tell(&self, kind: &'static str, object: Value) -> Result<u16, String> {
        let id = self
            .shared()
            .with(|world, now| world.tell(kind, object, now));
        self.deliver(&id)
    }

    /// One POST after the other of every event that was neither delivered nor dropped; returns
    /// their statuses.
    ///
    /// # Errors
    /// Of the first that nothing answered; the rest is not posted.
    pub fn deliver_all(&self, order: Order) -> Result<Vec<u16>, String> {
        let ids = self.shared().with(|world, _| {
            let waiting = world.events().iter().filter(|event| match event.delivery {
                Delivery::NoEndpoint | Delivery::Pending | Delivery::Failed => true,
                Delivery::Delivered | Delivery::Dropped => false,
            });
            waiting.map(|event| event.id.clone()).collect()
        });
        order
            .arrange(ids)
            .iter()
            .map(|id| self.deliver(id))
            .collect()
    }
}
