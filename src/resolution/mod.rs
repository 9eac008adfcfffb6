//! A person decides about a case: the wish is looked at, done, and the case closed with it.

mod accept;
mod place;
mod refund;

use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::{
    activity::{self, Category, Doing},
    app::App,
    case::{
        self, Case,
        action::{Follows, Wish},
    },
    checkout::close::Changed,
    db::DbError,
};

/// What became of a person's wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// The case is resolved as was asked for, now or before.
    Done,
    /// It cannot be done, and why; nothing has changed.
    NotNow(String),
    /// There is no such case.
    NoCase,
    /// There is no such order to count the payment for.
    NoOrder,
    /// Stripe did not confirm that the order's open checkout is closed; nothing has changed.
    CheckoutOpen,
    /// Stripe did not say whether the refund was made; asked again, it is the same refund.
    RefundOpen,
    /// Stripe has the refund under way; the case tells what becomes of it.
    RefundUnderWay,
}

/// Resolves a case as a person wishes.
///
/// # Errors
/// The database's. What was asked of Stripe by then is kept, and asking again finishes it.
pub async fn resolve(app: &App, id: Uuid, wish: Wish, doing: &Doing) -> Result<Resolved, DbError> {
    let found = app
        .db
        .run(move |connection| look_at_case(connection, case::find, id, wish))
        .await?;
    let (case, orders) = match found {
        CaseLook::Go(case, orders) => (*case, orders),
        CaseLook::Stop(resolved) => return Ok(resolved),
    };
    match wish {
        Wish::Accept => accept::accept(app, case, &orders, doing).await,
        Wish::Refund => refund::refund(app, case, doing).await,
        Wish::Move(order) | Wish::Adopt(order) => {
            place::place(app, case, wish, order, &orders, doing).await
        }
    }
}

/// Whether a wish can be done now.
enum CaseLook {
    /// It can, about this case; its payment is counted for these orders.
    Go(Box<Case>, Vec<Uuid>),
    /// Nothing is left to do, or it cannot be done.
    Stop(Resolved),
}

/// Looks at a case through `find`, which may lock it.
fn look_at_case(
    connection: &mut PgConnection,
    find: impl Fn(&mut PgConnection, Uuid) -> QueryResult<Option<Case>>,
    id: Uuid,
    wish: Wish,
) -> QueryResult<CaseLook> {
    let Some(case) = find(connection, id)? else {
        return Ok(CaseLook::Stop(Resolved::NoCase));
    };
    let orders = case::orders_of(connection, &case)?;
    Ok(match case.matter(orders.len() > 1).ask(wish) {
        Follows::Do => CaseLook::Go(Box::new(case), orders),
        Follows::IsDone => CaseLook::Stop(Resolved::Done),
        Follows::Refuse(why) => CaseLook::Stop(Resolved::NotNow(why)),
    })
}

/// In one transaction: locks the case, looks again, and does what `act` says.
async fn in_one_go(
    app: &App,
    id: Uuid,
    wish: Wish,
    act: impl Fn(&mut PgConnection, &Case) -> QueryResult<Resolved> + Send + 'static,
) -> Result<Resolved, DbError> {
    let done = app.db.transaction(move |connection| {
        match look_at_case(connection, case::lock, id, wish)? {
            CaseLook::Go(case, _) => act(connection, &case),
            CaseLook::Stop(resolved) => Ok(resolved),
        }
    });
    done.await
}

/// What became of a change that needed an order's checkout closed first.
fn changed(changed: Changed<Resolved>) -> Resolved {
    match changed {
        Changed::Done(resolved) => resolved,
        Changed::NoOrder => Resolved::NoOrder,
        Changed::NoAnswer => Resolved::CheckoutOpen,
    }
}

/// Writes what a person did about a case into the history of an order.
fn record_on_case(
    connection: &mut PgConnection,
    case: &Case,
    order_id: Option<Uuid>,
    what: &str,
    doing: &Doing,
) -> QueryResult<()> {
    let line = activity::Line::about(order_id, Category::Case, what, doing).detail(json!({
        "case": case.id,
        "kind": case.kind,
        "amount": case.amount,
        "currency": case.currency,
        "payment_intent": case.payment_intent,
        "note": doing.note,
    }));
    activity::record(connection, line)
}
