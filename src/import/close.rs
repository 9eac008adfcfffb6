//! Closing the payment pages of orders that are to be changed.

use diesel::{PgConnection, QueryResult};
use futures::{StreamExt, stream};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    app::App,
    checkout::close::{Changed, closed_first},
    db::DbError,
    order::Order,
};

/// So many at once: each is two or three short statements and a call or two at Stripe, beside the clicks of payers.
const AT_ONCE: usize = 4;

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// None of them could be paid at some moment; somebody may have opened one again since.
    All,
    /// Stripe did not confirm it for one.
    NoAnswer,
    /// The time was up.
    Late,
}

/// Closes the open payment pages of these orders at Stripe, until then. A payment that turns up is settled. What
/// was closed stays closed, and does no harm: the next click opens another one.
///
/// # Errors
/// The database's.
pub async fn close_open(app: &App, orders: Vec<Uuid>, until: Instant) -> Result<Closed, DbError> {
    let nothing = |_: &mut PgConnection, _: &Order| -> QueryResult<()> { Ok(()) };
    let closing = stream::iter(orders).map(|order| closed_first(app, order, nothing));
    let mut closing = closing.buffer_unordered(AT_ONCE);
    while let Some(closed) = closing.next().await {
        match closed? {
            Changed::Done(()) | Changed::NoOrder => {}
            Changed::NoAnswer => return Ok(Closed::NoAnswer),
        }
        if Instant::now() > until {
            return Ok(Closed::Late);
        }
    }
    Ok(Closed::All)
}
