//! Before an order changes, its payable session is closed: nobody may pay what is no longer owed.

use diesel::{PgConnection, QueryResult};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    STEPS, row,
    session::next_closing_step,
    step::{Walk, take},
};
use crate::{
    app::App,
    db::DbError,
    order::{self, Order},
    upstream::UpstreamError,
    visitor::Visitor,
};

/// What became of a change.
#[derive(Debug)]
pub enum Changed<T> {
    /// It was made, or decided against, with no payable session left.
    Done(T),
    /// There is no such order.
    NoOrder,
    /// Stripe did not confirm that the session is closed; nothing has changed.
    NoAnswer,
}

/// Closes the order's payable session at Stripe, then runs `change` on the locked order. If the
/// session turns out to be paid, it is settled first, and `change` sees a paid order.
///
/// # Errors
/// The database's; the order has not changed then.
pub async fn closed_first<T, F>(app: &App, order_id: Uuid, change: F) -> Result<Changed<T>, DbError>
where
    T: Send + 'static,
    F: Fn(&mut PgConnection, &Order) -> QueryResult<T> + Clone + Send + 'static,
{
    closed_first_beside(app, order_id, &[], move |connection, order, _| {
        change(connection, order)
    })
    .await
}

/// The same, with the orders `beside` it locked, too, and handed to `change`: those that exist.
///
/// # Errors
/// The database's; no order has changed then.
pub async fn closed_first_beside<T, F>(
    app: &App,
    order_id: Uuid,
    beside: &[Uuid],
    change: F,
) -> Result<Changed<T>, DbError>
where
    T: Send + 'static,
    F: Fn(&mut PgConnection, &Order, &[Order]) -> QueryResult<T> + Clone + Send + 'static,
{
    let deadline = Instant::now() + app.click_budget;
    let mut walk = Walk {
        app,
        visitor: Visitor::Person,
        deadline,
        link_version: None,
        began: None,
        lost: 0,
    };
    // Kept to the end: a click on this replica waits meanwhile, and sees the changed order.
    let _alone = app.one_at_a_time.lock(order_id).await;
    for _ in 0..STEPS {
        let found = app
            .db
            .run(move |connection| row::load(connection, order_id))
            .await?;
        let Some(found) = found else {
            return Ok(Changed::NoOrder);
        };
        match next_closing_step(found.live.as_ref(), app.clock.now()) {
            Some(step) => match take(&mut walk, &found, step).await {
                Ok(_) => {}
                Err(UpstreamError::Stripe(_)) => return Ok(Changed::NoAnswer),
                Err(UpstreamError::Database(error)) => return Err(error),
            },
            None => {
                if let Some(done) = try_to(app, order_id, beside, change.clone()).await? {
                    return Ok(Changed::Done(done));
                }
            }
        }
    }
    Ok(Changed::NoAnswer)
}

/// `None`: a click on another replica was quicker, and there is a payable session again.
async fn try_to<T, F>(
    app: &App,
    order_id: Uuid,
    beside: &[Uuid],
    change: F,
) -> Result<Option<T>, DbError>
where
    T: Send + 'static,
    F: Fn(&mut PgConnection, &Order, &[Order]) -> QueryResult<T> + Send + 'static,
{
    let ids = [&[order_id], beside].concat();
    app.db
        .transaction(move |connection| {
            // All in one statement, by id: two changes that share orders lock them alike.
            let (locked, beside): (Vec<Order>, Vec<Order>) = order::lock(connection, &ids)?
                .into_iter()
                .partition(|order| order.id == order_id);
            match locked.first() {
                Some(order) if row::live_of(connection, &[order_id])?.is_empty() => {
                    change(connection, order, &beside).map(Some)
                }
                _ => Ok(None),
            }
        })
        .await
}

/// Those of these orders that have a payable session; callers hold their locks, or ask to know.
pub fn with_open_sessions(
    connection: &mut PgConnection,
    orders: &[Uuid],
) -> QueryResult<Vec<Uuid>> {
    row::orders_with_live(connection, orders)
}
