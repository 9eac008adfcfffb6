//! Giving a payment back through Stripe, once.
//!
//! A row before the call: the wish is committed before Stripe hears of it, and until its outcome is
//! written down nothing else can be done about the case. The idempotency key names the case, so that
//! whoever asks again, after a crash or at the same moment, asks for the same refund. Stripe's
//! webhook finishes it, too.

use diesel::prelude::*;
use tokio::time::Instant;

use super::{Resolved, in_one_go, record_on_case};
use crate::{
    activity::Doing,
    app::App,
    case::{self, Case, action::Wish},
    db::DbError,
    gateway::{CallError, charge::Charge},
    schema::payments,
    settlement,
};

pub(super) async fn refund(app: &App, case: Case, doing: &Doing) -> Result<Resolved, DbError> {
    let Some(intent) = case.payment_intent.clone() else {
        return Ok(Resolved::NoCase);
    };
    match write_down(app, &case, doing).await? {
        Resolved::RefundOpen => {}
        stopped => return Ok(stopped),
    }
    // A person waits for the answer, as at a click.
    let deadline = Instant::now() + app.click_budget;
    let asked = app
        .stripe
        .refund(&intent, case.id, case.refund_attempt, deadline)
        .await;
    match what_stripe_said(asked) {
        Said::GoneBack => finish(app, case, intent, doing).await,
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

/// Commits the wish; [`Resolved::RefundOpen`]: Stripe is to be asked now.
async fn write_down(app: &App, case: &Case, doing: &Doing) -> Result<Resolved, DbError> {
    let doing = doing.clone();
    let written = in_one_go(app, case.id, Wish::Refund, move |connection, case| {
        if case.refunding_at.is_none() {
            case::begin_refund(connection, case, &doing)?;
            let what = "a refund of the payment was asked for";
            record_on_case(connection, case, case.order_id, what, &doing)?;
        }
        Ok(Resolved::RefundOpen)
    });
    written.await
}

/// Stripe's answer, as far as it decides what follows.
enum Said {
    /// All of it has gone back, now or before.
    GoneBack,
    /// It will not, and why.
    Refused(String),
    /// It has not even looked at it.
    OurKeyIsRefused(String),
    /// A failure, which it keeps under the key.
    Failed,
    /// Nobody knows.
    Nothing,
}

fn what_stripe_said(answer: Result<(), CallError>) -> Said {
    let error = match answer {
        Ok(()) => return Said::GoneBack,
        Err(error) => error,
    };
    let refuses_our_key = error.refuses_our_key();
    let CallError::Refused { status, code, .. } = error else {
        log::error!("Stripe did not say whether a refund was made: {error}");
        return match error {
            CallError::Failed { .. } => Said::Failed,
            _ => Said::Nothing,
        };
    };
    match code.as_deref() {
        Some("charge_already_refunded") => Said::GoneBack,
        Some("charge_disputed") => Said::Refused(
            "the payer's bank disputes the payment, so Stripe does not refund it; answer the dispute in Stripe's dashboard"
                .to_owned(),
        ),
        code => {
            let code = code.unwrap_or("no reason given");
            let why = format!("Stripe refuses the refund: {status} {code}");
            if refuses_our_key {
                Said::OurKeyIsRefused(why)
            } else {
                Said::Refused(why)
            }
        }
    }
}

/// The next one who asks does so under another key. Had Stripe made the refund all the same, it will
/// say that nothing is left to be refunded.
async fn next_attempt(app: &App, case: &Case) -> Result<(), DbError> {
    let (id, attempt) = (case.id, case.refund_attempt);
    app.db
        .run(move |connection| case::next_refund_attempt(connection, id, attempt))
        .await
}

/// Writes down that all of the payment has gone back: by the path that a webhook takes.
async fn finish(app: &App, case: Case, intent: String, doing: &Doing) -> Result<Resolved, DbError> {
    let (payment, doing) = (case.payment_id, doing.clone());
    let finished = app.db.transaction(move |connection| {
        let payment = payment.ok_or(diesel::NotFound)?;
        let (amount, currency): (i64, String) = payments::table
            .find(payment)
            .select((payments::amount, payments::currency))
            .first(connection)?;
        let charge = Charge {
            payment_intent: intent.clone(),
            amount_refunded: amount,
            currency,
        };
        settlement::refunded(connection, &charge, &doing)
    });
    finished.await?;
    Ok(Resolved::Done)
}

/// Stripe will not give it back: the case is open again, for something else.
async fn give_up(app: &App, case: Case, why: &str, doing: &Doing) -> Result<Resolved, DbError> {
    let (doing, why) = (doing.clone(), why.to_owned());
    let sentence = why.clone();
    let written = app.db.transaction(move |connection| {
        // Stripe keeps its refusal under the key, too.
        case::next_refund_attempt(connection, case.id, case.refund_attempt)?;
        if case::end_refund(connection, case.id)? {
            let what = format!("the refund was not made: {sentence}");
            record_on_case(connection, &case, case.order_id, &what, &doing)?;
        }
        Ok(())
    });
    written.await?;
    Ok(Resolved::NotNow(why))
}
