//! Disputes: a payer's bank asks for money back. Each is a case until it is won, or a person has
//! taken note; none of them un-pays an order.

use diesel::{dsl::not, prelude::*};
use serde_json::json;
use uuid::Uuid;

use super::payment::lock_orders_and_intent;
use crate::{
    activity::{self, Category, Cause, Doing},
    case::{self, Ending, Kind, Opening},
    gateway::charge::Dispute,
    order,
    schema::{disputes, payment_allocations, payments},
};

/// Keeps what Stripe tells of a dispute, and opens or closes its case. Tells whether the payment is
/// known.
///
/// # Errors
/// What PostgreSQL says; nothing has changed then.
pub fn disputed(connection: &mut PgConnection, told: &Dispute, doing: &Doing) -> QueryResult<bool> {
    if let Some(intent) = &told.payment_intent {
        lock_orders_and_intent(connection, intent)?;
    }
    // Written first and changed after: two statements, since what is news is told by their counts.
    let closed_at = told.is_closed().then_some(doing.at);
    let new = diesel::insert_into(disputes::table)
        .values((
            disputes::id.eq(&told.id),
            disputes::payment_intent.eq(&told.payment_intent),
            disputes::amount.eq(told.amount),
            disputes::currency.eq(&told.currency),
            disputes::status.eq(&told.status),
            disputes::reason.eq(&told.reason),
            disputes::heard_at.eq(doing.at),
            disputes::closed_at.eq(closed_at),
        ))
        .on_conflict(disputes::id)
        .do_nothing()
        .execute(connection)?;
    // That it began may be heard after that it ended.
    let stands = disputes::table
        .find(&told.id)
        .filter(disputes::closed_at.is_null())
        .filter(not(disputes::status.eq(&told.status)));
    let moved = diesel::update(stands)
        .set((
            disputes::status.eq(&told.status),
            disputes::closed_at.eq(closed_at),
        ))
        .execute(connection)?;
    match &told.payment_intent {
        Some(intent) => apply(connection, intent, new + moved > 0, doing),
        None => Ok(false),
    }
}

/// Brings the cases in line with the disputes of a payment; `news` if something was heard just now.
/// Tells whether the payment is known.
pub(crate) fn apply(
    connection: &mut PgConnection,
    intent: &str,
    news: bool,
    doing: &Doing,
) -> QueryResult<bool> {
    let known: Option<Uuid> = payments::table
        .filter(payments::payment_intent.eq(intent))
        .select(payments::id)
        .first(connection)
        .optional()?;
    let Some(payment) = known else {
        return Ok(false);
    };
    let orders: Vec<Uuid> = payment_allocations::table
        .filter(payment_allocations::payment_id.eq(payment))
        .order(payment_allocations::order_id)
        .select(payment_allocations::order_id)
        .load(connection)?;
    order::lock(connection, &orders)?;
    let rows: Vec<DisputeRow> = disputes::table
        .filter(disputes::payment_intent.eq(intent))
        .order(disputes::id)
        .select(DisputeRow::as_select())
        .load(connection)?;
    for row in rows {
        let about = Disputed {
            payment,
            intent,
            // One case for the dispute, shown with the first of the orders that share it.
            order: orders.first().copied(),
            news,
        };
        bring_in_line(connection, &about, row, doing)?;
    }
    Ok(true)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = disputes)]
struct DisputeRow {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    reason: Option<String>,
}

struct Disputed<'a> {
    payment: Uuid,
    intent: &'a str,
    order: Option<Uuid>,
    news: bool,
}

fn bring_in_line(
    connection: &mut PgConnection,
    about: &Disputed,
    row: DisputeRow,
    doing: &Doing,
) -> QueryResult<()> {
    let dispute = Dispute {
        payment_intent: Some(about.intent.to_owned()),
        id: row.id,
        amount: row.amount,
        currency: row.currency,
        status: row.status,
        reason: row.reason,
    };
    if dispute.is_won() {
        if case::close(connection, &dispute.id, about.order, Ending::Won, doing)? {
            let what = "the dispute was decided for the shop";
            activity::record(connection, dispute_line(about, &dispute, what, doing))?;
        }
        return Ok(());
    }
    let opening = Opening {
        kind: Kind::Dispute,
        about: &dispute.id,
        order_id: about.order,
        payment_id: Some(about.payment),
        payment_intent: Some(about.intent),
        amount: dispute.amount,
        currency: &dispute.currency,
        email: None,
    };
    let new = case::open(connection, &opening, doing)?;
    let lost = dispute.is_closed();
    if new || (lost && about.news) {
        let what = if lost {
            "a dispute was lost: the payer's bank has the money back"
        } else {
            "the payer's bank disputes a payment: answer it in Stripe's dashboard in time"
        };
        // One line stands for it: the newest.
        activity::over(connection, Cause::Dispute(&dispute.id, about.order), doing)?;
        let line = dispute_line(about, &dispute, what, doing).attention();
        activity::record(connection, line)?;
    }
    Ok(())
}

fn dispute_line(about: &Disputed, dispute: &Dispute, what: &str, doing: &Doing) -> activity::Line {
    activity::Line::about(about.order, Category::Payment, what, doing).detail(json!({
        "dispute": dispute.id,
        "amount": dispute.amount,
        "currency": dispute.currency,
        "payment_intent": about.intent,
        "status": dispute.status,
        "reason": dispute.reason,
    }))
}
