//! Everything the simulated account holds, and what happens in it. One lock is around all of it.

use std::collections::{BTreeSet, HashMap, VecDeque};

use serde_json::{Value, json};

use super::catalogue::Catalogue;
use super::event::{Cause, Delivery, Event};
use super::ids;
use super::lines;
use super::payment::{Dispute, Money, Payment};
use super::refund::{Refund, RefundStatus};
use super::refusal::Refusal;
use super::session::{Session, State, Typed};

#[derive(Debug, Default)]
pub struct World {
    /// Where the pages are, once the server listens.
    pub origin: String,
    sessions: HashMap<String, Session>,
    /// Session ids, oldest first.
    order: Vec<String>,
    /// When each open session ends.
    due: BTreeSet<(i64, String)>,
    pub catalogue: Catalogue,
    customers: HashMap<String, Value>,
    payments: HashMap<String, Payment>,
    /// Oldest first.
    refunds: Vec<Refund>,
    /// What the next ones are at first; those after them succeed.
    pub next_refunds: VecDeque<RefundStatus>,
    events: Vec<Event>,
    event_at: HashMap<String, usize>,
    /// Events that nobody has taken to be posted yet.
    waiting: Vec<String>,
    pub endpoint: Endpoint,
    /// Sessions opened through the API.
    pub creations: usize,
}

/// Where events go.
#[derive(Debug, Default)]
pub struct Endpoint {
    pub url: Option<String>,
    /// Events wait until they are delivered by hand or the hold ends.
    pub held: bool,
    /// Events are lost.
    pub dropping: bool,
}

impl World {
    /// Opens a session of typed and checked parameters.
    ///
    /// # Errors
    /// When its prices, its shipping, its discount or its customer do not allow it.
    pub fn open(&mut self, params: Value, now: i64) -> Result<&Session, Refusal> {
        let bill = lines::bill(&params, &self.catalogue)?;
        let email = match params["customer"].as_str() {
            None => None,
            Some(id) => match self.customers.get(id) {
                None => {
                    return Err(Refusal {
                        status: 400,
                        ..Refusal::no_such("customer", id, "customer")
                    });
                }
                Some(customer) => customer["email"].as_str().map(str::to_owned),
            },
        };
        for rate in &bill.shipping {
            // One that was made inline stands in the account from now on, as at Stripe.
            self.catalogue.set_shipping_rate(rate.clone());
        }
        let session = Session::open(params, bill, email, now);
        let id = session.id.clone();
        self.due.insert((session.expires_at, id.clone()));
        self.order.push(id.clone());
        Ok(self.sessions.entry(id).or_insert(session))
    }

    pub fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.get(id)
    }

    /// Oldest first.
    pub fn sessions(&self) -> impl DoubleEndedIterator<Item = &Session> {
        self.order.iter().filter_map(|id| self.sessions.get(id))
    }

    /// Ends what is past its time.
    pub fn look(&mut self, now: i64) {
        while let Some((at, id)) = self.due.first().cloned().filter(|(at, _)| *at <= now) {
            self.due.remove(&(at, id.clone()));
            // Only open sessions are in the list, so that this cannot fail.
            let _ = self.expire(&id, at, Cause::default());
        }
    }

    /// # Errors
    /// Unless the session is open.
    pub fn expire(&mut self, id: &str, now: i64, cause: Cause) -> Result<(), String> {
        self.moved(id, Session::expire)?;
        self.happened_to("checkout.session.expired", id, now, cause);
        Ok(())
    }

    /// The payer pays at once (`State::Paid`) or by bank debit (`State::Awaiting`).
    ///
    /// # Errors
    /// Unless the session is open.
    pub fn complete(
        &mut self,
        id: &str,
        amount: Option<i64>,
        state: State,
        now: i64,
    ) -> Result<(), String> {
        let session = self.moved(id, |session| session.complete(amount, state))?;
        let payment = session.payment_intent.clone().map(|intent| Payment {
            intent,
            charge: ids::short("ch"),
            created: now,
            currency: session.currency.clone(),
            amount: session.total,
            refunded: 0,
            metadata: session.params["payment_intent_data"]["metadata"]
                .as_object()
                .cloned()
                .unwrap_or_default(),
            email: session.known_email().map(str::to_owned),
            customer: session.customer.clone(),
            money: match state {
                State::Paid => Money::Received,
                State::Open | State::Expired | State::Awaiting | State::Bounced => Money::OnItsWay,
            },
            dispute: None,
        });
        if let Some(payment) = payment {
            self.payments.insert(payment.intent.clone(), payment);
        }
        self.happened_to("checkout.session.completed", id, now, Cause::default());
        Ok(())
    }

    /// # Errors
    /// Unless a bank debit is on its way.
    pub fn settle(&mut self, id: &str, arrived: bool, now: i64) -> Result<(), String> {
        let intent = self
            .moved(id, |session| session.settle(arrived))?
            .payment_intent
            .clone();
        if let Some(payment) = intent.and_then(|intent| self.payments.get_mut(&intent)) {
            payment.money = if arrived {
                Money::Received
            } else {
                Money::Failed
            };
        }
        let kind = match arrived {
            true => "checkout.session.async_payment_succeeded",
            false => "checkout.session.async_payment_failed",
        };
        self.happened_to(kind, id, now, Cause::default());
        Ok(())
    }

    /// The payer types a promotion code.
    ///
    /// # Errors
    /// Unless the session is open and takes codes.
    pub fn redeem(&mut self, id: &str, percent: i64) -> Result<(), String> {
        let session = self.sessions.get_mut(id).ok_or_else(|| unknown(id))?;
        session.redeem(percent)
    }

    /// The payer types an address and goes no further.
    ///
    /// # Errors
    /// Unless the session is open.
    pub fn type_email(&mut self, id: &str, typed: Typed) -> Result<(), String> {
        let session = self.sessions.get_mut(id).ok_or_else(|| unknown(id))?;
        match session.state {
            State::Open => session.typed = Some(typed),
            _ => return Err(format!("{id} is {}", session.status())),
        }
        Ok(())
    }

    pub fn payment(&self, intent: &str) -> Option<&Payment> {
        self.payments.get(intent)
    }

    /// # Errors
    /// Unless the payment was received and nobody disputes it.
    pub fn dispute(&mut self, intent: &str, now: i64) -> Result<(), String> {
        let payment = self
            .payments
            .get_mut(intent)
            .ok_or_else(|| unknown(intent))?;
        if !payment.is_received() || payment.dispute.is_some() {
            return Err(format!("{intent} cannot be disputed"));
        }
        payment.dispute = Some(Dispute {
            id: ids::short("dp"),
            created: now,
            status: "needs_response",
        });
        self.disputed("charge.dispute.created", intent, now);
        Ok(())
    }

    /// # Errors
    /// Unless a dispute is open.
    pub fn close_dispute(&mut self, intent: &str, won: bool, now: i64) -> Result<(), String> {
        let payment = self
            .payments
            .get_mut(intent)
            .ok_or_else(|| unknown(intent))?;
        match payment.dispute.as_mut() {
            Some(dispute) if dispute.status == "needs_response" => {
                dispute.status = if won { "won" } else { "lost" };
            }
            _ => return Err(format!("{intent} has no open dispute")),
        }
        self.disputed("charge.dispute.closed", intent, now);
        Ok(())
    }

    pub fn set_customer(&mut self, customer: Value) {
        let id = customer["id"].as_str().unwrap_or_default().to_owned();
        self.customers.insert(id, customer);
    }

    pub fn delete_customer(&mut self, id: &str) {
        self.customers.remove(id);
    }

    /// Oldest first.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    pub fn event(&self, id: &str) -> Option<&Event> {
        self.event_at.get(id).map(|at| &self.events[*at])
    }

    pub fn set_delivery(&mut self, id: &str, delivery: Delivery) {
        if let Some(at) = self.event_at.get(id) {
            self.events[*at].delivery = delivery;
        }
    }

    /// Ids of the events that are to be posted now; each is given out once.
    pub fn outgoing(&mut self) -> Vec<String> {
        if self.endpoint.held || self.endpoint.url.is_none() {
            return Vec::new();
        }
        let mut taken = std::mem::take(&mut self.waiting);
        taken.retain(|id| {
            self.event(id)
                .is_some_and(|event| event.delivery == Delivery::Pending)
        });
        taken
    }

    /// Gives an event back that could not be posted because of a hold.
    pub fn give_back(&mut self, id: String) {
        self.waiting.push(id);
    }

    fn moved(
        &mut self,
        id: &str,
        step: impl FnOnce(&mut Session) -> Result<(), String>,
    ) -> Result<&Session, String> {
        let session = self.sessions.get_mut(id).ok_or_else(|| unknown(id))?;
        step(session)?;
        self.due.remove(&(session.expires_at, id.to_owned()));
        Ok(session)
    }

    fn happened_to(&mut self, kind: &'static str, id: &str, now: i64, cause: Cause) {
        if let Some(session) = self.sessions.get(id) {
            let object = session.to_json(&self.origin);
            self.happened(kind, object, now, cause);
        }
    }

    fn disputed(&mut self, kind: &'static str, intent: &str, now: i64) {
        let dispute = self.payments.get(intent).and_then(Payment::dispute_json);
        self.happened(kind, json!(dispute), now, Cause::default());
    }

    /// An event about whatever object; its id. It is posted by whoever asked for it.
    pub fn tell(&mut self, kind: &'static str, object: Value, now: i64) -> String {
        let dropping = std::mem::replace(&mut self.endpoint.dropping, true);
        self.happened(kind, object, now, Cause::default());
        self.endpoint.dropping = dropping;
        self.events
            .last()
            .map_or_else(String::new, |event| event.id.clone())
    }

    fn happened(&mut self, kind: &'static str, object: Value, now: i64, cause: Cause) {
        let mut event = Event::new(kind, now, object, cause);
        if self.endpoint.dropping {
            event.delivery = Delivery::Dropped;
        } else if self.endpoint.url.is_none() {
            event.delivery = Delivery::NoEndpoint;
        }
        if event.delivery == Delivery::Pending {
            self.waiting.push(event.id.clone());
        }
        self.event_at.insert(event.id.clone(), self.events.len());
        self.events.push(event);
    }
}

fn unknown(id: &str) -> String {
    format!("the simulator knows no {id}")
}

mod refunds;
#[cfg(test)]
mod tests;
