//! Orders: what somebody owes.
//!
//! A spreadsheet and the API ([`draft`]) end in the same [`draft::NewOrder`]; what is in
//! one has been checked, and nothing further in asks again. An order is created once by its
//! reference ([`create()`], many with [`create_all()`]), looked up ([`find()`], [`list`]), and moved from state to state by
//! [`advance()`] alone, which writes the history line too.

mod act;
mod advance;
pub mod amount;
pub mod change;
mod create;
mod create_all;
pub mod currency;
pub mod draft;
pub mod email;
mod filter;
mod find;
mod kind;
mod label;
pub mod line;
pub mod locale;
pub mod metadata;
pub mod mode;
pub mod money;
mod note_to_payers;
mod of_blast;
mod owed;
mod part;
pub mod problem;
mod restored;
mod row;
mod smallest;
pub mod state;
mod status;
mod stranded;
pub mod text;
pub mod wording;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;

pub use self::{
    act::{Act, Acted},
    advance::{advance, advance_as_of},
    create::{Created, Standing, create, create_from, restore},
    create_all::{AT_ONCE, HandedIn, create_all, standing},
    filter::{FilterPart, Mark, OrderFilter},
    find::{CurrencySum, colliding_references, find, find_by_reference, ids_of, list, sums},
    kind::Kind,
    label::{Label, labels},
    note_to_payers::{NoteToPayers, NoteToPayersError},
    of_blast::ids as ids_of_blast,
    owed::set_amount,
    part::{By, with_part},
    restored::{Param, Restored, Simpler, simplify},
    row::{OrderRow, WhatIsOwed},
    status::Status,
    stranded::{Condition, stranded},
};
use self::{
    currency::Currency, email::Email, line::Line, locale::Locale, mode::Mode, money::Money,
    state::State,
};
use crate::{
    activity::{self, Category, Doing, Level},
    link::token::PayClaims,
    schema::{link_notes, orders},
};

/// An order as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Ours, for ever.
    pub id: Uuid,
    /// How it came about.
    pub kind: Kind,
    /// The shop's name for it.
    pub reference: String,
    /// Who is asked to pay.
    pub email: Option<Email>,
    /// Their name, as the shop writes it.
    pub name: Option<String>,
    /// The language of mails, pages and checkout.
    pub locale: Locale,
    /// The currency of every amount.
    pub currency: Currency,
    /// What is owed, in all, in minor units. `None`: a catalogue price has a say in it, and Stripe has
    /// not told it yet. See [`Order::owed`].
    pub amount_total: Option<i64>,
    /// What it is made of.
    pub lines: Vec<Line>,
    /// The shop's own keys.
    pub metadata: BTreeMap<String, String>,
    /// One payment, or a subscription.
    pub mode: Mode,
    /// Whether a reminder may follow an unfinished checkout.
    pub remind: bool,
    /// Whether Stripe works out the taxes at the checkout.
    pub automatic_tax: bool,
    /// Whether the checkout takes promotion codes.
    pub promotion_codes: bool,
    /// What else the checkout asks for, as that of the cart did which the order restores.
    pub checkout_params: Vec<Param>,
    /// Counts changes of what is owed.
    pub version: i32,
    /// Counts withdrawals of the link.
    pub link_version: i32,
    /// When we heard of it.
    pub created_at: DateTime<Utc>,
    /// What the payment that settled it brought, where it is known: another sum than was owed with taxes
    /// and codes, another currency too where a person accepted it.
    pub paid: Option<Money>,
    /// Its last bank debit did not arrive, and nothing has come since.
    pub debit_failed_at: Option<DateTime<Utc>>,
    /// The name of the import that it came with, if it came with one.
    pub import: Option<String>,
    /// Where it stands.
    pub state: State,
}

impl Order {
    /// What the order's pay link says today.
    pub fn link(&self) -> PayClaims {
        PayClaims {
            order_id: self.id,
            link_version: self.link_version,
        }
    }
}

/// Locks orders in the one order in which everybody locks them: by id, before their sessions.
pub fn lock(connection: &mut PgConnection, ids: &[Uuid]) -> QueryResult<Vec<Order>> {
    let rows: Vec<OrderRow> = orders::table
        .filter(orders::id.eq_any(ids))
        .order(orders::id)
        .select(OrderRow::as_select())
        .for_update()
        .load(connection)?;
    rows.into_iter().map(OrderRow::decode).collect()
}

/// Sets whether reminders may follow unfinished checkouts of these orders.
pub fn set_remind(connection: &mut PgConnection, ids: &[Uuid], remind: bool) -> QueryResult<()> {
    // Locked in the one order in which everybody locks them, and no more than an update of a plain
    // column needs: whoever refers to an order does not wait. No version counts this.
    let ids: Vec<Uuid> = orders::table
        .filter(orders::id.eq_any(ids))
        .order(orders::id)
        .select(orders::id)
        .for_no_key_update()
        .load(connection)?;
    diesel::update(orders::table.filter(orders::id.eq_any(ids)))
        .set(orders::remind.eq(remind))
        .execute(connection)
        .map(drop)
}

/// Keeps what the payment that settled a locked order brought, in minor units of its currency.
pub fn settled_with(
    connection: &mut PgConnection,
    order: &Order,
    amount: i64,
    currency: &str,
) -> QueryResult<()> {
    diesel::update(orders::table.find(order.id))
        .set((
            orders::paid_amount.eq(amount),
            orders::paid_currency.eq(currency),
            orders::debit_failed_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(connection)
        .map(drop)
}

/// Keeps that the last bank debit for a locked order did not arrive, to tell the payer.
pub fn debit_failed(
    connection: &mut PgConnection,
    order: &Order,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let still_owed = orders::table
        .find(order.id)
        .filter(orders::status.eq(Status::Open));
    diesel::update(still_owed)
        .set(orders::debit_failed_at.eq(at))
        .execute(connection)
        .map(drop)
}

/// Changes what is owed, or by whom, on a locked order. The link stays the same; the version counts up.
pub fn change(
    connection: &mut PgConnection,
    order: &Order,
    changed: WhatIsOwed,
    doing: &Doing,
) -> QueryResult<()> {
    diesel::update(orders::table.find(order.id))
        .set((changed, orders::version.eq(orders::version + 1)))
        .execute(connection)?;
    history(
        connection,
        order,
        doing,
        Level::Info,
        "order changed".to_owned(),
    )
}

/// Withdraws the pay link of a locked order: the one in the mails shows from now on that it was replaced, with
/// what was said about it.
pub fn withdraw_link(
    connection: &mut PgConnection,
    order: &Order,
    doing: &Doing,
) -> QueryResult<()> {
    let note = doing.note.as_deref().map(NoteToPayers::parse);
    let note = note.and_then(Result::ok).map(String::from);
    diesel::update(orders::table.find(order.id))
        .set(orders::link_version.eq(orders::link_version + 1))
        .execute(connection)?;
    diesel::delete(link_notes::table.find(order.id)).execute(connection)?;
    if let Some(note) = note {
        diesel::insert_into(link_notes::table)
            .values((link_notes::order_id.eq(order.id), link_notes::note.eq(note)))
            .execute(connection)?;
    }
    history(
        connection,
        order,
        doing,
        Level::Info,
        "pay link replaced".to_owned(),
    )
}

/// What the shop said about the link of an order that it withdrew last.
pub fn link_note(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<String>> {
    let note = link_notes::table.find(id).select(link_notes::note);
    note.first(connection).optional()
}

fn history(
    connection: &mut PgConnection,
    order: &Order,
    doing: &Doing,
    level: Level,
    what: String,
) -> QueryResult<()> {
    activity::record(connection, history_line(order.id, doing, level, what))
}

fn history_line(order: Uuid, doing: &Doing, level: Level, what: String) -> activity::Line {
    activity::Line::about(Some(order), Category::Order, what, doing)
        .level(level)
        .detail(json!({ "note": doing.note }))
}
