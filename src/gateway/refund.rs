//! Giving money back, and asking what has been given back. <https://docs.stripe.com/api/refunds>

use std::collections::HashMap;

use miniserde::{Deserialize, json::Value};
use stripe_client_core::StripeRequest;
use stripe_core::refund::{CreateRefund, ListRefund};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    CallError, Gateway, LONGEST_PAGE, id::is_plain, idempotency_key, retry::Retry,
    session::ListPage, value::word,
};

/// Our case and the attempt at its refund, as a refund of ours names them.
const CASE_KEY: &str = "freshmint_case";
const ATTEMPT_KEY: &str = "freshmint_attempt";
/// Our row of a refund that was asked for of an order.
const REFUND_KEY: &str = "freshmint_refund";

/// A payment with more refunds is nobody's: a page has a hundred.
const MOST_PAGES: usize = 10;

/// A refund as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// `re_…`
    pub id: String,
    /// In minor units.
    pub amount: i64,
    /// Whether the money has gone back.
    pub status: RefundStatus,
    /// Which of ours it is; none for one that was made in Stripe's dashboard.
    pub mark: Option<Mark>,
}

/// By what a refund of ours is found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// An attempt at giving a case's payment back.
    Case(Attempt),
    /// One that was asked for of an order: our row of it.
    Order(Uuid),
}

/// A refund to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewRefund<'a> {
    /// `pi_…`
    pub payment_intent: &'a str,
    /// In minor units; none: what is left.
    pub amount: Option<i64>,
    /// What it will name.
    pub mark: Mark,
    /// How often it was asked for, which the key names besides: an answer that is final is kept under it.
    pub number: i32,
}

impl Mark {
    fn id(self) -> Uuid {
        match self {
            Self::Case(attempt) => attempt.case,
            Self::Order(refund) => refund,
        }
    }

    fn metadata(self) -> HashMap<String, String> {
        let named = |key: &str, value: &dyn ToString| (key.to_owned(), value.to_string());
        match self {
            Self::Case(Attempt { case, number }) => {
                HashMap::from([named(CASE_KEY, &case), named(ATTEMPT_KEY, &number)])
            }
            Self::Order(refund) => HashMap::from([named(REFUND_KEY, &refund)]),
        }
    }
}

/// Whether the money of a refund has gone back.
/// <https://docs.stripe.com/api/refunds/object#refund_object-status>
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundStatus {
    /// It has, as far as Stripe knows: it may fail later.
    Succeeded,
    /// It will, or will not: `pending`, `requires_action`, and any word that we do not know.
    UnderWay,
    /// It has not, and why: `failed`, `canceled`.
    NotMade(String),
}

/// An attempt at giving a case's payment back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Our case.
    pub case: Uuid,
    /// Its number.
    pub number: i32,
}

impl Gateway {
    /// Gives money back, under a key that names our row and the attempt: asked twice it is done once.
    /// Tells the refund's id; whether it is made, [`Gateway::refunds_of`] tells: the answer to a repeated
    /// call is as old as the first.
    ///
    /// # Errors
    /// [`CallError::Refused`] with Stripe's code, such as `charge_disputed`. Where
    /// [`CallError::leaves_open`], it may have been done all the same.
    pub async fn refund(
        &self,
        new: &NewRefund<'_>,
        deadline: Instant,
    ) -> Result<String, CallError> {
        let mut request = CreateRefund::new()
            .payment_intent(new.payment_intent)
            .metadata(new.mark.metadata());
        if let Some(amount) = new.amount {
            request = request.amount(amount);
        }
        let key = format!("freshmint-refund-{}-{}", new.mark.id(), new.number);
        let key = idempotency_key(&key)?;
        self.repeat(Retry::default(), deadline, async |patience| {
            let answer: WireRefund = self.once(request.build(), Some(&key), patience).await?;
            Refund::try_from(answer).map(|refund| refund.id)
        })
        .await
    }

    /// All refunds of a payment, newest first, as they stand now.
    ///
    /// # Errors
    /// As [`Gateway::read`]; [`CallError::Unreadable`] also where one of them cannot be read, since a sum
    /// of the others is none.
    pub async fn refunds_of(
        &self,
        payment_intent: &str,
        deadline: Instant,
    ) -> Result<Vec<Refund>, CallError> {
        let mut request = ListRefund::new()
            .payment_intent(payment_intent)
            .limit(LONGEST_PAGE);
        let mut refunds = Vec::new();
        for _ in 0..MOST_PAGES {
            let page: ListPage<WireRefund> = self.ask(&request, deadline).await?;
            for refund in page.data {
                refunds.push(Refund::try_from(refund)?);
            }
            match refunds.last() {
                Some(last) if page.has_more => request = request.starting_after(&last.id),
                _ => return Ok(refunds),
            }
        }
        Err(CallError::unreadable(
            "a payment with more than a thousand refunds",
        ))
    }
}

#[derive(Deserialize)]
struct WireRefund {
    id: String,
    amount: i64,
    status: Option<String>,
    failure_reason: Option<String>,
    metadata: Option<Value>,
}

impl TryFrom<WireRefund> for Refund {
    type Error = CallError;

    fn try_from(wire: WireRefund) -> Result<Self, CallError> {
        if !is_plain(&wire.id) || wire.amount < 0 {
            return Err(CallError::unreadable(
                "a refund without its id, or of less than nothing",
            ));
        }
        Ok(Self {
            amount: wire.amount,
            status: status(wire.status.as_deref(), wire.failure_reason.as_deref()),
            mark: mark(wire.metadata.as_ref()),
            id: wire.id,
        })
    }
}

fn status(status: Option<&str>, reason: Option<&str>) -> RefundStatus {
    let because = |what: &str| match reason.map(word) {
        Some(reason) => format!("{what} ({reason})"),
        None => what.to_owned(),
    };
    match status {
        Some("succeeded") => RefundStatus::Succeeded,
        Some("failed") => RefundStatus::NotMade(because("it failed at Stripe")),
        Some("canceled") => RefundStatus::NotMade(because("it was canceled at Stripe")),
        Some(_) | None => RefundStatus::UnderWay,
    }
}

fn mark(metadata: Option<&Value>) -> Option<Mark> {
    let Some(Value::Object(metadata)) = metadata else {
        return None;
    };
    let text = |key: &str| match metadata.get(key) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    if let Some(refund) = text(REFUND_KEY) {
        return refund.parse().ok().map(Mark::Order);
    }
    Some(Mark::Case(Attempt {
        case: text(CASE_KEY)?.parse().ok()?,
        number: text(ATTEMPT_KEY)?.parse().ok()?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &str) -> Result<Refund, CallError> {
        let json = format!(r#"{{"id":"re_1","amount":5,{fields}}}"#);
        let wire: WireRefund = miniserde::json::from_str(&json).expect("a refund");
        Refund::try_from(wire)
    }

    #[test]
    fn only_what_succeeded_has_gone_back_and_only_what_ended_is_not_waited_for() {
        let status = |fields: &str| read(fields).expect("readable").status;
        let not_made = |why: &str| RefundStatus::NotMade(why.to_owned());
        assert_eq!(status(r#""status":"succeeded""#), RefundStatus::Succeeded);
        for waits in ["pending", "requires_action", "on_the_moon"] {
            let fields = format!(r#""status":"{waits}""#);
            assert_eq!(status(&fields), RefundStatus::UnderWay, "{waits}");
        }
        assert_eq!(status(r#""status":null"#), RefundStatus::UnderWay);
        assert_eq!(
            status(r#""status":"failed","failure_reason":"insufficient_funds""#),
            not_made("it failed at Stripe (insufficient_funds)")
        );
        assert_eq!(
            status(r#""status":"canceled""#),
            not_made("it was canceled at Stripe")
        );
    }

    #[test]
    fn it_names_our_attempt_or_our_refund_or_none() {
        let case = Uuid::from_u128(7);
        let ours = format!(
            r#""metadata":{{"freshmint_case":"{case}","freshmint_attempt":"2","team":"U12"}}"#
        );
        let ours = read(&ours).expect("readable").mark;
        assert_eq!(ours, Some(Mark::Case(Attempt { case, number: 2 })));
        let of_an_order = format!(r#""metadata":{{"freshmint_refund":"{case}"}}"#);
        let of_an_order = read(&of_an_order).expect("readable").mark;
        assert_eq!(of_an_order, Some(Mark::Order(case)));
        for none in [
            r#""metadata":null"#,
            r#""metadata":{}"#,
            r#""metadata":"x""#,
            r#""metadata":{"freshmint_case":"x","freshmint_attempt":"2"}"#,
            r#""metadata":{"freshmint_refund":"x"}"#,
        ] {
            assert_eq!(read(none).expect("readable").mark, None, "{none}");
        }
    }

    #[test]
    fn what_cannot_be_summed_up_is_not_read() {
        for json in [
            r#"{"id":"re_1","amount":-5}"#,
            r#"{"id":"../balance","amount":5}"#,
        ] {
            let wire: WireRefund = miniserde::json::from_str(json).expect("a refund");
            assert!(Refund::try_from(wire).is_err(), "{json}");
        }
    }
}
