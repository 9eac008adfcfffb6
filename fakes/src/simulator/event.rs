//! Stripe's event objects and what became of delivering each (docs.stripe.com/api/events/object).

use serde_json::{Value, json};

use super::ids;

/// The version that events are rendered in.
pub const API_VERSION: &str = "2026-10-28.endive";

/// Which API call caused something; none of both for what a payer or the clock did.
#[derive(Debug, Clone, Default)]
pub struct Cause {
    pub request: Option<String>,
    pub idempotency_key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// No endpoint was known when it happened: nothing to deliver.
    NoEndpoint,
    /// Not answered by a 2xx so far; may be on its way or held.
    Pending,
    /// Answered by a 2xx.
    Delivered,
    /// Given up after the last retry.
    Failed,
    /// Lost on purpose, never posted by itself.
    Dropped,
}

#[derive(Debug, Clone)]
pub struct Event {
    pub id: String,
    pub kind: &'static str,
    pub created: i64,
    pub object: Value,
    pub cause: Cause,
    pub delivery: Delivery,
}

impl Event {
    pub fn new(kind: &'static str, created: i64, object: Value, cause: Cause) -> Event {
        Event {
            id: ids::short("evt"),
            kind,
            created,
            object,
            cause,
            delivery: Delivery::Pending,
        }
    }

    /// What `delivery_success` of the list filters by: Stripe counts pending ones as not delivered.
    pub fn is_delivered(&self) -> bool {
        match self.delivery {
            Delivery::NoEndpoint | Delivery::Delivered => true,
            Delivery::Pending | Delivery::Failed | Delivery::Dropped => false,
        }
    }

    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.created,
            "data": { "object": self.object },
            "livemode": false,
            "pending_webhooks": u8::from(!self.is_delivered()),
            "request": {
                "id": self.cause.request,
                "idempotency_key": self.cause.idempotency_key,
            },
            "type": self.kind,
        })
    }
}
