//! Orders as lines of a spreadsheet.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    order::{self, Order, OrderFilter, money::Money, state::State, wording},
    spreadsheet::written,
    zone::in_a_cell,
};

/// The columns of every file.
const COLUMNS: [&str; 13] = [
    "reference",
    "name",
    "email",
    "status",
    "kind",
    "currency",
    "amount",
    "description",
    "created_at",
    "closed_at",
    "settled_how",
    "refunded",
    "id",
];
/// The one that only whoever asks for it gets: each link is its family's key.
const LINK: &str = "pay_url";

/// How a file is written.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// Whose times it has: the shop's, as people read them; `None`: UTC, for programs.
    pub zone: Option<Tz>,
    /// Whether it has pay links.
    pub links: bool,
}

/// The first line.
pub fn head(columns: Columns) -> Vec<u8> {
    written(COLUMNS.into_iter().chain(columns.links.then_some(LINK)))
}

/// The line of an order, whose pay link is `pay_url`.
pub fn record(order: &Order, columns: Columns, pay_url: &str) -> Vec<u8> {
    let time = |at| in_a_cell(at, columns.zone);
    let amount = |minor| Money::new(minor, order.currency).decimal();
    let end = Ending::of(order.state);
    let (created_at, id) = (time(order.created_at), order.id.to_string());
    let (total, closed_at) = (order.amount_total.map(amount), end.at.map(time));
    let (refunded, what) = (end.refunded.map(amount), for_what(order));
    let email = order.email.as_ref().map(|email| email.as_str());
    let cells: [&str; COLUMNS.len()] = [
        &order.reference,
        order.name.as_deref().unwrap_or_default(),
        email.unwrap_or_default(),
        order.state.name(),
        order.kind.name(),
        order.currency.code(),
        total.as_deref().unwrap_or_default(),
        &what,
        &created_at,
        closed_at.as_deref().unwrap_or_default(),
        end.how.unwrap_or_default(),
        refunded.as_deref().unwrap_or_default(),
        &id,
    ];
    written(cells.into_iter().chain(columns.links.then_some(pay_url)))
}

/// Orders that are read at once: some hundred kilobytes, and a connection for some milliseconds.
const STRETCH: i64 = 500;

/// The next orders of a file, and the one behind which others are, if there may be more.
pub fn stretch(
    connection: &mut PgConnection,
    filter: &OrderFilter,
) -> QueryResult<(Vec<Order>, Option<Uuid>)> {
    let orders = order::list(connection, filter, STRETCH)?;
    let is_full = i64::try_from(orders.len()).is_ok_and(|read| read == STRETCH);
    let next = orders.last().filter(|_| is_full).map(|order| order.id);
    Ok((orders, next))
}

/// What is known of an order that is closed.
#[derive(Default)]
struct Ending {
    at: Option<DateTime<Utc>>,
    how: Option<&'static str>,
    refunded: Option<i64>,
}

impl Ending {
    fn of(state: State) -> Self {
        let none = Self::default();
        match state {
            State::Open | State::Processing { .. } | State::InReview { .. } => none,
            State::Paid { at } | State::Cancelled { at } => Self {
                at: Some(at),
                ..none
            },
            State::PartiallyRefunded { at, refunded } | State::Refunded { at, refunded } => Self {
                at: Some(at),
                refunded: Some(refunded),
                ..none
            },
            State::SettledOffline { at, how } => Self {
                at: Some(at),
                how: Some(how.name()),
                ..none
            },
        }
    }
}

/// What an order is for: `2 × Fee U12; Shirt`.
fn for_what(order: &Order) -> String {
    let lines = wording::lines(order).map(|line| match line.quantity {
        1 => line.description,
        several => format!("{several} × {}", line.description),
    });
    lines.collect::<Vec<_>>().join("; ")
}
