//! A Checkout Session as Stripe tells it, reduced to what we act on.
//!
//! Read tolerantly: the full generated type fails as a whole when one of its sixty fields is missing,
//! and with it goes the address of a session that exists.
//! <https://docs.stripe.com/api/checkout/sessions/object>

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use miniserde::{Deserialize, json::Value};
use stripe_checkout::{CheckoutSessionMode, CheckoutSessionPaymentStatus, CheckoutSessionStatus};
use uuid::Uuid;

use super::{
    CallError, SessionId,
    checkout_url::checkout_url,
    id::{self, id_of},
    value::word,
};
use crate::{
    foreign_text::{ForeignText, Limit},
    order::Param,
};

/// Of a metadata key, in characters. <https://docs.stripe.com/api/metadata>
const KEY: Limit = Limit::characters(40);
/// Of a text beside the button to pay, in characters.
const NOTICE: Limit = Limit::characters(1_200);

/// The metadata key that carries our row's id: a session with it is ours, and never foreign.
pub const ROW_KEY: &str = "freshmint_session";

/// A session as it stood when Stripe told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// `cs_…`
    pub id: SessionId,
    /// Where it is on its one-way road.
    pub status: Status,
    /// Where to send the payer; only while it is open.
    pub url: Option<String>,
    /// What is or was to be paid, in minor units.
    pub amount_total: Option<i64>,
    /// The same before taxes and discounts, in minor units.
    pub amount_subtotal: Option<i64>,
    /// Lower-case ISO code.
    pub currency: Option<String>,
    /// Whom Stripe knows as the payer: the address they typed, else the one we gave.
    pub email: Option<String>,
    /// `cus_…`, of a payer whom the shop knows.
    pub customer: Option<String>,
    /// `payment` or `subscription`.
    pub mode: Option<String>,
    /// The checkout's language, one of Stripe's codes.
    pub locale: Option<String>,
    /// Whether Stripe works out taxes.
    pub automatic_tax: bool,
    /// Whether promotion codes are taken.
    pub promotion_codes: bool,
    /// What else an expired one asked for, as another one can ask for it again.
    pub also_asked: Vec<Param>,
    /// The shop's own name for what it is about.
    pub client_reference_id: Option<String>,
    /// What its page says beside the button to pay.
    pub notice: Option<String>,
    /// When it was opened.
    pub created: Option<DateTime<Utc>>,
    /// `pi_…`; a subscription has none.
    pub payment_intent: Option<String>,
    /// Ours and the order's, as given when minted.
    pub metadata: BTreeMap<String, String>,
    /// When Stripe will end it, or has.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it is about real money.
    pub livemode: Option<bool>,
    /// When the change happened that an event told of, by Stripe's clock; none if it was read.
    pub told_at: Option<DateTime<Utc>>,
}

impl Session {
    /// Our row's id, if the session carries one.
    pub fn row(&self) -> Option<Uuid> {
        self.metadata.get(ROW_KEY)?.parse().ok()
    }

    /// Whether it carries our mark, readable or not.
    pub fn is_marked(&self) -> bool {
        self.metadata.contains_key(ROW_KEY)
    }

    /// When one that has expired did: the earlier of its own end and of when Stripe told of it, since one
    /// can be closed in Stripe's dashboard.
    pub fn expired_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let known = [self.expires_at, self.told_at];
        known.into_iter().flatten().fold(now, DateTime::min)
    }

    /// One in euros of which nothing else is known.
    #[cfg(test)]
    pub(crate) fn sample(status: Status) -> Self {
        Self {
            id: SessionId::parse("cs_1").expect("an id"),
            status,
            url: None,
            amount_total: None,
            amount_subtotal: None,
            currency: Some("eur".to_owned()),
            email: None,
            customer: None,
            mode: None,
            locale: None,
            automatic_tax: false,
            promotion_codes: false,
            also_asked: Vec::new(),
            client_reference_id: None,
            notice: None,
            created: None,
            payment_intent: None,
            metadata: BTreeMap::new(),
            expires_at: None,
            livemode: Some(false),
            told_at: None,
        }
    }
}

/// A session's status together with its payment's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It can be paid.
    Open,
    /// The payer is through; and the money is here, or nothing was to be paid.
    Paid,
    /// The payer is through; the money comes later, or not (bank debits).
    PaymentPending,
    /// The payer was through, and the bank debit did not arrive. By itself the session looks as
    /// before: the event's type tells, or the payment intent.
    PaymentFailed,
    /// Its time is over, or it was closed.
    Expired,
}

/// A page of a list. <https://docs.stripe.com/api/pagination>
#[derive(Deserialize)]
pub(super) struct ListPage<T> {
    pub data: Vec<T>,
    pub has_more: bool,
}

#[derive(Deserialize)]
pub(super) struct WireSession {
    pub id: String,
    status: Option<CheckoutSessionStatus>,
    payment_status: Option<CheckoutSessionPaymentStatus>,
    url: Option<String>,
    amount_total: Option<i64>,
    amount_subtotal: Option<i64>,
    currency: Option<String>,
    customer_details: Option<CustomerDetails>,
    customer_email: Option<String>,
    pub customer: Option<Value>,
    pub mode: Option<CheckoutSessionMode>,
    locale: Option<String>,
    automatic_tax: Option<AutomaticTax>,
    pub allow_promotion_codes: Option<bool>,
    custom_text: Option<CustomText>,
    client_reference_id: Option<String>,
    created: Option<i64>,
    payment_intent: Option<Value>,
    metadata: Option<BTreeMap<String, String>>,
    expires_at: Option<i64>,
    livemode: Option<bool>,
    pub shipping_address_collection: Option<Value>,
    pub shipping_options: Option<Value>,
    pub phone_number_collection: Option<Value>,
    pub billing_address_collection: Option<Value>,
    pub tax_id_collection: Option<Value>,
    pub consent_collection: Option<Value>,
    pub custom_fields: Option<Value>,
    pub discounts: Option<Value>,
    pub customer_creation: Option<Value>,
    pub invoice_creation: Option<Value>,
    pub submit_type: Option<Value>,
}

#[derive(Deserialize)]
struct CustomerDetails {
    email: Option<String>,
}

#[derive(Deserialize)]
struct CustomText {
    submit: Option<CustomMessage>,
}

#[derive(Deserialize)]
struct CustomMessage {
    message: String,
}

#[derive(Deserialize)]
struct AutomaticTax {
    enabled: bool,
}

impl WireSession {
    pub fn has_automatic_tax(&self) -> bool {
        self.automatic_tax.as_ref().is_some_and(|tax| tax.enabled)
    }

    pub fn row(&self) -> Option<Uuid> {
        self.metadata.as_ref()?.get(ROW_KEY)?.parse().ok()
    }
}

impl TryFrom<WireSession> for Session {
    type Error = CallError;

    fn try_from(wire: WireSession) -> Result<Self, CallError> {
        let id = SessionId::parse(&wire.id)
            .map_err(|_| CallError::unreadable("its id is no id of a Checkout Session"))?;
        let mut status = status(wire.status.as_ref(), wire.payment_status.as_ref())?;
        if status == Status::PaymentPending && wire.payment_intent.as_ref().is_some_and(has_failed)
        {
            status = Status::PaymentFailed;
        }
        let is_setup = wire.mode == Some(CheckoutSessionMode::Setup);
        let untold = wire.amount_total.is_none() || wire.currency.is_none();
        if status == Status::Paid && untold && !is_setup {
            return Err(CallError::unreadable("a paid session without its amount"));
        }
        Ok(Self {
            also_asked: match status {
                Status::Expired => wire.also_asked(),
                _ => Vec::new(),
            },
            automatic_tax: wire.has_automatic_tax(),
            promotion_codes: wire.allow_promotion_codes.unwrap_or(false),
            client_reference_id: wire.client_reference_id.as_deref().map(name),
            payment_intent: id::payment_intent(wire.payment_intent.as_ref())?,
            url: address(status, wire.url.as_deref())?,
            status,
            expires_at: wire.expires_at.and_then(time),
            created: wire.created.and_then(time),
            notice: wire
                .custom_text
                .and_then(|text| text.submit)
                .map(|submit| ForeignText::new(&submit.message, NOTICE).into()),
            mode: wire.mode.map(|mode| word(mode.as_str())),
            locale: wire.locale.as_deref().map(word),
            metadata: metadata(wire.metadata.unwrap_or_default()),
            email: wire
                .customer_details
                .and_then(|details| details.email)
                .or(wire.customer_email)
                .as_deref()
                .map(name),
            customer: wire.customer.as_ref().and_then(id_of),
            id,
            amount_total: wire.amount_total,
            amount_subtotal: wire.amount_subtotal,
            currency: wire.currency.as_deref().map(word),
            livemode: wire.livemode,
            told_at: None,
        })
    }
}

/// Pairs of the shop's or of another system's, made safe: Stripe takes any characters in them.
fn metadata(pairs: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let safe = |(key, value): (String, String)| {
        let value = ForeignText::lines(&value, Limit::SENTENCE);
        (ForeignText::new(&key, KEY).into(), value.into())
    };
    pairs.into_iter().map(safe).collect()
}

fn name(text: &str) -> String {
    ForeignText::new(text, Limit::NAME).into()
}

/// Only an open one has an address.
fn address(status: Status, url: Option<&str>) -> Result<Option<String>, CallError> {
    match (status, url) {
        (Status::Open, Some(url)) => checkout_url(url)
            .map(Some)
            .ok_or_else(|| CallError::unreadable("an open session with an address that is none")),
        _ => Ok(None),
    }
}

fn time(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}

fn status(
    status: Option<&CheckoutSessionStatus>,
    payment: Option<&CheckoutSessionPaymentStatus>,
) -> Result<Status, CallError> {
    use CheckoutSessionPaymentStatus::{NoPaymentRequired, Paid, Unpaid};
    use CheckoutSessionStatus::{Complete, Expired, Open};
    match (status, payment) {
        (Some(Open), _) => Ok(Status::Open),
        (Some(Expired), _) => Ok(Status::Expired),
        (Some(Complete), Some(Paid | NoPaymentRequired)) => Ok(Status::Paid),
        (Some(Complete), Some(Unpaid)) => Ok(Status::PaymentPending),
        (status, payment) => Err(CallError::unreadable(format!(
            "a session with status and payment_status {:?}",
            (status.map(|it| it.as_str()), payment.map(|it| it.as_str()))
        ))),
    }
}

/// Whether an expanded payment intent tells that its debit did not arrive.
/// <https://docs.stripe.com/payments/paymentintents/lifecycle>
fn has_failed(intent: &Value) -> bool {
    let Value::Object(intent) = intent else {
        return false;
    };
    matches!(intent.get("status"), Some(Value::String(status))
        if status == "requires_payment_method" || status == "canceled")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Session, CallError> {
        let wire: WireSession = miniserde::json::from_str(json).expect("JSON with an id");
        wire.try_into()
    }

    #[test]
    fn a_session_is_read_although_almost_every_field_is_missing() {
        let session = read(r#"{"id":"cs_1","status":"open","url":"https://pay","new_field":[1]}"#)
            .expect("readable");
        assert_eq!(
            (session.id.as_str(), session.status, session.url.as_deref()),
            ("cs_1", Status::Open, Some("https://pay"))
        );
    }

    #[test]
    fn nothing_to_pay_counts_as_paid_and_unpaid_is_on_its_way() {
        let status = |payment: &str| {
            let json = format!(
                r#"{{"id":"cs_1","status":"complete","payment_status":"{payment}","amount_total":0,"currency":"eur"}}"#
            );
            read(&json).map(|session| session.status)
        };
        assert_eq!(status("paid"), Ok(Status::Paid));
        assert_eq!(status("no_payment_required"), Ok(Status::Paid));
        assert_eq!(status("unpaid"), Ok(Status::PaymentPending));
        assert!(matches!(status("a_new_one"), Err(CallError::Unreadable(_))));
    }

    #[test]
    fn a_payment_without_an_amount_is_not_believed() {
        let json = r#"{"id":"cs_1","status":"complete","payment_status":"paid"}"#;
        assert!(matches!(read(json), Err(CallError::Unreadable(_))));
    }

    #[test]
    fn a_checkout_that_only_sets_up_a_card_has_no_amount() {
        let json = r#"{"id":"cs_1","mode":"setup","status":"complete","payment_status":"no_payment_required"}"#;
        assert_eq!(read(json).map(|session| session.amount_total), Ok(None));
    }

    #[test]
    fn a_payment_intent_is_an_id_or_the_object_that_has_it() {
        let intent = |json: &str| {
            read(&format!(
                r#"{{"id":"cs_1","status":"open","payment_intent":{json}}}"#
            ))
            .expect("readable")
            .payment_intent
        };
        assert_eq!(intent(r#""pi_1""#).as_deref(), Some("pi_1"));
        assert_eq!(
            intent(r#"{"id":"pi_1","amount":5}"#).as_deref(),
            Some("pi_1")
        );
        assert_eq!(intent("null"), None);
    }

    #[test]
    fn an_expanded_payment_intent_tells_whether_a_debit_is_on_its_way_or_has_failed() {
        let status = |intent: &str| {
            let json = format!(
                r#"{{"id":"cs_1","status":"complete","payment_status":"unpaid","payment_intent":{intent}}}"#
            );
            read(&json).map(|session| session.status)
        };
        assert_eq!(status(r#""pi_1""#), Ok(Status::PaymentPending));
        assert_eq!(
            status(r#"{"id":"pi_1","status":"processing"}"#),
            Ok(Status::PaymentPending)
        );
        for failed in ["requires_payment_method", "canceled"] {
            let intent = format!(r#"{{"id":"pi_1","status":"{failed}"}}"#);
            assert_eq!(status(&intent), Ok(Status::PaymentFailed));
        }
    }

    #[test]
    fn our_mark_is_seen_also_where_it_cannot_be_read() {
        let marked = |metadata: &str| {
            read(&format!(
                r#"{{"id":"cs_1","status":"open","metadata":{metadata}}}"#
            ))
            .expect("readable")
        };
        let ours = marked(r#"{"freshmint_session":"00000000-0000-0000-0000-000000000007"}"#);
        assert_eq!(
            (ours.is_marked(), ours.row()),
            (true, Some(Uuid::from_u128(7)))
        );
        let damaged = marked(r#"{"freshmint_session":"?"}"#);
        assert_eq!((damaged.is_marked(), damaged.row()), (true, None));
        assert!(!marked("{}").is_marked() && !marked("null").is_marked());
    }
}
