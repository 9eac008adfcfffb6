//! Counting a payment for another order: one that went to the wrong order is moved, one without an
//! order is adopted.

use diesel::prelude::*;
use uuid::Uuid;

use super::{CaseLook, Resolved, changed, look_at_case, record_on_case};
use crate::{
    activity::Doing,
    app::App,
    case::{self, Case, Kind, action::Wish},
    checkout::close::closed_first_beside,
    db::DbError,
    language::Language,
    order::{
        Order,
        money::as_told,
        state::{State, Verdict},
    },
    schema::{payment_allocations, payments},
    settlement::{
        dispute,
        payment::{self, Received},
        refund,
    },
};

/// `orders` are those that the payment is counted for: all are locked beside the target.
pub(super) async fn place(
    app: &App,
    case: Case,
    wish: Wish,
    target: Uuid,
    orders: &[Uuid],
    doing: &Doing,
) -> Result<Resolved, DbError> {
    if case.order_id == Some(target) {
        let why = "the payment is counted for this very order";
        return Ok(Resolved::NotNow(why.to_owned()));
    }
    let (id, intent, doing) = (case.id, case.payment_intent, doing.clone());
    let placed = closed_first_beside(app, target, orders, move |connection, target, beside| {
        // Before the case, as by whoever hears of a refund: in the other order the two would wait for
        // each other.
        if let Some(intent) = &intent {
            payment::lock_intent(connection, intent)?;
        }
        match look_at_case(connection, case::lock, id, wish)? {
            CaseLook::Go(case, _) => {
                let leaves = |order: &&Order| case.order_id == Some(order.id);
                let places = Places {
                    case: &case,
                    source: beside.iter().find(leaves),
                    target,
                };
                count(connection, &places, wish, &doing)
            }
            CaseLook::Stop(resolved) => Ok(resolved),
        }
    });
    Ok(changed(placed.await?))
}

/// A locked case, with the orders that its payment leaves and goes to, locked too.
struct Places<'a> {
    case: &'a Case,
    source: Option<&'a Order>,
    target: &'a Order,
}

/// Counts the payment for the target, if it settles that.
fn count(
    connection: &mut PgConnection,
    places: &Places,
    wish: Wish,
    doing: &Doing,
) -> QueryResult<Resolved> {
    let Places {
        case,
        source,
        target,
    } = *places;
    let Some(payment) = payment_of(connection, case)? else {
        return Err(diesel::NotFound);
    };
    if counts_already(connection, &payment, target)? {
        let why = format!(
            "a part of this payment is counted for order {} already",
            target.reference
        );
        return Ok(Resolved::NotNow(why));
    }
    if let Some(why) = obstacle(&payment, case.amount, target) {
        return Ok(Resolved::NotNow(why));
    }
    if let Some(source) = source {
        leave(connection, places, &payment, source, doing)?;
    } else {
        let what = "a payment that belonged to no order was adopted";
        record_on_case(connection, case, Some(target.id), what, doing)?;
    }
    let part = case.amount;
    payment::allocate(connection, &payment, target, part, Verdict::Settles, doing)?;
    // Before the source is released: it stays in review while a case of it is open.
    case::mark_resolved(connection, case, wish.how(), Some(target.id), doing)?;
    if let (Some(source), Kind::Mismatch) = (source, case.kind) {
        refund::release(connection, source, doing)?;
    }
    case::follow(connection, payment.id, case.order_id, target.id)?;
    // What was heard of before the payment had its order.
    if let Some(intent) = &payment.payment_intent {
        refund::apply(connection, intent, doing)?;
        dispute::apply(connection, intent, false, doing)?;
    }
    Ok(Resolved::Done)
}

fn payment_of(connection: &mut PgConnection, case: &Case) -> QueryResult<Option<Received>> {
    let Some(id) = case.payment_id else {
        return Ok(None);
    };
    payments::table
        .find(id)
        .select(Received::as_select())
        .first(connection)
        .optional()
}

fn counts_already(
    connection: &mut PgConnection,
    payment: &Received,
    target: &Order,
) -> QueryResult<bool> {
    let part = payment_allocations::table.find((payment.id, target.id));
    diesel::select(diesel::dsl::exists(part)).get_result(connection)
}

/// The payment leaves the order that it was counted for.
fn leave(
    connection: &mut PgConnection,
    places: &Places,
    payment: &Received,
    source: &Order,
    doing: &Doing,
) -> QueryResult<()> {
    let Places { case, target, .. } = *places;
    diesel::delete(payment_allocations::table.find((payment.id, source.id))).execute(connection)?;
    let gone = format!("a payment was moved to order {}", target.reference);
    record_on_case(connection, case, Some(source.id), &gone, doing)?;
    let came = format!("a payment was moved here from order {}", source.reference);
    record_on_case(connection, case, Some(target.id), &came, doing)
}

/// Why `part` of a payment does not settle an order, in a sentence.
fn obstacle(payment: &Received, part: i64, target: &Order) -> Option<String> {
    let reference = &target.reference;
    if let State::Processing { .. } = target.state {
        return Some(format!(
            "a payment for the order {reference} is on its way; wait until it has arrived or failed"
        ));
    }
    let owed = target.owed();
    match payment.judge(target, owed, Some(part)) {
        Verdict::Settles => None,
        Verdict::SecondPayment => Some(format!(
            "the order {reference} is {} already",
            target.state.name()
        )),
        Verdict::Mismatch if matches!(target.state, State::Cancelled { .. }) => {
            Some(format!("the order {reference} was cancelled"))
        }
        Verdict::Mismatch => Some(match owed {
            Some(owed) => format!(
                "the order {reference} asks for {}, the payment is {}",
                owed.format(Language::ENGLISH),
                as_told(part, &payment.currency)
            ),
            None => format!(
                "what the order {reference} comes to is not known before its first checkout"
            ),
        }),
    }
}
