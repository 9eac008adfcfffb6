//! The refunds that people asked for, brought in line with what Stripe says of them.

use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::{
    refund_progress::{AskedFor, Progress, progress},
    refunds_at_stripe::RefundsAtStripe,
};
use crate::{
    activity::{self, Category, Doing},
    case::{self, Case},
    gateway::refund::{Attempt, Mark},
};

/// What Stripe has just answered to whoever asked for a refund.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked for.
    pub mark: Mark,
    /// The refund's id; none if Stripe said that nothing is left to be given back.
    pub refund: Option<String>,
}

/// Those of this payment that are not whole: each is under way, or was not made. Called with the intent
/// locked, after what has gone back was brought in line; the cases are locked last, as by everybody.
pub(super) fn bring_in_line(
    connection: &mut PgConnection,
    told: &RefundsAtStripe,
    answer: Option<&Answer>,
    doing: &Doing,
) -> QueryResult<()> {
    for case in case::refunding(connection, &told.payment_intent)? {
        let attempt = Attempt {
            case: case.id,
            number: case.refund_attempt,
        };
        // Of an attempt that is over an answer says nothing any more.
        let answer = answer.filter(|answer| answer.mark == Mark::Case(attempt));
        let asked = AskedFor {
            attempt,
            refund: answer
                .and_then(|answer| answer.refund.as_deref())
                .or(case.refund_id.as_deref()),
            nothing_left: answer.is_some_and(|answer| answer.refund.is_none()),
        };
        match progress(&told.refunds, &asked) {
            Progress::Unknown => {}
            Progress::UnderWay(refund) => under_way(connection, &case, &refund, doing)?,
            Progress::NotMade(why) => not_made(connection, &case, &why, doing)?,
        }
    }
    Ok(())
}

fn under_way(
    connection: &mut PgConnection,
    case: &Case,
    refund: &str,
    doing: &Doing,
) -> QueryResult<()> {
    if case.refund_id.as_deref() == Some(refund) {
        return Ok(());
    }
    case::refund_is_under_way(connection, case.id, refund)?;
    let what = "Stripe has the refund under way: it is waited for";
    activity::record(connection, line(case, what, doing))
}

/// The case is open again, for another attempt or for something else.
pub(crate) fn not_made(
    connection: &mut PgConnection,
    case: &Case,
    why: &str,
    doing: &Doing,
) -> QueryResult<()> {
    // Not where somebody else has written the same answer down.
    if !case::end_refund(connection, case.id, case.refund_attempt, why)? {
        return Ok(());
    }
    let what = format!("the refund was not made: {why}");
    // Whoever asked may have gone: Stripe says so days later, too.
    activity::record(connection, line(case, what, doing).attention())
}

fn line(case: &Case, what: impl Into<String>, doing: &Doing) -> activity::Line {
    let order: Option<Uuid> = case.order_id;
    activity::Line::about(order, Category::Case, what, doing).detail(json!({
        "case": case.id,
        "kind": case.kind,
        "amount": case.amount,
        "currency": case.currency,
        "payment_intent": case.payment_intent,
        "note": doing.note,
    }))
}
