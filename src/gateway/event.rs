//! Stripe's events, as far as we act on them. <https://docs.stripe.com/api/events/object>

use chrono::{DateTime, Datelike, Utc};
use miniserde::{
    Deserialize,
    json::{Number, Value},
};

use super::{
    CallError, Session,
    charge::{Charge, Dispute, WireCharge, WireDispute},
    session::{Status, WireSession},
};

/// The one type that tells what its session does not: that a bank debit did not arrive.
pub const DEBIT_FAILED: &str = "checkout.session.async_payment_failed";

/// The outside of an event: what can be said of it before anybody looks at what it is about.
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
}

impl Envelope {
    /// Reads the outside of an event; `None` if `body` is not JSON or has no id that can be kept.
    pub fn read(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire {
            id: String,
            #[serde(rename = "type")]
            kind: Option<Value>,
            livemode: Option<Value>,
            created: Option<Value>,
        }
        let wire: Wire = miniserde::json::from_str(std::str::from_utf8(body).ok()?).ok()?;
        let keepable = |text: &str| text.len() <= 255 && !text.contains(char::is_control);
        if wire.id.is_empty() || !keepable(&wire.id) {
            return None;
        }
        Some(Self {
            id: wire.id,
            kind: match wire.kind {
                Some(Value::String(kind)) if keepable(&kind) => kind,
                _ => String::new(),
            },
            livemode: match wire.livemode {
                Some(Value::Bool(livemode)) => Some(livemode),
                _ => None,
            },
            created: match wire.created {
                Some(Value::Number(Number::U64(seconds))) => time(seconds),
                _ => None,
            },
        })
    }
}

/// A time that a database can keep.
fn time(seconds: u64) -> Option<DateTime<Utc>> {
    let time = DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)?;
    (time.year() < 10_000).then_some(time)
}

/// The session that a `checkout.session.*` event is about, as it stood then.
///
/// # Errors
/// [`CallError::Unreadable`] if the event holds no session that we understand.
pub fn session_of(body: &[u8]) -> Result<Session, CallError> {
    let mut session: Session = object_of::<WireSession>(body, "Checkout Session")?.try_into()?;
    if let Some(event) = Envelope::read(body) {
        session.told_at = event.created;
        if event.kind == DEBIT_FAILED && session.status == Status::PaymentPending {
            session.status = Status::PaymentFailed;
        }
    }
    Ok(session)
}

/// The charge that a `charge.refunded` event is about, as it stood then; `None` if it is of no
/// payment intent.
///
/// # Errors
/// [`CallError::Unreadable`] if the event holds no charge that we understand.
pub fn charge_of(body: &[u8]) -> Result<Option<Charge>, CallError> {
    object_of::<WireCharge>(body, "charge").map(WireCharge::charge)
}

/// The dispute that a `charge.dispute.*` event is about, as it stood then.
///
/// # Errors
/// [`CallError::Unreadable`] if the event holds no dispute that we understand.
pub fn dispute_of(body: &[u8]) -> Result<Dispute, CallError> {
    object_of::<WireDispute>(body, "dispute").map(Dispute::from)
}

/// What an event is about: its `data.object`.
fn object_of<T: Deserialize>(body: &[u8], what: &str) -> Result<T, CallError> {
    #[derive(Deserialize)]
    struct Wire<T> {
        data: Data<T>,
    }
    #[derive(Deserialize)]
    struct Data<T> {
        object: T,
    }
    let unreadable = || CallError::Unreadable(format!("the event holds no {what}"));
    let text = std::str::from_utf8(body).map_err(|_| unreadable())?;
    let wire: Wire<T> = miniserde::json::from_str(text).map_err(|_| unreadable())?;
    Ok(wire.data.object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outside_of_an_event_is_read_without_looking_inside() {
        let event =
            Envelope::read(br#"{"id":"evt_1","type":"a.b","livemode":false,"created":7,"data":5}"#);
        let expected = Envelope {
            id: "evt_1".into(),
            kind: "a.b".into(),
            livemode: Some(false),
            created: DateTime::from_timestamp(7, 0),
        };
        assert_eq!(event, Some(expected));
    }

    #[test]
    fn what_is_odd_about_an_event_is_left_out_and_its_id_is_kept() {
        for odd in [
            r#""created":1.5"#,
            r#""created":-8000000000000"#,
            r#""created":99999999999999"#,
            r#""type":7,"livemode":"no""#,
        ] {
            let event = Envelope::read(format!(r#"{{"id":"evt_1",{odd}}}"#).as_bytes()).expect(odd);
            assert_eq!(
                (
                    event.id.as_str(),
                    event.kind.as_str(),
                    event.livemode,
                    event.created
                ),
                ("evt_1", "", None, None)
            );
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
            assert_eq!(Envelope::read(body.as_bytes()), None, "{body}");
        }
        assert_eq!(Envelope::read(&[0xff, 0xfe]), None);
    }

    #[test]
    fn that_a_debit_failed_is_told_by_the_type_alone() {
        let status = |kind: &str| {
            let event = format!(
                r#"{{"id":"evt_1","type":"checkout.session.{kind}","data":{{"object":{{"id":"cs_1","status":"complete","payment_status":"unpaid"}}}}}}"#
            );
            session_of(event.as_bytes()).expect("a session").status
        };
        assert_eq!(status("completed"), Status::PaymentPending);
        assert_eq!(status("async_payment_failed"), Status::PaymentFailed);
    }

    #[test]
    fn a_charge_and_a_dispute_are_known_by_their_payment_intent() {
        let event = |object: &str| format!(r#"{{"id":"evt_1","data":{{"object":{object}}}}}"#);
        let charge = event(
            r#"{"id":"ch_1","amount_refunded":5,"currency":"eur","payment_intent":{"id":"pi_1"}}"#,
        );
        let charge = charge_of(charge.as_bytes()).expect("readable");
        assert_eq!(charge.expect("of an intent").payment_intent, "pi_1");
        let none =
            event(r#"{"id":"ch_1","amount_refunded":5,"currency":"eur","payment_intent":null}"#);
        assert_eq!(charge_of(none.as_bytes()), Ok(None));
        let dispute = |status: &str| {
            let object = format!(
                r#"{{"id":"dp_1","payment_intent":"pi_1","amount":5,"currency":"eur","status":"{status}"}}"#
            );
            dispute_of(event(&object).as_bytes()).expect("readable")
        };
        let closed = |status: &str| (dispute(status).is_closed(), dispute(status).is_won());
        assert_eq!(closed("needs_response"), (false, false));
        assert_eq!(closed("lost"), (true, false));
        assert_eq!(closed("won"), (true, true));
        assert_eq!(closed("warning_closed"), (true, true));
        assert!(dispute_of(none.as_bytes()).is_err());
    }

    #[test]
    fn an_event_about_something_else_holds_no_session() {
        assert!(session_of(br#"{"id":"evt_1","data":{"object":{"id":"ch_1"}}}"#).is_err());
        assert!(session_of(br#"{"id":"evt_1"}"#).is_err());
    }
}
