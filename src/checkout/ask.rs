//! Somebody of the shop has Stripe asked about an order: whether it was paid without our noticing.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, upsert::excluded};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    activity::{self, Category, Doing, Line},
    app::App,
    db::DbError,
    gateway::CallError,
    schema::{checkout_sessions, session_orders, stripe_asked},
    session::newest_first,
    settlement::{self, FoundBy},
};

/// Payment pages that are asked about, the newest: an order has one or two.
const MOST: i64 = 10;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Stripe told of so many payment pages; what it said is settled.
    Answered(usize),
    /// It did not answer in time. What it told so far is settled.
    NoAnswer,
}

/// Reads the order's payment pages at Stripe, also those that are over, and settles what it says; keeps when
/// it was asked, with a line of the log. Done again it does no harm.
///
/// # Errors
/// The database's.
pub async fn ask(app: &App, order: Uuid, doing: &Doing) -> Result<Asked, DbError> {
    let deadline = Instant::now() + app.click_budget;
    let began = doing.at;
    let pages = app
        .db
        .run(move |connection| pages(connection, order))
        .await?;
    let count = pages.len();
    for page in pages {
        match app.stripe.read(&page, deadline).await {
            Ok(session) => {
                settlement::settle(app, session, FoundBy::Sweep).await?;
            }
            // Not of our account: nothing was paid there that we would ever see.
            Err(CallError::Refused { status: 404, .. }) => {}
            Err(error) => {
                log::warn!("Stripe did not tell more about order {order}: {error}");
                return Ok(Asked::NoAnswer);
            }
        }
    }
    let line = Line::about(
        Some(order),
        Category::Checkout,
        "Stripe was asked about the order",
        doing,
    );
    app.db
        .transaction(move |connection| {
            keep(connection, order, began)?;
            activity::record(connection, line.clone())
        })
        .await?;
    Ok(Asked::Answered(count))
}

fn pages(connection: &mut PgConnection, order: Uuid) -> QueryResult<Vec<String>> {
    session_orders::table
        .inner_join(
            checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
        )
        .filter(session_orders::order_id.eq(order))
        .filter(checkout_sessions::stripe_id.is_not_null())
        .order(newest_first())
        .limit(MOST)
        .select(checkout_sessions::stripe_id.assume_not_null())
        .load(connection)
}

/// The time before the question: what happens while it is asked may not be in the answer.
fn keep(connection: &mut PgConnection, order: Uuid, began: DateTime<Utc>) -> QueryResult<()> {
    diesel::insert_into(stripe_asked::table)
        .values((
            stripe_asked::order_id.eq(order),
            stripe_asked::asked_at.eq(began),
        ))
        .on_conflict(stripe_asked::order_id)
        .do_update()
        .set(stripe_asked::asked_at.eq(excluded(stripe_asked::asked_at)))
        .execute(connection)
        .map(drop)
}
