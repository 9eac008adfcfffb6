//! Orders as rows: what cannot be is an error here, not a surprise later.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, result::Error as QueryError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Kind, Order,
    change::{Change, Edit},
    currency::Currency,
    draft::NewOrder,
    email::Email,
    line::{self, Line},
    locale::Locale,
    mode::Mode,
    money::Money,
    restored::{Param, Restored},
    state::{How, State},
};
use crate::schema::orders;

/// A row of `orders`, as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = orders)]
pub struct OrderRow {
    pub(super) id: Uuid,
    pub(super) content_hash: String,
    kind: Kind,
    pub(super) reference: String,
    email: Option<String>,
    name: Option<String>,
    locale: String,
    currency: String,
    amount_total: Option<i64>,
    lines: Value,
    metadata: Value,
    mode: Mode,
    remind: bool,
    version: i32,
    link_version: i32,
    created_at: DateTime<Utc>,
    processing_at: Option<DateTime<Utc>>,
    in_review_at: Option<DateTime<Utc>>,
    paid_at: Option<DateTime<Utc>>,
    refunded_amount: i64,
    settled_at: Option<DateTime<Utc>>,
    settled_how: Option<How>,
    cancelled_at: Option<DateTime<Utc>>,
    paid_amount: Option<i64>,
    paid_currency: Option<String>,
    debit_failed_at: Option<DateTime<Utc>>,
    automatic_tax: bool,
    promotion_codes: bool,
    checkout_params: Value,
    import: Option<String>,
}

impl OrderRow {
    /// The order that the row tells of.
    ///
    /// # Errors
    /// A deserialization error that names the column, for a row that cannot be.
    pub fn decode(self) -> QueryResult<Order> {
        let state = self.state()?;
        let currency =
            Currency::parse(&self.currency).map_err(|error| impossible("currency", error))?;
        let lines: Vec<Line> = from_json("lines", self.lines)?;
        if self.amount_total.is_none() && !line::have_catalogue_prices(&lines) {
            return Err(impossible(
                "amount_total",
                "unknown without a catalogue price",
            ));
        }
        Ok(Order {
            id: self.id,
            email: self.email.and_then(Email::stored),
            locale: Locale::parse(&self.locale).map_err(|error| impossible("locale", error))?,
            mode: self.mode,
            lines,
            metadata: from_json("metadata", self.metadata)?,
            kind: self.kind,
            reference: self.reference,
            name: self.name,
            currency,
            amount_total: self.amount_total,
            remind: self.remind,
            automatic_tax: self.automatic_tax,
            promotion_codes: self.promotion_codes,
            checkout_params: from_json("checkout_params", self.checkout_params)?,
            version: self.version,
            link_version: self.link_version,
            created_at: self.created_at,
            paid: match (self.paid_amount, self.paid_currency) {
                (Some(amount), code) => {
                    let paid_in = code.map_or(Ok(currency), |code| Currency::parse(&code));
                    let paid_in = paid_in.map_err(|error| impossible("paid_currency", error))?;
                    Some(Money::new(amount, paid_in))
                }
                (None, _) => None,
            },
            debit_failed_at: self.debit_failed_at,
            import: self.import,
            state,
        })
    }

    /// What the order's payment brought.
    fn paid(&self) -> i64 {
        self.paid_amount.or(self.amount_total).unwrap_or(0)
    }

    fn state(&self) -> QueryResult<State> {
        Ok(match (self.paid_at, self.settled_at, self.cancelled_at) {
            (Some(at), ..) => match self.refunded_amount {
                0 => State::Paid { at },
                refunded if refunded < self.paid() => State::PartiallyRefunded { at, refunded },
                refunded => State::Refunded { at, refunded },
            },
            (None, Some(at), _) => State::SettledOffline {
                at,
                how: self
                    .settled_how
                    .ok_or_else(|| impossible("settled_how", "unknown"))?,
            },
            (None, None, Some(at)) => State::Cancelled { at },
            (None, None, None) => match (self.in_review_at, self.processing_at) {
                (Some(since), _) => State::InReview { since },
                (None, Some(since)) => State::Processing { since },
                (None, None) => State::Open,
            },
        })
    }
}

/// A new row of `orders`.
#[derive(Insertable)]
#[diesel(table_name = orders)]
pub(super) struct NewOrderRow {
    pub id: Uuid,
    pub content_hash: String,
    kind: Kind,
    reference: String,
    email: Option<String>,
    name: Option<String>,
    locale: &'static str,
    currency: &'static str,
    amount_total: Option<i64>,
    lines: Value,
    metadata: Value,
    mode: Mode,
    remind: bool,
    automatic_tax: bool,
    promotion_codes: bool,
    checkout_params: Value,
    created_at: DateTime<Utc>,
    import: Option<String>,
}

impl NewOrderRow {
    /// The row of an order that the shop asks for.
    pub fn billed(order: &NewOrder, id: Uuid, created_at: DateTime<Utc>) -> Self {
        Self {
            id,
            content_hash: order.content_hash(),
            kind: Kind::Billed,
            reference: order.reference.to_string(),
            email: order.email.as_ref().map(|email| email.as_str().to_owned()),
            name: order.name.as_ref().map(ToString::to_string),
            locale: order.locale.as_str(),
            currency: order.currency.code(),
            amount_total: line::total(&order.lines),
            lines: to_json(&order.lines),
            metadata: to_json(&order.metadata),
            mode: order.mode,
            remind: order.remind,
            automatic_tax: order.automatic_tax,
            promotion_codes: order.promotion_codes,
            checkout_params: to_json(&[(); 0]),
            created_at,
            import: None,
        }
    }

    /// The same, of one that came with this import.
    pub fn imported(self, import: Option<&str>) -> Self {
        Self {
            import: import.map(str::to_owned),
            ..self
        }
    }

    /// The row of an order that restores a cart.
    pub fn restoring(cart: &Restored, id: Uuid, started_at: DateTime<Utc>) -> Self {
        Self {
            kind: Kind::Recovered,
            amount_total: Some(cart.amount),
            checkout_params: to_json(&cart.checkout_params),
            ..Self::billed(&cart.order, id, started_at)
        }
    }
}

/// What a simpler checkout of a restored cart asks for.
#[derive(AsChangeset)]
#[diesel(table_name = orders)]
pub(super) struct Simplified {
    lines: Value,
    checkout_params: Value,
}

impl Simplified {
    pub fn new(lines: &[Line], checkout_params: &[Param]) -> Self {
        Self {
            lines: to_json(lines),
            checkout_params: to_json(checkout_params),
        }
    }
}

/// What a change may touch.
#[derive(AsChangeset)]
#[diesel(table_name = orders, treat_none_as_null = true)]
pub struct WhatIsOwed {
    amount_total: Option<i64>,
    lines: Value,
    email: Option<String>,
    name: Option<String>,
    locale: &'static str,
    metadata: Value,
}

impl WhatIsOwed {
    /// What `order` is after `change`; `None` if that is what it is already. What catalogue prices
    /// come to is known as long as the lines stay.
    pub fn after(order: &Order, change: Change) -> Option<Self> {
        let lines = change.lines.unwrap_or_else(|| order.lines.clone());
        let amount_total = if lines == order.lines {
            order.amount_total
        } else {
            line::total(&lines)
        };
        let email = change.email.apply(order.email.clone());
        let name = match change.name {
            Edit::Keep => order.name.clone(),
            Edit::Clear => None,
            Edit::Set(name) => Some(name.to_string()),
        };
        let locale = change.locale.unwrap_or(order.locale);
        let metadata = change.metadata.as_ref().unwrap_or(&order.metadata);
        if lines == order.lines
            && (&email, &name) == (&order.email, &order.name)
            && (locale, metadata) == (order.locale, &order.metadata)
        {
            return None;
        }
        Some(Self {
            amount_total,
            lines: to_json(&lines),
            email: email.map(|email| email.as_str().to_owned()),
            name,
            locale: locale.as_str(),
            metadata: to_json(metadata),
        })
    }
}

/// A state as its columns; those of every other state are emptied.
#[derive(AsChangeset, Default)]
#[diesel(table_name = orders, treat_none_as_null = true)]
pub(super) struct Evidence {
    processing_at: Option<DateTime<Utc>>,
    in_review_at: Option<DateTime<Utc>>,
    paid_at: Option<DateTime<Utc>>,
    refunded_amount: i64,
    settled_at: Option<DateTime<Utc>>,
    settled_how: Option<How>,
    cancelled_at: Option<DateTime<Utc>>,
}

impl Evidence {
    /// The evidence that an order is in this state.
    pub fn that(state: State) -> Self {
        let none = Self::default();
        match state {
            State::Open => none,
            State::Processing { since } => Self {
                processing_at: Some(since),
                ..none
            },
            State::InReview { since } => Self {
                in_review_at: Some(since),
                ..none
            },
            State::Paid { at } => Self {
                paid_at: Some(at),
                ..none
            },
            State::PartiallyRefunded { at, refunded } | State::Refunded { at, refunded } => Self {
                paid_at: Some(at),
                refunded_amount: refunded,
                ..none
            },
            State::SettledOffline { at, how } => Self {
                settled_at: Some(at),
                settled_how: Some(how),
                ..none
            },
            State::Cancelled { at } => Self {
                cancelled_at: Some(at),
                ..none
            },
        }
    }
}

fn to_json(value: &(impl Serialize + ?Sized)) -> Value {
    serde_json::to_value(value).expect("plain texts and numbers always become JSON")
}

fn from_json<T: DeserializeOwned>(column: &str, value: Value) -> QueryResult<T> {
    serde_json::from_value(value).map_err(|error| impossible(column, error))
}

fn impossible(column: &str, why: impl std::fmt::Display) -> QueryError {
    QueryError::DeserializationError(format!("orders.{column} cannot be: {why}").into())
}
