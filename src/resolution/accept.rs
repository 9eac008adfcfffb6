//! Accepting: a payment that does not fit is taken for what was owed; of the rest, somebody has
//! taken note.

use diesel::prelude::*;
use uuid::Uuid;

use super::{CaseLook, Resolved, changed, in_one_go, look_at_case, record_on_case};
use crate::{
    activity::Doing,
    app::App,
    case::{
        self, Case, Kind,
        action::{How, Wish},
    },
    checkout::close::closed_first_beside,
    db::DbError,
    order::{
        self, Order,
        state::{Fact, Move, Verdict},
    },
    schema::payment_allocations,
    settlement::refund,
};

/// `orders` are those that the payment is counted for: all are locked, since what has gone back of
/// it is looked at, too.
pub(super) async fn accept(
    app: &App,
    case: Case,
    orders: &[Uuid],
    doing: &Doing,
) -> Result<Resolved, DbError> {
    let (id, doing) = (case.id, doing.clone());
    match (case.kind, case.order_id) {
        (Kind::Mismatch, Some(order_id)) => {
            let done = closed_first_beside(app, order_id, orders, move |connection, order, _| {
                match look_at_case(connection, case::lock, id, Wish::Accept)? {
                    CaseLook::Go(case, _) => {
                        take_for_what_was_owed(connection, &case, order, &doing)
                    }
                    CaseLook::Stop(resolved) => Ok(resolved),
                }
            });
            Ok(changed(done.await?))
        }
        _ => {
            in_one_go(app, id, Wish::Accept, move |connection, case| {
                take_note(connection, case, &doing)
            })
            .await
        }
    }
}

/// The locked order becomes paid by it, unless it is settled by something else: that stays.
fn take_for_what_was_owed(
    connection: &mut PgConnection,
    case: &Case,
    order: &Order,
    doing: &Doing,
) -> QueryResult<Resolved> {
    let (Move::To(_), Some(payment)) = (order.state.after(Fact::Accept, doing.at), case.payment_id)
    else {
        return take_note(connection, case, doing);
    };
    let what = "the payment that did not fit was accepted as what was owed";
    record_on_case(connection, case, Some(order.id), what, doing)?;
    order::advance(connection, order, Fact::Accept, doing)?;
    diesel::update(payment_allocations::table.find((payment, order.id)))
        .set(payment_allocations::verdict.eq(Verdict::Settles))
        .execute(connection)?;
    order::settled_with(connection, order, case.amount, &case.currency)?;
    case::mark_resolved(connection, case, How::Accept, None, doing)?;
    // Some of it may have gone back before. Last, since a refund moves an order that is paid alone, and
    // only by the payment that settles it.
    if let Some(intent) = &case.payment_intent {
        refund::apply(connection, intent, doing)?;
    }
    Ok(Resolved::Done)
}

fn take_note(connection: &mut PgConnection, case: &Case, doing: &Doing) -> QueryResult<Resolved> {
    let what = match case.kind {
        Kind::Mismatch => {
            "the payment that did not fit was taken note of; the order stays as it is"
        }
        Kind::SecondPayment => "the second payment was accepted; the order stays as it is",
        Kind::Orphan => "the payment without an order was accepted as it is",
        Kind::Dispute => "the dispute was taken note of",
        Kind::Refund => "the refund of a payment for several orders was taken note of",
    };
    record_on_case(connection, case, case.order_id, what, doing)?;
    case::mark_resolved(connection, case, How::Accept, None, doing)?;
    Ok(Resolved::Done)
}
