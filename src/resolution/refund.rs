//! Giving a payment back through Stripe, once.
//!
//! A row before the call: the wish is committed before Stripe hears of it, and until its outcome is
//! written down nothing else can be done about the case. The idempotency key names the case and the
//! attempt, so that whoever asks again, after a crash or at the same moment, asks for the same refund.
//! Whether it is made is asked afterwards, as at an event: the answer to a call that was repeated is as
//! old as the first. Stripe's webhook finishes it, too.

use tokio::time::Instant;

use super::{CaseLook, Resolved, look_at_case, record_on_case};
use crate::{
    activity::Doing,
    app::App,
    case::{
        self, Case,
        action::{Standing, Wish},
    },
    db::DbError,
    gateway::{
        charge::RefundNews,
        refund::{Attempt, Mark, NewRefund},
    },
    refund::call::{Said, look, what_stripe_said},
    settlement::{
        Answer,
        order_refunds::{self, IN_FLIGHT},
        payment, refund_asked_for,
    },
};

pub(super) async fn refund(app: &App, case: Case, doing: &Doing) -> Result<Resolved, DbError> {
    let Some(intent) = case.payment_intent.clone() else {
        return Ok(Resolved::NoCase);
    };
    match write_down(app, &case, &intent, doing).await? {
        Resolved::RefundOpen => {}
        stopped => return Ok(stopped),
    }
    // A person waits for the answer, as at a click.
    let deadline = Instant::now() + app.click_budget;
    let attempt = Attempt {
        case: case.id,
        number: case.refund_attempt,
    };
    let mark = Mark::Case(attempt);
    let new = NewRefund {
        payment_intent: &intent,
        amount: None,
        mark,
        number: case.refund_attempt,
    };
    match what_stripe_said(app.stripe.refund(&new, deadline).await) {
        Said::Known(refund) => {
            let answer = Answer { mark, refund };
            bring_in_line(app, &case, intent, answer, deadline, doing).await
        }
        Said::Failed => {
            next_attempt(app, &case).await?;
            Ok(Resolved::RefundOpen)
        }
        // Of an earlier try under the same key we know nothing then.
        Said::OurKeyIsRefused(_) if case.refunding_at.is_some() => Ok(Resolved::RefundOpen),
        Said::Refused(why) | Said::OurKeyIsRefused(why) => give_up(app, case, &why, doing).await,
        Said::Nothing => Ok(Resolved::RefundOpen),
    }
}

/// Commits the wish, with the payment's intent locked: one refund of it is in flight at a time.
/// [`Resolved::RefundOpen`]: Stripe is to be asked now.
async fn write_down(
    app: &App,
    case: &Case,
    intent: &str,
    doing: &Doing,
) -> Result<Resolved, DbError> {
    let (id, intent, doing) = (case.id, intent.to_owned(), doing.clone());
    let written = app.db.transaction(move |connection| {
        // Before the case, as by whoever hears of a refund.
        payment::lock_intent(connection, &intent)?;
        let case = match look_at_case(connection, case::lock, id, Wish::Refund)? {
            CaseLook::Go(case, _) => case,
            CaseLook::Stop(resolved) => return Ok(resolved),
        };
        if case.refunding_at.is_some() {
            return Ok(Resolved::RefundOpen);
        }
        if order_refunds::in_flight(connection, &intent)?.is_some() {
            return Ok(Resolved::NotNow(IN_FLIGHT.to_owned()));
        }
        case::begin_refund(connection, &case, &doing)?;
        let what = "a refund of the payment was asked for";
        record_on_case(connection, &case, case.order_id, what, &doing)?;
        Ok(Resolved::RefundOpen)
    });
    written.await
}

/// The next one who asks does so under another key. Had Stripe made the refund all the same, it will
/// say that nothing is left to be refunded.
async fn next_attempt(app: &App, case: &Case) -> Result<(), DbError> {
    let (id, attempt) = (case.id, case.refund_attempt);
    app.db
        .run(move |connection| case::next_refund_attempt(connection, id, attempt))
        .await
}

/// Brings the payment in line with what Stripe says, and tells what has become of the case.
async fn bring_in_line(
    app: &App,
    case: &Case,
    payment_intent: String,
    answer: Answer,
    deadline: Instant,
    doing: &Doing,
) -> Result<Resolved, DbError> {
    let news = RefundNews {
        payment_intent,
        currency: case.currency.clone(),
    };
    let id = case.id;
    let then = move |connection: &mut _| case::find(connection, id);
    let after = look(app, &news, Some(answer), deadline, doing, then).await?;
    Ok(match after {
        None => Resolved::RefundOpen,
        Some(case) => case.map_or(Resolved::NoCase, |case| outcome(&case)),
    })
}

/// What has become of a case whose refund was asked for.
fn outcome(case: &Case) -> Resolved {
    match case.matter(false).standing {
        Standing::Resolved { .. } => Resolved::Done,
        Standing::RefundUnderWay => Resolved::RefundUnderWay,
        Standing::Refunding => Resolved::RefundOpen,
        Standing::Open => {
            let why = case.refund_failure.as_deref();
            let why = why.unwrap_or("Stripe did not make it");
            Resolved::NotNow(format!("the refund was not made: {why}"))
        }
    }
}

/// Stripe will not give it back: the case is open again, for something else.
async fn give_up(app: &App, case: Case, why: &str, doing: &Doing) -> Result<Resolved, DbError> {
    let (doing, why) = (doing.clone(), why.to_owned());
    let sentence = why.clone();
    let written = app.db.transaction(move |connection| {
        refund_asked_for::not_made(connection, &case, &sentence, &doing)
    });
    written.await?;
    Ok(Resolved::NotNow(why))
}
