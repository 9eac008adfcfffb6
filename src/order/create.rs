//! Taking an order in: once by its reference, however often it is handed in.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, upsert::excluded};

use super::{Order, OrderRow, draft::NewOrder, history, restored::Restored, row::NewOrderRow};
use crate::{activity::Doing, activity::Level, random, schema::orders};

/// What became of an order that was handed in.
#[derive(Debug)]
pub enum Created {
    /// It is new.
    New(Order),
    /// An order stands under its reference.
    Stands(Standing),
}

/// The order that stands under a reference, beside one that is handed in under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// As it is today.
    pub order: Order,
    /// Whether it was once handed in with this very content.
    pub as_given: bool,
    /// Whether it asks for the same today.
    pub as_today: bool,
}

/// Takes an order in; the same content again is the same order.
pub fn create(
    connection: &mut PgConnection,
    order: &NewOrder,
    doing: &Doing,
) -> QueryResult<Created> {
    create_from(connection, order, None, doing)
}

/// The same, of an order that came with an import of this name.
pub fn create_from(
    connection: &mut PgConnection,
    order: &NewOrder,
    import: Option<&str>,
    doing: &Doing,
) -> QueryResult<Created> {
    let row = NewOrderRow::billed(order, random::row_id(doing.at), doing.at).imported(import);
    insert(connection, order, row, doing)
}

/// Makes an order of a cart that somebody began at `started_at`.
pub fn restore(
    connection: &mut PgConnection,
    cart: &Restored,
    started_at: DateTime<Utc>,
    doing: &Doing,
) -> QueryResult<Created> {
    let row = NewOrderRow::restoring(cart, random::row_id(doing.at), started_at);
    insert(connection, &cart.order, row, doing)
}

fn insert(
    connection: &mut PgConnection,
    order: &NewOrder,
    row: NewOrderRow,
    doing: &Doing,
) -> QueryResult<Created> {
    connection.transaction(|connection| {
        // The update that changes nothing makes a twin wait for our commit and then see the row.
        let stored: OrderRow = diesel::insert_into(orders::table)
            .values(&row)
            .on_conflict(orders::reference)
            .do_update()
            .set(orders::reference.eq(excluded(orders::reference)))
            .returning(OrderRow::as_returning())
            .get_result(connection)?;
        if stored.id != row.id {
            let standing = Standing::of(stored, order, &row.content_hash)?;
            return Ok(Created::Stands(standing));
        }
        let stored = stored.decode()?;
        history(
            connection,
            &stored,
            doing,
            Level::Info,
            "order created".to_owned(),
        )?;
        Ok(Created::New(stored))
    })
}

impl Standing {
    /// The stored order beside `new`, whose hash is `hash`.
    pub(super) fn of(stored: OrderRow, new: &NewOrder, hash: &str) -> QueryResult<Self> {
        let as_given =
            stored.content_hash == hash || stored.content_hash == new.content_hash_decomposed();
        let order = stored.decode()?;
        Ok(Self {
            as_given,
            as_today: order.says(new),
            order,
        })
    }
}

impl Order {
    /// Whether `new` asks for what this order asks for today.
    fn says(&self, new: &NewOrder) -> bool {
        new.email == self.email
            && new.name.as_ref().map(|name| name.as_str()) == self.name.as_deref()
            && new.currency == self.currency
            && new.lines == self.lines
            && new.metadata.iter().eq(self
                .metadata
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str())))
            && (new.mode, new.locale, new.remind) == (self.mode, self.locale, self.remind)
            && (new.automatic_tax, new.promotion_codes)
                == (self.automatic_tax, self.promotion_codes)
    }
}
