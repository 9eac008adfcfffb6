//! Stripe's events, as far as we act on them. <https://docs.stripe.com/api/events/object>

use chrono::{DateTime, Datelike, Utc};
use miniserde::{
    Deserialize,
    json::{Number, Object, Value},
};

pub use super::names::Names;
use super::{
    CallError, Session,
    charge::{Dispute, RefundNews, WireDispute, WireRefunded},
    id::is_plain,
    session::{Status, WireSession},
    value,
};
use crate::foreign_text::{ForeignText, Limit};

/// The one type that tells what its session does not: that a bank debit did not arrive.
pub const DEBIT_FAILED: &str = "checkout.session.async_payment_failed";

/// An event, from the one reading of its body.
#[derive(Debug)]
pub struct Event {
    /// What can be said of it before anybody looks at what it is about.
    pub envelope: Envelope,
    /// What it is about, its `data.object`; null if there is none.
    told: Value,
}

/// The outside of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// `evt_…`
    pub id: String,
    /// Such as `checkout.session.completed`.
    pub kind: String,
    /// Whether it is about real money.
    pub livemode: Option<bool>,
    /// When the change happened, by Stripe's clock.
    pub created: Option<DateTime<Utc>>,
    /// `acct_…`: the connected account that it happened in; none if that is the key's own.
    pub account: Option<String>,
}

impl Event {
    /// Reads an event; `None` if `body` is not JSON or has no id that can be kept.
    pub fn read(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let Ok(Value::Object(mut event)) = miniserde::json::from_str(text) else {
            return None;
        };
        Some(Self {
            envelope: Envelope::of(&event)?,
            told: match event.remove("data") {
                Some(Value::Object(mut data)) => data.remove("object").unwrap_or(Value::Null),
                _ => Value::Null,
            },
        })
    }

    /// Whom and what it names; `None` if that cannot be read.
    pub fn names(&self) -> Option<Names> {
        Names::read(&self.told)
    }

    /// The session that a `checkout.session.*` event is about, as it stood then.
    ///
    /// # Errors
    /// [`CallError::Unreadable`] if the event holds no session that we understand.
    pub fn session(&self) -> Result<Session, CallError> {
        let mut session: Session = self.told::<WireSession>("Checkout Session")?.try_into()?;
        session.told_at = self.envelope.created;
        if self.envelope.kind == DEBIT_FAILED && session.status == Status::PaymentPending {
            session.status = Status::PaymentFailed;
        }
        Ok(session)
    }

    /// The payment whose refunds a `charge.refunded` or `refund.*` event is about; `None` if it is of no
    /// payment intent.
    ///
    /// # Errors
    /// [`CallError::Unreadable`] if the event holds no charge and no refund that we understand.
    pub fn refund_news(&self) -> Result<Option<RefundNews>, CallError> {
        self.told::<WireRefunded>("charge or refund")?.news()
    }

    /// The dispute that a `charge.dispute.*` event is about, as it stood then.
    ///
    /// # Errors
    /// [`CallError::Unreadable`] if the event holds no dispute that we understand.
    pub fn dispute(&self) -> Result<Dispute, CallError> {
        self.told::<WireDispute>("dispute")?.try_into()
    }

    fn told<T: Deserialize>(&self, what: &str) -> Result<T, CallError> {
        value::decode(&self.told)
            .map_err(|_| CallError::unreadable(format!("the event holds no {what}")))
    }
}

impl Envelope {
    fn of(event: &Object) -> Option<Self> {
        let text = |key: &str| match event.get(key) {
            Some(Value::String(text)) if keepable(text) => Some(text.clone()),
            _ => None,
        };
        Some(Self {
            id: text("id").filter(|id| is_plain(id))?,
            kind: text("type").unwrap_or_default(),
            livemode: match event.get("livemode") {
                Some(Value::Bool(livemode)) => Some(*livemode),
                _ => None,
            },
            created: match event.get("created") {
                Some(Value::Number(Number::U64(seconds))) => time(*seconds),
                _ => None,
            },
            account: text("account"),
        })
    }
}

/// What is not is left out: a part of it is no type and no account.
fn keepable(text: &str) -> bool {
    ForeignText::new(text, Limit::NAME).as_str() == text
}

/// A time that a database can keep.
fn time(seconds: u64) -> Option<DateTime<Utc>> {
    let time = DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)?;
    (time.year() < 10_000).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(body: &str) -> Event {
        Event::read(body.as_bytes()).expect(body)
    }

    #[test]
    fn the_outside_of_an_event_is_read_without_looking_inside() {
        let body = r#"{"id":"evt_1","type":"a.b","livemode":false,"created":7,"account":"acct_1","data":5}"#;
        let expected = Envelope {
            id: "evt_1".into(),
            kind: "a.b".into(),
            livemode: Some(false),
            created: DateTime::from_timestamp(7, 0),
            account: Some("acct_1".into()),
        };
        assert_eq!(event(body).envelope, expected);
    }

    #[test]
    fn what_is_odd_about_an_event_is_left_out_and_its_id_is_kept() {
        for odd in [
            r#""created":1.5"#,
            r#""created":-8000000000000"#,
            r#""created":99999999999999"#,
            r#""type":7,"livemode":"no","account":{}"#,
        ] {
            let expected = Envelope {
                id: "evt_1".into(),
                kind: String::new(),
                livemode: None,
                created: None,
                account: None,
            };
            let read = event(&format!(r#"{{"id":"evt_1",{odd}}}"#));
            assert_eq!(read.envelope, expected, "{odd}");
        }
    }

    #[test]
    fn what_has_no_id_that_can_be_kept_is_no_event() {
        let long = format!(r#"{{"id":"{}"}}"#, "e".repeat(256));
        for body in [
            "",
            "nonsense",
            "{}",
            r#"{"id":""}"#,
            r#"{"id":7}"#,
            r#"{"id":"evt_\u0000"}"#,
            long.as_str(),
        ] {
            assert!(Event::read(body.as_bytes()).is_none(), "{body}");
        }
        assert!(Event::read(&[0xff, 0xfe]).is_none());
    }

    #[test]
    fn that_a_debit_failed_is_told_by_the_type_alone() {
        let status = |kind: &str| {
            let body = format!(
                r#"{{"id":"evt_1","type":"checkout.session.{kind}","data":{{"object":{{"id":"cs_1","status":"complete","payment_status":"unpaid"}}}}}}"#
            );
            event(&body).session().expect("a session").status
        };
        assert_eq!(status("completed"), Status::PaymentPending);
        assert_eq!(status("async_payment_failed"), Status::PaymentFailed);
    }

    #[test]
    fn a_charge_a_refund_and_a_dispute_are_known_by_their_payment_intent() {
        let about =
            |object: &str| event(&format!(r#"{{"id":"evt_1","data":{{"object":{object}}}}}"#));
        let charge = about(
            r#"{"id":"ch_1","amount_refunded":5,"currency":"eur","payment_intent":{"id":"pi_1"}}"#,
        );
        let refund = about(r#"{"id":"re_1","amount":5,"currency":"eur","payment_intent":"pi_1"}"#);
        for told in [charge, refund] {
            let news = told.refund_news().expect("readable");
            assert_eq!(news.expect("of an intent").payment_intent, "pi_1");
        }
        let none =
            about(r#"{"id":"ch_1","amount_refunded":5,"currency":"eur","payment_intent":null}"#);
        assert_eq!(none.refund_news(), Ok(None));
        let dispute = |status: &str| {
            let object = format!(
                r#"{{"id":"dp_1","payment_intent":"pi_1","amount":5,"currency":"eur","status":"{status}"}}"#
            );
            about(&object).dispute().expect("readable")
        };
        let closed = |status: &str| (dispute(status).is_closed(), dispute(status).is_won());
        assert_eq!(closed("needs_response"), (false, false));
        assert_eq!(closed("lost"), (true, false));
        assert_eq!(closed("won"), (true, true));
        assert_eq!(closed("warning_closed"), (true, true));
        assert!(none.dispute().is_err());
    }

    #[test]
    fn an_event_about_something_else_holds_no_session() {
        for body in [
            r#"{"id":"evt_1","data":{"object":{"id":"ch_1"}}}"#,
            r#"{"id":"evt_1","data":{}}"#,
            r#"{"id":"evt_1"}"#,
        ] {
            assert!(event(body).session().is_err(), "{body}");
        }
        assert_eq!(event(r#"{"id":"evt_1"}"#).names(), None);
    }
}
