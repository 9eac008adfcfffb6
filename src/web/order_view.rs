//! An order with its payments, as the API and the commands show it. Amounts in minor units, times in UTC.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    order::{Order, line::Line, state::State},
    settlement::{Payment, order_refunds::OrderRefund},
};

/// The JSON of an order.
#[derive(Debug, Serialize)]
pub struct OrderView<'a> {
    id: Uuid,
    kind: &'static str,
    reference: &'a str,
    status: &'static str,
    email: Option<&'a str>,
    name: Option<&'a str>,
    currency: &'static str,
    amount_total: Option<i64>,
    lines: &'a [Line],
    metadata: &'a BTreeMap<String, String>,
    mode: &'static str,
    locale: &'static str,
    remind: bool,
    automatic_tax: bool,
    promotion_codes: bool,
    version: i32,
    pay_url: String,
    created_at: DateTime<Utc>,
    processing_at: Option<DateTime<Utc>>,
    in_review_at: Option<DateTime<Utc>>,
    paid_at: Option<DateTime<Utc>>,
    refunded_amount: i64,
    settled_at: Option<DateTime<Utc>>,
    settled_how: Option<&'static str>,
    cancelled_at: Option<DateTime<Utc>>,
    import: Option<&'a str>,
    payments: Vec<&'a Payment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refunds: Option<Vec<OrderRefund>>,
}

impl<'a> OrderView<'a> {
    /// The order with its pay link, and those of `payments` that are its own.
    pub fn new(order: &'a Order, pay_url: String, payments: &'a [Payment]) -> Self {
        let state = order.state;
        let (paid_at, refunded_amount) = match state {
            State::Paid { at } => (Some(at), 0),
            State::PartiallyRefunded { at, refunded } | State::Refunded { at, refunded } => {
                (Some(at), refunded)
            }
            _ => (None, 0),
        };
        let settled = if let State::SettledOffline { at, how } = state {
            Some((at, how))
        } else {
            None
        };
        Self {
            id: order.id,
            kind: order.kind.name(),
            reference: &order.reference,
            status: state.name(),
            email: order.email.as_ref().map(|email| email.as_str()),
            name: order.name.as_deref(),
            currency: order.currency.code(),
            amount_total: order.amount_total,
            lines: &order.lines,
            metadata: &order.metadata,
            mode: order.mode.name(),
            locale: order.locale.as_str(),
            remind: order.remind,
            automatic_tax: order.automatic_tax,
            promotion_codes: order.promotion_codes,
            version: order.version,
            pay_url,
            created_at: order.created_at,
            processing_at: if let State::Processing { since } = state {
                Some(since)
            } else {
                None
            },
            in_review_at: if let State::InReview { since } = state {
                Some(since)
            } else {
                None
            },
            paid_at,
            refunded_amount,
            settled_at: settled.map(|(at, _)| at),
            settled_how: settled.map(|(_, how)| how.name()),
            cancelled_at: if let State::Cancelled { at } = state {
                Some(at)
            } else {
                None
            },
            import: order.import.as_deref(),
            payments: payments
                .iter()
                .filter(|payment| payment.order_id == order.id)
                .collect(),
            refunds: None,
        }
    }

    /// The same with the refunds that people asked for.
    #[must_use]
    pub fn with_refunds(self, refunds: Vec<OrderRefund>) -> Self {
        Self {
            refunds: Some(refunds),
            ..self
        }
    }
}
